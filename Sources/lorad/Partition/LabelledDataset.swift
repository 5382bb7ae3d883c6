import Adapters
import Federation
import Foundation
import Tensors
import Training

/// A dataset whose examples are to be dealt out.
struct LabelledDataset {
    private let rows: any DatasetRows
    private let labels: [String]

    /// Opens a dataset and reads every example's label.
    ///
    /// - Throws: `TrainingError` if the file cannot be read, `CommandError` naming it if an example has no label.
    init(_ options: DatasetOptions, label: RowLabel) throws {
        let rows = try options.openRows()
        self.rows = rows
        do {
            labels = try (0..<rows.count).map { try label.label(ofRow: $0, in: rows) }
        } catch let problem as RowProblem {
            throw CommandError("\(rows.path): \(problem)")
        }
    }

    /// Deals the examples.
    ///
    /// - Throws: `CommandError` if there are fewer examples than parts.
    func partition(_ partitioner: any Partitioner, into count: Int, seed: UInt64) throws -> Partition {
        guard rows.count >= count else {
            throw CommandError(
                "\(rows.path): has \(rows.count) examples, too few for \(count) parts: give fewer --parts")
        }
        return try partitioner.partition(PartitionRows(labels: labels), into: count, seed: seed)
    }

    /// Writes `part-1.json`, `part-2.json`…: JSON arrays of the examples' own bytes, or `part-1.tar`… of their members.
    ///
    /// - Throws: `CommandError` if the folder holds parts already, `TensorError` if it cannot be written,
    ///   `RowProblem` if an example cannot be read.
    func write(_ partition: Partition, to folder: URL, overwrite: Bool) throws {
        let old = Self.parts(in: folder)
        guard overwrite || old.isEmpty else {
            throw CommandError(
                "\(folder.path): already contains \(old.count) parts: give --overwrite, or another --output")
        }
        for (index, rows) in partition.parts.enumerated() {
            let path = folder.appending(path: name(index)).path
            switch self.rows.partForm {
            case .json: try write(rows, to: path)
            case .tar:
                try AtomicFile.write(TarPieces(apart(rows, path).map { try self.rows.part(ofRow: $0) }), to: path)
            }
        }
        // Parts of a former, larger number would be taken for ones of this.
        let names = Set(partition.parts.indices.map(name))
        for url in old where !names.contains(url.lastPathComponent) { try FileManager.default.removeItem(at: url) }
    }

    /// The parts' sizes, and how often each of the most frequent labels comes in them.
    func summary(of partition: Partition, folder: String) -> String {
        let frequent = Self.counts(labels).prefix(Self.shownLabels).map(\.label)
        let lines = partition.parts.enumerated().map { index, rows in
            "\(name(index)): \(rows.count.grouped) examples · " + mix(of: rows, frequent)
        }
        return ([partition.description] + lines + ["written to \(folder)"]).joined(separator: "\n")
    }

    private static let shownLabels = 6

    private func mix(of rows: [Int], _ frequent: [String]) -> String {
        let counts = Dictionary(uniqueKeysWithValues: Self.counts(rows.map { labels[$0] }).map { ($0.label, $0.count) })
        let shown = frequent.map { "\(Self.short($0)) \(counts[$0] ?? 0)" }
        let others = rows.count - frequent.reduce(0) { $0 + (counts[$1] ?? 0) }
        return (shown + (others > 0 ? ["others \(others)"] : [])).joined(separator: ", ")
    }

    /// Labels by how often they come, the most frequent first.
    private static func counts(_ labels: [String]) -> [(label: String, count: Int)] {
        let counts = labels.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
    }

    private static func short(_ label: String) -> String {
        label.count <= 24 ? label.debugDescription : "\(label.prefix(23))…".debugDescription
    }

    /// Writes a JSON array, example by example: examples that hold their images may be more than memory takes.
    private func write(_ rows: [Int], to path: String) throws {
        try AtomicFile.write(to: path) { write in
            for (index, row) in rows.enumerated() {
                let piece = Data((index == 0 ? "[\n" : ",\n").utf8) + (try self.rows.part(ofRow: row))
                try piece.withUnsafeBytes(write)
            }
            try Data((rows.isEmpty ? "[\n\n]\n" : "\n]\n").utf8).withUnsafeBytes(write)
        }
    }

    /// Examples of an archive, in their order but for those that would follow one of the same name: samples of several
    /// shards may share a name, and neighbours that do would be read as one.
    private func apart(_ rows: [Int], _ path: String) throws -> [Int] {
        var (ordered, held): ([Int], ArraySlice<Int>) = ([], [])
        var last: String?
        for row in rows {
            let name = try self.rows.name(ofRow: row)
            guard name != last else {
                held.append(row)  // All rows that are held have the last name.
                continue
            }
            ordered.append(row)
            last = name
            guard let next = held.popFirst() else { continue }
            ordered.append(next)
            last = try self.rows.name(ofRow: next)
        }
        guard held.isEmpty else {
            throw CommandError(
                "\(path): \(held.count + 1) of its samples have the name \(last ?? ""), too many to tell apart: "
                    + "give samples of different shards different names"
            )
        }
        return ordered
    }

    private func name(_ index: Int) -> String { "part-\(index + 1).\(rows.partForm.rawValue)" }

    private static func parts(in folder: URL) -> [URL] {
        let entries = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        return (entries ?? []).filter { isPart($0.lastPathComponent) }
    }

    /// Whether a file is called as parts are: `part-12.json`, `part-12.tar`.
    private static func isPart(_ name: String) -> Bool {
        let number = name.dropFirst("part-".count).prefix { $0.isASCII && $0.isNumber }
        return !number.isEmpty && ["part-\(number).json", "part-\(number).tar"].contains(name)
    }
}

/// The bytes of an archive, member by member; those of a mapped archive are read as they are written.
private struct TarPieces: Sequence {
    private let members: [Data]

    init(_ members: [Data]) { self.members = members }

    func makeIterator() -> Iterator { Iterator(members) }

    final class Iterator: IteratorProtocol {
        private var rest: ArraySlice<Data>
        private var piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 0, alignment: 1)

        /// Ends with the two empty blocks that end an archive.
        init(_ members: [Data]) { rest = (members + [Data(count: 1024)])[...] }

        deinit { piece.deallocate() }

        /// A piece, which is there until the next one is asked for.
        func next() -> UnsafeRawBufferPointer? {
            guard let member = rest.popFirst() else { return nil }
            piece.deallocate()
            piece = .allocate(byteCount: member.count, alignment: 1)
            member.copyBytes(to: piece)
            return UnsafeRawBufferPointer(piece)
        }
    }
}
