import Foundation

/// A set of a round's workers by number: those that shared, or those whose vectors are in the sum.
struct SurvivorSet: Sendable, Equatable {
    /// Rising.
    let members: [Int]
    /// Of how many workers.
    let workers: Int

    init(_ members: some Sequence<Int>, of workers: Int) {
        self.members = members.sorted()
        self.workers = workers
    }

    /// Reads a set over the workers of a roster.
    init(from reader: inout MessageReader, workers: Int) throws {
        let bytes = try reader.take(try reader.count(itemBytes: 1))
        guard bytes.count == (workers + 7) / 8 else {
            throw reader.malformed("its set of workers has \(bytes.count) bytes for \(workers) workers")
        }
        self.workers = workers
        members = (0..<8 * bytes.count).filter { bytes[$0 / 8] >> UInt8($0 % 8) & 1 == 1 }
        guard members.last ?? 0 < workers else { throw reader.malformed("it names numbers that are no workers") }
    }

    var bytes: Data {
        var bits = Data(count: (workers + 7) / 8)
        for member in members { bits[member / 8] |= 1 << UInt8(member % 8) }
        var bytes = Data()
        bytes.append(littleEndian: UInt32(bits.count))
        return bytes + bits
    }

    func contains(_ worker: Int) -> Bool {
        let place = members.partitionPoint { $0 >= worker }
        return place < members.count && members[place] == worker
    }
}

extension [Int] {
    /// The first place at which `isAfter` holds, in a sorted array.
    fileprivate func partitionPoint(_ isAfter: (Int) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isAfter(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
