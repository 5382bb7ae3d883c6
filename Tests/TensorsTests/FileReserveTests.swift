import Foundation
import Testing

@testable import Tensors

@Suite("The reserve of file descriptors", .serialized)
struct FileReserveTests {
    @Test("gives one where there are no others, for that moment only")
    func reserve() throws {
        let before = try #require(FileReserve.limit)
        var calls = 0
        var during: rlim_t?
        let descriptor = FileReserve.open {
            calls += 1
            guard calls > 1 else {
                errno = EMFILE
                return -1
            }
            during = FileReserve.limit?.rlim_cur
            return 7
        }
        #expect(descriptor == 7 && during == min(before.rlim_cur + 1, before.rlim_max))
        #expect(FileReserve.limit?.rlim_cur == before.rlim_cur)
    }

    @Test("is left alone where a file opens, or fails to for another reason", arguments: [Int32(5), -1])
    func untouched(result: Int32) {
        var calls = 0
        let descriptor = FileReserve.open {
            calls += 1
            errno = ENOENT
            return result
        }
        #expect(descriptor == result && calls == 1)
    }
}
