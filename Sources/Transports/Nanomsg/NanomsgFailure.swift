import CNanomsg
import Foundation

/// The number with which a nanomsg call failed.
struct NanomsgFailure: Error, CustomStringConvertible {
    let code: Int32

    /// Why the call that this thread made last has failed.
    static var last: NanomsgFailure { NanomsgFailure(code: nn_errno()) }

    /// A signal arrived; the call can be made again.
    var isInterruption: Bool { code == EINTR }
    /// The socket's own timeout has passed.
    var isTimeout: Bool { code == ETIMEDOUT || code == EAGAIN }
    /// The socket was closed, before the call or during it.
    var isClosure: Bool { code == EBADF || code == nn_error_terminated }

    var description: String { String(cString: nn_strerror(code)) }
}
