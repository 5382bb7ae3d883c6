import ArgumentParser
import Foundation
import Testing
import Transports

@testable import lorad

@Suite("A worker's way to its coordinator")
struct LinkOptionsTests {
    @Test(
        "has a rate in bytes a second, with or without a letter",
        arguments: [
            ("64000", 64_000), ("64k", 64_000), ("100K", 100_000), ("2M", 2_000_000), ("1.5M", 1_500_000),
            ("1G", 1_000_000_000),
        ])
    func rates(_ text: String, _ rate: Int) { #expect(ByteRateOption(argument: text)?.bytesPerSecond == rate) }

    @Test(
        "refuses rates that are none, or too low for any upload",
        arguments: [
            "", "M", "-2M", "2m", "2MB", "1e6", "0x10000", "63999", "63k", "nan", "inf", "1.2.3M", "99999999999999G",
            " 2M",
        ])
    func noRates(_ text: String) { #expect(ByteRateOption(argument: text) == nil) }

    @Test("refuses options that do not go together, and a password that others could see")
    func conflicts() {
        for (arguments, words) in [
            (["--proxy", "http://me:secret@p:1"], "--proxy-auth-file"), (["--only", "20-6"], "HH:MM-HH:MM"),
            (["--exit-outside"], "--exit-outside needs --only"),
            (["--proxy", "none", "--proxy-auth-file", "f"], "needs a proxy"),
            (["--limit-rate", "1k"], "at least 64k"),
        ] {
            let error = #expect(throws: (any Error).self) { try LinkOptions.parse(arguments) }
            let message = error.map { LinkOptions.message(for: $0) } ?? ""
            #expect(message.contains(words) && !message.contains("secret"), "\(message)")
        }
    }

    @Test("takes the proxy's password from a file that only its owner may read")
    func passwords() throws {
        let folder = try TemporaryFolder()
        let file = folder.path + "/password"
        let options = try LinkOptions.parse(["--proxy", "http://p:3128", "--proxy-auth-file", file])
        #expect(throws: CommandError.self) { try options.outbound(environment: [:]) }
        for (mode, text, isTaken) in [(0o600, "me:word\n", true), (0o644, "me:word", false), (0o600, ":", false)] {
            try Data(text.utf8).write(to: URL(filePath: file))
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
            let outbound = try? options.outbound(environment: [:])
            #expect((outbound != nil) == isTaken, "\(mode) \(text)")
            let proxy = try outbound?.proxies.proxy(to: Endpoint("wss://h/x"))
            #expect((proxy?.credentials != nil) == isTaken)
        }
    }

    @Test("takes proxy and exceptions from the environment unless told otherwise")
    func environment() throws {
        let environment = ["HTTPS_PROXY": "http://env:1", "NO_PROXY": "near"]
        func proxy(_ arguments: [String], _ endpoint: String) throws -> String? {
            try LinkOptions.parse(arguments).outbound(environment: environment).proxies.proxy(to: Endpoint(endpoint))?
                .description
        }
        #expect(try proxy([], "wss://far/x") == "http://env:1")
        #expect(try proxy([], "wss://near/x") == nil)
        #expect(try proxy(["--proxy", "http://own:2"], "wss://near/x") == "http://own:2")
        #expect(try proxy(["--proxy", "none"], "wss://far/x") == nil)
    }
}
