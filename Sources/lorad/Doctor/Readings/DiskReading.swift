import Foundation

/// What the system says of a folder that lorad writes to.
struct DiskReading: Equatable, Sendable {
    /// What it is for.
    var purpose: String
    /// The folder that was looked at: the folder itself, or the nearest one above that exists.
    var folder: String
    /// Bytes that this user may still write; `nil` if the system does not report it.
    var free: Int?
    /// Why nothing can be written there; `nil` if a file could be.
    var refusal: String?

    init(purpose: String, folder: String, free: Int? = nil, refusal: String? = nil) {
        self.purpose = purpose
        self.folder = folder
        self.free = free
        self.refusal = refusal
    }

    /// Looks at a folder, by writing a small file there that goes at once.
    init(purpose: String, of wanted: URL) {
        var url = wanted.standardizedFileURL
        while !FileManager.default.fileExists(atPath: url.path), url.path != "/" { url.deleteLastPathComponent() }
        let folder = url.path
        self.init(purpose: purpose, folder: folder)
        var statistics = statvfs()
        if statvfs(folder, &statistics) == 0 {
            free = Int(
                clamping: UInt64(statistics.f_bavail).multipliedReportingOverflow(by: UInt64(statistics.f_frsize))
                    .partialValue)
        }
        refusal = Self.refusal(folder)
    }

    private static func refusal(_ folder: String) -> String? {
        var template = Array("\(folder)/.lorad-doctor-XXXXXX".utf8CString)
        let file = mkstemp(&template)
        guard file >= 0 else { return String(cString: strerror(errno)) }
        let count = write(file, template, template.count)
        let error = count == template.count ? nil : String(cString: strerror(errno))
        close(file)
        unlink(template)
        return error
    }
}
