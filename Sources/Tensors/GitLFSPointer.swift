/// The small text file that Git LFS leaves instead of a large file until `git lfs pull` fetches it.
public enum GitLFSPointer {
    /// What an error says about such a file, after its name.
    public static let message = "is a Git LFS pointer: run git lfs pull in the repository it came from"
    /// How many of a file's first bytes ``isOne(_:)`` needs.
    public static let headSize = 64

    private static let beginnings = [
        "version https://git-lfs.github.com/spec/", "version https://hawser.github.com/spec/",
    ].map { Array($0.utf8) }

    /// Whether a file that begins with `head` is a pointer.
    public static func isOne(_ head: some Collection<UInt8>) -> Bool {
        head.first == UInt8(ascii: "v") && beginnings.contains { head.starts(with: $0) }
    }
}
