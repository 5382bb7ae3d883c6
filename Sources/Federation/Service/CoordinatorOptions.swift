public import Foundation
import Tensors
public import Transports

/// How a coordinator serves.
public struct CoordinatorOptions: Sendable {
    /// A file that workers get when they join.
    public struct File: Equatable, Sendable {
        /// A plain file name.
        public let name: String
        /// Its contents' identifier, 32 bytes.
        public let blob: BlobID
        /// Bytes.
        public let size: Int

        /// Names a file.
        public init(name: String, blob: BlobID, size: Int) {
            self.name = name
            self.blob = blob
            self.size = size
        }
    }

    /// Where control requests are taken; bulk requests are taken there too, or beside it.
    public var endpoint: Endpoint
    /// Whether bulk requests are taken at `endpoint`, rather than at one of their own.
    public var hasOneEndpoint = false
    /// Whether connections are encrypted, and with which key.
    public var security: ChannelSecurity
    /// How long things may take.
    public var timing = Timing()
    /// The run's name.
    public var run: String
    /// The run file, resolved, as workers get it.
    public var configuration = ""
    /// The base model's files, and what else workers need to begin.
    public var files: [File] = []
    /// Whether workers bring the data.
    public var wantsData = false
    /// Workers that have joined the run before and may come back, by name.
    public var known: [WorkerID: String] = [:]
    /// Workers that are left out because they broke the protocol in the run before.
    public var barred = BarredWorkers()
    /// The signing keys of workers that have joined before: each has one.
    public var signingKeys: [WorkerID: Data] = [:]
    /// The most bytes that one update may have.
    public var updateLimit: Int
    /// What uploads may take.
    public var uploadLimits: BlobInbox.Limits
    /// Threads that serve bulk requests.
    public var bulkThreads = max(2, AvailableCores.count)
    /// Bytes of a chunk of what is published.
    public var chunkSize = BlobManifest.defaultChunkSize
    /// How long workers are waited for at the end, so that they learn that it is over.
    public var farewell = Duration.seconds(15)
    /// How long the sockets stay open after the last of them was told, so that the reply gets out.
    public var linger = Duration.milliseconds(500)

    /// Creates options; `updateLimit` is the most bytes that one update may have.
    ///
    /// Two updates of that size fit into memory at once, or 64 MiB of smaller ones; workers that find no room wait. A worker
    /// may have one of that size on its way, so that no worker takes the room of all.
    public init(endpoint: Endpoint, security: ChannelSecurity, run: String, updateLimit: Int) {
        self.endpoint = endpoint
        self.security = security
        self.run = run
        self.updateLimit = updateLimit
        uploadLimits = BlobInbox.Limits(memory: max(64 << 20, 2 * updateLimit), sender: updateLimit)
    }

    func welcome(bulk: Endpoint) -> WireWelcome {
        var welcome = WireWelcome()
        welcome.run = run
        welcome.bulkPort = UInt32(bulk.port ?? 0)
        welcome.oneEndpoint = hasOneEndpoint
        welcome.takesPieces = true
        welcome.heartbeatMs = UInt32(min(timing.heartbeat / .milliseconds(1), Double(Int32.max)))
        welcome.patienceMs = UInt32(min(timing.patience / .milliseconds(1), Double(Int32.max)))
        welcome.configuration = configuration
        welcome.wantsData = wantsData
        welcome.files = files.map { file in
            var wire = WireFile()
            wire.name = file.name
            wire.blob.id = file.blob.bytes
            wire.blob.size = UInt64(file.size)
            return wire
        }
        return welcome
    }
}

extension WireBlob {
    init(_ blob: Blob) {
        self.init()
        id = blob.id.bytes
        size = UInt64(blob.size)
    }
}

extension WireHello {
    /// The version of the messages that this release speaks.
    static let currentProtocol: UInt32 = 2

    /// Bytes of an Ed25519 key.
    private static let signingKeySize = 32

    /// The same, with texts of a length that logs and tables can bear, and without what cannot be a key.
    var bounded: WireHello {
        var hello = self
        hello.name = name.printed(atMost: 64)
        hello.machine.arithmetic = machine.arithmetic.printed(atMost: 200)
        if signingKey.count != Self.signingKeySize { hello.signingKey = Data() }
        return hello
    }
}

extension String {
    /// What a terminal can show of it as it stands: without what moves its cursor, breaks lines or turns text around.
    ///
    /// - Parameter count: the most scalars; a character alone may have any number of them.
    fileprivate func printed(atMost count: Int) -> String {
        let hidden: [Unicode.GeneralCategory] = [.control, .format, .lineSeparator, .paragraphSeparator]
        let shown = unicodeScalars.lazy.filter { !hidden.contains($0.properties.generalCategory) }.prefix(count)
        var text = UnicodeScalarView()
        text.append(contentsOf: shown)
        return String(text)
    }
}

extension Endpoint {
    /// Where bulk requests go when control requests go to `bound`: the next port where a port was asked for, a free one
    /// where not; for a socket file, the one beside it.
    func bulk(of bound: Endpoint) -> Endpoint {
        switch self {
        case .tcp(let host, let port): .tcp(host, port: port == 0 ? 0 : port &+ 1)
        case .ws(let host, let port, let path): .ws(host, port: port == 0 ? 0 : port &+ 1, path: path)
        case .wss: self
        case .ipc(let path): .ipc(path: path + ".bulk")
        case .inproc(let name): .inproc(name: name + ".bulk")
        }
    }

    /// The bulk endpoint that belongs to this control endpoint, by the port that the coordinator named.
    func bulk(port: UInt16) -> Endpoint {
        switch self {
        case .tcp(let host, _): .tcp(host, port: port)
        case .ws(let host, _, let path): .ws(host, port: port, path: path)
        case .wss: self
        case .ipc, .inproc: bulk(of: self)
        }
    }
}
