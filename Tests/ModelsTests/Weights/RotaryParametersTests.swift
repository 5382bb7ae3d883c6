import Foundation
import Testing

@testable import Models

@Suite("Rotary parameters")
struct RotaryParametersTests {
    private func read(_ json: String) throws -> RotaryParameters {
        let object = try JSONValue(parsing: Data(json.utf8), file: "config.json")
        return try RotaryParameters(ConfigurationReader(object, file: "config.json"), maximumPositions: 64)
    }

    private static let new = #""rope_parameters": {"rope_type": "default", "rope_theta": 500}"#
    private static let old = #""rope_scaling": {"type": "linear", "factor": 4}"#

    @Test("A rope_scaling takes the place of all of rope_parameters, as in transformers 5")
    func scaling() throws {
        let found = try read("{\(Self.new), \(Self.old), \"rope_theta\": 300}")
        #expect(found.scaling == .linear(factor: 4) && found.theta == 300)
        #expect(try read("{\(Self.new), \(Self.old)}").theta == 10_000)
    }

    @Test("A rope_scaling that says nothing changes nothing", arguments: ["null", "{}"])
    func nothing(_ value: String) throws {
        let found = try read("{\(Self.new), \"rope_scaling\": \(value), \"rope_theta\": 300}")
        #expect(found.scaling == .none && found.theta == 500)
    }
}
