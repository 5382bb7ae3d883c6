import Foundation

/// A file mapped read-only: its pages are shared with every process that maps it.
final class MappedFile: @unchecked Sendable {  // raw memory that nobody writes
    let path: String
    let base: UnsafeRawPointer
    let count: Int

    init(path: String) throws {
        let descriptor = FileReserve.open { open(path, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else {
            throw TensorError(.fileNotFound, "cannot open \(path): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size > 0 else {
            throw TensorError(.corruptFile, "\(path) is empty: copy it again")
        }
        count = Int(status.st_size)
        guard let base = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
            throw TensorError(.corruptFile, "cannot map \(path): \(String(cString: strerror(errno)))")
        }
        self.base = UnsafeRawPointer(base)
        self.path = path
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: base), count) }
}
