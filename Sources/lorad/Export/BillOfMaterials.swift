import CBundledModel
import Foundation
import Models

/// What lorad is built from, in CycloneDX 1.5's JSON.
enum BillOfMaterials {
    /// The document: lorad, the Swift packages that its build had pinned, and the libraries that it has found.
    static func document(pins: Data = pins, libraries: [String] = Version.libraries) throws -> Data {
        let application: JSONValue = .object([
            .init("type", .string("application")), .init("bom-ref", .string("lorad")), .init("name", .string("lorad")),
            .init("version", .string(Version.number)),
        ])
        let components = try packages(pins) + libraries.map(library)
        let document: JSONValue = .object([
            .init("bomFormat", .string("CycloneDX")), .init("specVersion", .string("1.5")), .init("version", .int(1)),
            .init("metadata", .object([.init("component", application)])), .init("components", .array(components)),
        ])
        return Data((document.text(indent: 2) + "\n").utf8)
    }

    /// `Package.resolved` of the build; empty if there was none.
    static var pins: Data {
        let file = lorad_package_pins()
        guard let bytes = file.bytes, file.count > 0 else { return Data() }
        return Data(bytes: bytes, count: file.count)
    }

    /// The pinned packages, sorted by name.
    private static func packages(_ pins: Data) throws -> [JSONValue] {
        guard !pins.isEmpty else { return [] }
        let json = try JSONValue(parsing: pins, file: "Package.resolved")
        let found = (json["pins"]?.arrayValue ?? []).compactMap(package)
        return found.sorted { ($0["bom-ref"]?.stringValue ?? "") < ($1["bom-ref"]?.stringValue ?? "") }
    }

    private static func package(_ pin: JSONValue) -> JSONValue? {
        guard let identity = pin["identity"]?.stringValue else { return nil }
        let version = pin["state"]?["version"]?.stringValue
        var members: [JSONValue.Member] = [
            .init("type", .string("library")), .init("bom-ref", .string("swift:\(identity)")),
            .init("name", .string(identity)),
        ]
        if let version { members.append(.init("version", .string(version))) }
        if let version, let place = place(pin["location"]?.stringValue ?? "") {
            members.append(.init("purl", .string("pkg:swift/\(place)@\(version)")))
        }
        return .object(members)
    }

    /// Host, owner and name of a public repository; `nil` for any other place, which nobody else could look up.
    private static func place(_ location: String) -> String? {
        guard let url = URL(string: location), url.scheme == "https", let host = url.host(), url.user == nil else {
            return nil
        }
        let path = url.path.hasSuffix(".git") ? String(url.path.dropLast(4)) : url.path
        return path.split(separator: "/").count == 2 ? host + path : nil
    }

    /// A library by its name and version, such as `SQLite 3.40.1`.
    private static func library(_ text: String) -> JSONValue {
        let words = text.split(separator: " ")
        let version = words.count > 1 ? words.last.map(String.init) : nil
        let name = version == nil ? text : words.dropLast().joined(separator: " ")
        let members: [JSONValue.Member] = [
            .init("type", .string("library")), .init("bom-ref", .string("system:\(name)")),
            .init("name", .string(name)),
        ]
        return .object(members + (version.map { [.init("version", .string($0))] } ?? []))
    }
}
