import Foundation
import Tensors

/// Writes the archive of an export: members in the order of their names, and two blocks of zeros.
enum ExportWriter {
    /// Writes an archive, complete or not at all.
    ///
    /// - Throws: `CommandError` for a name or size that no member can have, or a file that changes; `TensorError` if the
    ///   archive cannot be written.
    static func write(_ members: [ExportMember], to path: String) throws {
        let sorted = members.sorted { $0.name < $1.name }
        let headers = try sorted.map { member in
            guard let header = UstarHeader(name: member.name, size: member.size),
                member.size <= ExportMember.sizeLimit(of: member.name)
            else {
                throw CommandError("\(member.name) (\(member.size) bytes) does not fit into an archive")
            }
            return header
        }
        try AtomicFile.write(to: path) { write in
            func put(_ bytes: some ContiguousBytes) throws { try bytes.withUnsafeBytes { try write($0) } }
            for (member, header) in zip(sorted, headers) {
                try put(header.bytes)
                try member.forEachPiece { try put($0) }
                try put([UInt8](repeating: 0, count: header.padding))
            }
            try put([UInt8](repeating: 0, count: 2 * UstarHeader.blockSize))
        }
    }
}
