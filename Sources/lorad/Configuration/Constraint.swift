import Foundation
import Models
import Training

/// What a key's value must fulfil beyond its type.
struct Constraint<Value: Sendable>: Sendable {
    /// Completes `must …`, for messages and documentation.
    let requirement: String
    /// Whether it concerns the disk and not the run file itself.
    var concernsDisk = false
    /// The same as JSON Schema has it; nothing where it cannot say that.
    var schema: [JSONValue.Member] = []
    let isMet: @Sendable (Value) -> Bool

    /// The constraint for values that may be absent.
    var whenGiven: Constraint<Value?> {
        Constraint<Value?>(requirement: requirement, concernsDisk: concernsDisk, schema: schema) {
            $0.map(isMet) ?? true
        }
    }
}

extension Constraint where Value: Comparable & ConfigurationValue & CustomStringConvertible {
    static func atLeast(_ least: Value) -> Self {
        Self(requirement: "be at least \(least)", schema: [.init("minimum", least.node.json)]) { $0 >= least }
    }

    static func above(_ bound: Value) -> Self {
        Self(requirement: "be greater than \(bound)", schema: [.init("exclusiveMinimum", bound.node.json)]) {
            $0 > bound
        }
    }

    static func within(_ range: ClosedRange<Value>) -> Self {
        Self(
            requirement: "be from \(range.lowerBound) to \(range.upperBound)",
            schema: [.init("minimum", range.lowerBound.node.json), .init("maximum", range.upperBound.node.json)]
        ) { range.contains($0) }
    }

    static func within(_ range: Range<Value>) -> Self {
        Self(
            requirement: "be at least \(range.lowerBound) and less than \(range.upperBound)",
            schema: [
                .init("minimum", range.lowerBound.node.json), .init("exclusiveMaximum", range.upperBound.node.json),
            ]
        ) { range.contains($0) }
    }

    static func within(above bound: Value, upTo most: Value) -> Self {
        Self(
            requirement: "be greater than \(bound) and at most \(most)",
            schema: [.init("exclusiveMinimum", bound.node.json), .init("maximum", most.node.json)]
        ) { $0 > bound && $0 <= most }
    }
}

extension Constraint where Value == String {
    static var file: Self {
        Self(requirement: "name an existing file", concernsDisk: true) { isFolder($0) == false }
    }

    static var dataset: Self {
        Self(requirement: "name an existing file or folder, or a range of files", concernsDisk: true) {
            isFolder($0) != nil || DatasetOptions(path: $0).isRange
        }
    }

    static var folder: Self {
        Self(requirement: "name an existing folder", concernsDisk: true) { isFolder($0) == true }
    }

    static func oneOf(_ names: [String]) -> Self {
        Self(
            requirement: "be one of \(names.joined(separator: ", "))",
            schema: [.init("enum", .array(names.map { .string($0) }))]
        ) { names.contains($0) }
    }

    /// Whether there is a folder or a file at a path, or `nil` if there is nothing.
    private static func isFolder(_ path: String) -> Bool? {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) ? isFolder.boolValue : nil
    }
}
