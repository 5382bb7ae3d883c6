import Tensors

/// The image formats that are read, told apart by their first bytes whatever the file is called.
enum ImageFormat: Sendable {
    case jpeg
    case png
    case webp

    private static let signatures: [(format: ImageFormat, bytes: [UInt8])] = [
        (.jpeg, [0xFF, 0xD8, 0xFF]),
        (.png, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]),
    ]

    private static let unread: [(name: String, offset: Int, text: String)] = [
        ("GIF", 0, "GIF8"), ("BMP", 0, "BM"), ("JPEG XL", 4, "JXL "), ("JPEG 2000", 4, "jP  "), ("TIFF", 0, "II*\0"),
        ("TIFF", 0, "MM\0*"),
        ("AVIF", 4, "ftypavif"), ("HEIC", 4, "ftypheic"),
    ]

    /// Recognises the format of an image that begins with `head`.
    init(head: [UInt8], name: String) throws {
        guard !head.isEmpty else {
            throw ModelError(.corruptFile, "\(name): the file is empty; replace it")
        }
        if let match = Self.signatures.first(where: { head.starts(with: $0.bytes) }) {
            self = match.format
        } else if head.starts(with: "RIFF".utf8), head.dropFirst(8).starts(with: "WEBP".utf8) {
            self = .webp
        } else if GitLFSPointer.isOne(head) {
            throw ModelError(.corruptFile, "\(name) \(GitLFSPointer.message)")
        } else {
            throw Self.unsupported(head: head, name: name)
        }
    }

    private static func unsupported(head: [UInt8], name: String) -> ModelError {
        let known = unread.first { head.dropFirst($0.offset).starts(with: $0.text.utf8) }
        let found = known.map { "a \($0.name) file" } ?? "not an image of a known format"
        return ModelError(.unsupported, "\(name): expected JPEG, PNG or WebP, found \(found); convert it to PNG")
    }
}
