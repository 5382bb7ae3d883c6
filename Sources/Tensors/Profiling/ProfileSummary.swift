/// Summary of a profile: time and floating-point operations by kind of work and by matrix product.
public struct ProfileSummary: Sendable {
    /// Everything of one name.
    public struct Line: Sendable {
        /// What it is.
        public var name: String
        /// Which way it went.
        public var direction: ProfileEvent.Direction
        /// How often.
        public var count = 0
        /// Seconds summed over all threads, without nested work of other names.
        public var seconds = 0.0
        /// Floating-point operations of its matrix products.
        public var operations = 0.0
        /// The part of `seconds` that went into matrix products.
        public var productSeconds = 0.0
    }

    /// All products of one shape.
    public struct ProductLine: Sendable {
        /// The shape.
        public var product: ProfileEvent.Product
        /// How often.
        public var count = 0
        /// Seconds of all threads together.
        public var seconds = 0.0
    }

    /// By name and direction, the longest first.
    public private(set) var lines: [Line] = []
    /// By shape, the longest first.
    public private(set) var products: [ProductLine] = []

    /// Summarises the events of the threads.
    public init(_ threads: [[ProfileEvent]]) {
        var named: [String: Line] = [:]
        var shaped: [ProfileEvent.Product: ProductLine] = [:]
        for events in threads {
            // What ends within a longer stretch belongs to it: of each stretch the time of those within is taken off.
            var open: [ProfileEvent] = []
            for event in events.sorted(by: { ($0.start, $1.end) < ($1.start, $0.end) }) {
                while let last = open.last, last.end <= event.start { open.removeLast() }
                let seconds = Double(event.end - event.start) / 1e9
                if let product = event.product {
                    shaped[product, default: ProductLine(product: product)].add(seconds)
                    if let parent = open.last { named[parent.key]?.productSeconds += seconds }
                    continue
                }
                if let parent = open.last {
                    named[parent.key]?.seconds -= seconds
                    named[parent.key]?.operations -= event.operations
                }
                named[event.key, default: Line(name: event.name, direction: event.direction)].add(event, seconds)
                open.append(event)
            }
        }
        lines = named.values.sorted { ($1.seconds, $0.name) < ($0.seconds, $1.name) }
        products = shaped.values.sorted { $0.seconds > $1.seconds }
    }
}

extension ProfileEvent {
    fileprivate var key: String { direction == .forward ? name : "\(name)'" }
}

extension ProfileSummary.Line {
    fileprivate mutating func add(_ event: ProfileEvent, _ own: Double) {
        count += 1
        seconds += own
        operations += event.operations
    }
}

extension ProfileSummary.ProductLine {
    fileprivate mutating func add(_ own: Double) {
        count += 1
        seconds += own
    }
}
