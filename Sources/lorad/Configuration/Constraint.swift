import Foundation
import Training

/// What a key's value must fulfil beyond its type.
struct Constraint<Value: Sendable>: Sendable {
    /// Completes `must …`, for messages and documentation.
    let requirement: String
    /// Whether it concerns the disk and not the run file itself.
    var concernsDisk = false
    let isMet: @Sendable (Value) -> Bool

    /// The constraint for values that may be absent.
    var whenGiven: Constraint<Value?> {
        Constraint<Value?>(requirement: requirement, concernsDisk: concernsDisk) { $0.map(isMet) ?? true }
    }
}

extension Constraint where Value: Comparable & CustomStringConvertible & Sendable {
    static func atLeast(_ least: Value) -> Self { Self(requirement: "be at least \(least)") { $0 >= least } }

    static func above(_ bound: Value) -> Self { Self(requirement: "be greater than \(bound)") { $0 > bound } }

    static func within(_ range: ClosedRange<Value>) -> Self {
        Self(requirement: "be from \(range.lowerBound) to \(range.upperBound)") { range.contains($0) }
    }

    static func within(_ range: Range<Value>) -> Self {
        Self(requirement: "be at least \(range.lowerBound) and less than \(range.upperBound)") { range.contains($0) }
    }
}

extension Constraint where Value == String {
    static var file: Self {
        Self(requirement: "name an existing file", concernsDisk: true) { isFolder($0) == false }
    }

    static var dataset: Self {
        Self(requirement: "name an existing file or folder, or a range of archives", concernsDisk: true) {
            isFolder($0) != nil || DatasetOptions(path: $0).isRange
        }
    }

    static var folder: Self {
        Self(requirement: "name an existing folder", concernsDisk: true) { isFolder($0) == true }
    }

    static func oneOf(_ names: [String]) -> Self {
        Self(requirement: "be one of \(names.joined(separator: ", "))") { names.contains($0) }
    }

    /// Whether there is a folder or a file at a path, or nil where there is nothing.
    private static func isFolder(_ path: String) -> Bool? {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) ? isFolder.boolValue : nil
    }
}
