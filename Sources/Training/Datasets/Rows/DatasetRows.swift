public import Foundation
public import Models

/// The examples of a dataset in one of the formats: they are known by position, and each is read when it is asked for.
public protocol DatasetRows: Sendable {
    /// The dataset's path, for messages.
    var path: String { get }
    /// How many examples there are.
    var count: Int { get }
    /// What is to be said about the dataset beside its format and its number of examples, if anything.
    var remark: String? { get }
    /// What parts of the dataset are written as.
    var partForm: DatasetPartForm { get }

    /// Where an example is, for messages.
    func place(ofRow row: Int) -> RowPlace

    /// Reads an example; whether its images can be used is not looked at.
    ///
    /// - Throws: `RowProblem` if it cannot be read.
    func conversation(at row: Int) throws -> Conversation

    /// What the example says about itself, by name: a JSON object.
    ///
    /// - Throws: `RowProblem` if it cannot be read.
    func fields(ofRow row: Int) throws -> JSONValue

    /// The example as it stands in a part of the dataset, which is written in `partForm`.
    ///
    /// - Throws: `RowProblem` if it cannot be read.
    func part(ofRow row: Int) throws -> Data

    /// What the example is called in a part that is an archive, where neighbours of one name would be taken for one
    /// example.
    ///
    /// - Throws: `RowProblem` if it cannot be read.
    func name(ofRow row: Int) throws -> String?
}

/// Where an example is.
public struct RowPlace: Equatable, Sendable {
    /// The file, if the dataset has several.
    public var file: String?
    /// The line that it begins on, from 1.
    public var line: Int?

    /// Creates a place.
    public init(file: String? = nil, line: Int? = nil) {
        self.file = file
        self.line = line
    }
}

/// What a part of a dataset is written as.
public enum DatasetPartForm: String, Sendable {
    /// A JSON array of examples.
    case json
    /// An archive of members.
    case tar
}

extension DatasetRows {
    /// Nothing.
    public var remark: String? { nil }

    /// A JSON array.
    public var partForm: DatasetPartForm { .json }

    /// The example in LLaVA's format, with absolute paths.
    public func part(ofRow row: Int) throws -> Data {
        Data(try LlavaRow.json(conversation(at: row)).text(isASCII: false).utf8)
    }

    /// None.
    public func name(ofRow row: Int) throws -> String? { nil }

    /// A problem with an example.
    func problem(_ row: Int, _ reason: String, id: String? = nil) -> RowProblem {
        let place = place(ofRow: row)
        return RowProblem(row: row, file: place.file, line: place.line, id: id, reason: reason)
    }

    /// The body's result, its errors as problems with the example.
    func reading<Result>(_ row: Int, id: String? = nil, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let problem as RowProblem {
            throw problem
        } catch {
            throw problem(row, RowProblem.reason(for: error), id: id)
        }
    }
}
