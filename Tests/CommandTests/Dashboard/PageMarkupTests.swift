import Crypto
import Federation
import Foundation
import Testing
import Transports

@testable import lorad

@Suite("The page's file")
struct PageMarkupTests {
    private static let evil = "</script><img src=x onerror=alert(1)><!-- <script>"

    private func file(_ name: String = "alpha") throws -> String {
        let folder = try TemporaryFolder()
        let store = try SamplePage.store(in: folder)
        try SamplePage.run(2, in: store)
        try SamplePage.join(store, name, SampleRun.id(9).description)
        return try PageMarkup.file(RunPage(store.history, process: nil))
    }

    @Test("holds a name that would end the script as the text that it is")
    func escaping() throws {
        let html = try file(Self.evil)
        #expect(!html.contains("<img") && html.components(separatedBy: "</script>").count == 3)
        #expect(html.components(separatedBy: "<!--").count == 1)
        #expect(try SamplePage.document(of: html).workers.contains { $0.name == Self.evil })
    }

    @Test("names nothing that a browser would load, but what is in it")
    func selfContained() throws {
        let html = try file()
        for text in ["src=", "http://", "https://", "@import", "url("] {
            let found = html.replacing("http://www.w3.org/2000/svg", with: "").contains(text)
            #expect(!found, "\(text)")
        }
        #expect(html.matches(of: /href="([^"]*)"/).map { String($0.1) } == ["data:,"])
        #expect(!html.contains("join-line\">lorad"))
    }

    @Test("lets its own script and style run, by their hashes, and no other")
    func policy() throws {
        let html = try file()
        let script = try #require(html.firstMatch(of: /<script>((?s).*?)<\/script>/)).1
        let style = try #require(html.firstMatch(of: /<style>((?s).*?)<\/style>/)).1
        for (name, text) in [("script", script), ("style", style)] {
            let hash = Data(SHA256.hash(data: Data(text.utf8))).base64EncodedString()
            #expect(html.contains("\(name)-src 'sha256-\(hash)'"))
        }
        #expect(html.contains("default-src 'none'") && !html.contains("unsafe-"))
    }

    @Test("never makes markup of a text, nor styles by attribute, which its policy forbids")
    func script() {
        for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", " style="] {
            #expect(!PageMarkup.live.contains(word), "\(word)")
        }
    }

    @Test("has buttons for each action that needs no text, which are hidden until somebody brings a token")
    func management() {
        let html = PageMarkup.live
        let section = "<section id=\"manage-section\" class=\"wide\" aria-labelledby=\"manage-title\" hidden>"
        #expect(html.contains(section))
        #expect(html.contains("!location.hash.startsWith('#\(AccessToken.prefix)')"))
        for action in RunAction.names where action != "join-token" {
            #expect(html.contains("'\(action)'"), "\(action)")
        }
    }

    @Test("has no run in it where a coordinator serves it")
    func live() { #expect(!PageMarkup.live.contains("id=\"document\"")) }
}

@Suite("An address of a page")
struct HTTPAddressTests {
    @Test(
        "is meant by its own name, by localhost and by IP addresses",
        arguments: ["127.0.0.1:9800", "LOCALHOST", "localhost:9800", "10.1.2.3", "[::1]:9800", "Box.local:9800"])
    func meant(host: String) throws {
        #expect(HTTPAddress(host: "box.local", port: 9800).isMeant(by: host))
    }

    @Test(
        "is not meant by any other name, which a stranger may have given this machine",
        arguments: [
            nil, "", "evil.example", "evil.example:9800", "127.0.0.1.evil.example", "localhost.evil.example", "1.2.3",
            "1.2.3.256", "+1.2.3.4", ":9800", "[evil.example]", "[evil.example", "[]:9800", "[",
        ])
    func foreign(host: String?) { #expect(!HTTPAddress(host: "127.0.0.1", port: 9800).isMeant(by: host)) }

    @Test(
        "is this machine's own only by these",
        arguments: [
            ("127.0.0.1", true), ("127.8.0.9", true), ("::1", true), ("localhost", true), ("0.0.0.0", false),
            ("::", false), ("127.example", false), ("192.168.0.1", false),
        ])
    func loopback(host: String, expected: Bool) { #expect(HTTPAddress(host: host, port: 1).isLoopback == expected) }
}
