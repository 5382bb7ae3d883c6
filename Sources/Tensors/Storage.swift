/// The memory under a tensor: a buffer of the pool, or a region of a mapped file.
public final class Storage: @unchecked Sendable {  // written only before it is shared, or by its unique owner
    private enum Owner {
        case pool(capacity: Int)
        case file(MappedFile)
    }

    let pointer: UnsafeMutableRawPointer
    let byteCount: Int
    private let owner: Owner

    /// Takes a buffer from the pool; its contents are unspecified.
    init(byteCount: Int) {
        self.byteCount = byteCount
        let (buffer, capacity) = BufferPool.shared.take(byteCount)
        pointer = buffer
        owner = .pool(capacity: capacity)
    }

    /// A region of a mapped file, never written.
    init(file: MappedFile, offset: Int, byteCount: Int) {
        self.byteCount = byteCount
        pointer = UnsafeMutableRawPointer(mutating: file.base + offset)
        owner = .file(file)
    }

    deinit {
        if case .pool(let capacity) = owner { BufferPool.shared.give(pointer, capacity: capacity) }
    }

    /// Whether the memory is a mapped file, shared with other processes.
    public var isMapped: Bool {
        if case .file = owner { return true }
        return false
    }
}
