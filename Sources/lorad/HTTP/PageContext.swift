import Hummingbird
import NIOCore

/// What is known of a request besides its text: where it came from.
struct PageContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The address of the other end, without its port.
    let peer: String

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        peer = source.channel.remoteAddress?.ipAddress ?? "unknown"
    }
}
