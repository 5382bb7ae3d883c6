extension WireRequest {
    /// Whether it moves blobs: it may wait for others, and the others do not wait for it.
    var isBulk: Bool {
        switch kind {
        case .getManifest, .getChunk, .beginUpload, .putChunk: true
        default: false
        }
    }
}
