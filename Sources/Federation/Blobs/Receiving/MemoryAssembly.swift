import Foundation

/// A blob put together in memory.
///
/// `@unchecked Sendable`: raw memory; a receipt lets every chunk be written by one thread only, and reads when all are
/// there.
final class MemoryAssembly: ChunkDestination, @unchecked Sendable {
    private let buffer: UnsafeMutableRawBufferPointer
    private let reservation: ByteBudget.Reservation?  // given back together with the memory

    /// Takes the memory; the system backs it with pages as they are written.
    init(byteCount: Int, reservation: ByteBudget.Reservation? = nil) throws {
        var address: UnsafeMutableRawPointer?
        guard posix_memalign(&address, 64, max(byteCount, 1)) == 0, let address else {
            throw FederationError(.closed, "no memory for a blob of \(byteCount) bytes: lower the memory limit")
        }
        buffer = UnsafeMutableRawBufferPointer(start: address, count: byteCount)
        self.reservation = reservation
    }

    deinit { free(buffer.baseAddress) }

    func write(_ chunk: UnsafeRawBufferPointer, index: Int, offset: Int) throws {
        UnsafeMutableRawBufferPointer(rebasing: buffer[offset..<offset + chunk.count]).copyMemory(from: chunk)
    }

    /// The memory itself, which lives as long as the data.
    func finish() throws -> any BlobSource {
        guard let address = buffer.baseAddress, !buffer.isEmpty else { return MemorySource(Data()) }
        let release: (UnsafeMutableRawPointer, Int) -> Void = { _, _ in withExtendedLifetime(self) {} }
        return MemorySource(Data(bytesNoCopy: address, count: buffer.count, deallocator: .custom(release)))
    }

    func discard() {}
}
