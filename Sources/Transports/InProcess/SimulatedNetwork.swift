/// A network that exists in one thread and in its own time: messages are delayed, lost, doubled and reordered, links
/// are cut and nodes crash, all by a seed. The same calls with the same seed give the same events.
///
/// It is a discrete-event simulation. Nodes are state machines that the caller holds; the network holds what is going to
/// happen. `step()` moves the clock to the next event and returns it, the caller lets the node act on it, and the node's
/// answer comes back as `send` and `schedule`:
///
///     var network = SimulatedNetwork<Request, Timer>(seed: 7)
///     network.conditions.loss = 0.1
///     network.crash(2, at: .seconds(30))
///     network.run(until: .seconds(60)) { network, event in
///         for message in nodes[event.node].act(on: event, now: event.time) {
///             network.send(message, from: event.node, to: 0)
///         }
///     }
///
/// Messages between two nodes keep no order unless the delay is the same for all.
public struct SimulatedNetwork<Message, Timer> {
    /// Who sends and receives; the caller chooses the numbers.
    public typealias Node = Int

    /// What is true of the network as a whole.
    public struct Conditions: Hashable, Sendable {
        /// The probability that a message never arrives.
        public var loss = 0.0
        /// The probability that a message arrives twice, each copy with a delay of its own.
        public var duplication = 0.0
        /// How long a message takes, uniformly distributed; a range reorders messages.
        public var delay: ClosedRange<Duration> = .milliseconds(1) ... .milliseconds(1)

        /// A network that loses nothing and takes a millisecond.
        public init() {}
    }

    /// What a node meets.
    public enum Occurrence {
        /// A message arrived.
        case message(Message, from: Node)
        /// A time it waited for has come.
        case timer(Timer)
        /// It is gone, with all it knew in memory.
        case crashed
        /// It is started again.
        case restarted
    }

    /// Something that happens to a node.
    public struct Event {
        /// When, since the start.
        public let time: Duration
        /// To whom.
        public let node: Node
        /// What.
        public let occurrence: Occurrence
    }

    /// How many messages met which fate. A copy made by duplication is counted under `duplicated` and under its fate.
    public struct Counts: Hashable, Sendable {
        /// Handed to `send`.
        public internal(set) var sent = 0
        /// Doubled.
        public internal(set) var duplicated = 0
        /// Returned by `step`.
        public internal(set) var delivered = 0
        /// Lost by chance.
        public internal(set) var lost = 0
        /// Lost because the link was cut when the message left or when it would have arrived.
        public internal(set) var cut = 0
        /// Lost because the sender or the receiver was down, or crashed while the message was on its way.
        public internal(set) var crashed = 0
    }

    /// What is true from now on; messages on their way keep their fate.
    public var conditions = Conditions()
    /// The time since the start.
    public internal(set) var now = Duration.zero
    /// What has become of the messages.
    public internal(set) var counts = Counts()

    enum Planned {
        case message(Message, from: Node, to: Node, life: Int)
        case timer(Timer, Node, life: Int)
        case crash(Node)
        case restart(Node)
    }

    var queue = EventQueue<Planned>()
    var partitions: [Partition] = []
    /// How often each node has crashed and restarted: odd while it is down.
    var lives: [Node: Int] = [:]
    private var random: SplitMix64

    /// Creates a network at time zero in which every node is up.
    public init(seed: UInt64) { random = SplitMix64(seed: seed) }

    /// Sends a message.
    public mutating func send(_ message: Message, from sender: Node, to receiver: Node) {
        counts.sent += 1
        // As many numbers are drawn for each message, so that one condition's change does not change what the others do.
        let (isLost, isDoubled) = (random.nextUnit() < conditions.loss, random.nextUnit() < conditions.duplication)
        let delays = [delay(), delay()]
        guard isUp(sender), isUp(receiver) else { return counts.crashed += 1 }
        guard !isCut(sender, receiver) else { return counts.cut += 1 }
        guard !isLost else { return counts.lost += 1 }
        if isDoubled { counts.duplicated += 1 }
        let planned = Planned.message(message, from: sender, to: receiver, life: life(receiver))
        for delay in delays.prefix(isDoubled ? 2 : 1) { queue.insert(planned, at: now + delay) }
    }

    /// Lets a node know when a time has come; a time that has passed comes next. A node that is down, or crashes before,
    /// is not told.
    public mutating func schedule(_ timer: Timer, for node: Node, at time: Duration) {
        queue.insert(.timer(timer, node, life: life(node)), at: max(time, now))
    }

    /// Moves the clock to the next event and returns it; nil if nothing more is going to happen.
    public mutating func step() -> Event? { step(until: nil) }

    /// Moves the clock to the next event that is due by `end` and returns it; nil if there is none, and the clock then
    /// shows `end`.
    public mutating func step(until end: Duration) -> Event? { step(until: .some(end)) }

    /// Hands every event that is due by `end` to `body`, and moves the clock there.
    public mutating func run(until end: Duration, _ body: (inout Self, Event) throws -> Void) rethrows {
        while let event = step(until: end) { try body(&self, event) }
    }

    private mutating func step(until end: Duration?) -> Event? {
        while let time = queue.nextTime, time <= end ?? time, let (_, planned) = queue.popFirst() {
            now = time
            if let event = event(planned) { return event }
        }
        if let end { now = max(now, end) }
        return nil
    }

    private mutating func delay() -> Duration {
        let width = conditions.delay.upperBound - conditions.delay.lowerBound
        return conditions.delay.lowerBound + width * random.nextUnit()
    }
}

extension SimulatedNetwork: Sendable where Message: Sendable, Timer: Sendable {}
extension SimulatedNetwork.Event: Sendable where Message: Sendable, Timer: Sendable {}
extension SimulatedNetwork.Occurrence: Sendable where Message: Sendable, Timer: Sendable {}
extension SimulatedNetwork.Planned: Sendable where Message: Sendable, Timer: Sendable {}
