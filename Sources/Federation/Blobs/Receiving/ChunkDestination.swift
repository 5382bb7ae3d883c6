/// Where the verified chunks of one blob are put together.
protocol ChunkDestination: Sendable {
    /// Stores a chunk. Threads store different chunks at once, and no chunk twice.
    func write(_ chunk: UnsafeRawBufferPointer, index: Int, offset: Int) throws

    /// Called once, when every chunk is stored: the contents, readable from now on.
    func finish() throws -> any BlobSource

    /// Forgets what was stored.
    func discard()
}
