import Foundation
import Synchronization

extension EncodedDataset {
    /// The digest of the contents of every image, in the order of the examples.
    ///
    /// Reads each file once, on all cores. Contents count and neither names nor times: copying the folder elsewhere
    /// gives the same digest, and an image that was replaced by one of the same size gives another.
    ///
    /// - Throws: `TrainingError` if an image cannot be read.
    public func imageDigest() throws -> ContentDigest {
        let known = Mutex<[Picture: ContentDigest]>([:])
        let parts = RowChunks(count: datasetCount, chunkSize: 64).map { rows in
            Result { try imageDigest(of: rows, known) }
        }
        var hasher = ContentHasher()
        for part in parts { hasher.add(try part.get()) }
        return hasher.digest
    }

    private func imageDigest(of rows: Range<Int>, _ known: borrowing Mutex<[Picture: ContentDigest]>) throws
        -> ContentDigest
    {
        var hasher = ContentHasher()
        for row in rows where !isUnreadable(row) {
            for image in try conversation(at: row).images {
                hasher.add(try digest(of: image, known))
            }
        }
        return hasher.digest
    }

    /// The digest of an image, which several examples may show.
    private func digest(of image: Picture, _ known: borrowing Mutex<[Picture: ContentDigest]>) throws -> ContentDigest {
        if let digest = known.withLock({ $0[image] }) { return digest }
        var hasher = ContentHasher()
        hasher.add(try image.contents())
        let digest = hasher.digest
        known.withLock { $0[image] = digest }
        return digest
    }
}
