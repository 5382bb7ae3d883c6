/// A stretch of a thread's work, noted while a profile is taken; otherwise it costs a look at a flag.
public struct Span: Sendable {
    /// The work, as reports name it.
    let name: StaticString
    private let start: UInt64
    private let operationsBefore: Double

    /// Begins a stretch.
    public init(_ name: StaticString) {
        self.name = name
        guard Profile.isOn else {
            (start, operationsBefore) = (0, 0)
            return
        }
        (start, operationsBefore) = (Profile.now, ThreadProfile.current.operations)
    }

    /// Ends it.
    public func end() { end(.forward) }

    func end(_ direction: ProfileEvent.Direction, product: ProfileEvent.Product? = nil) {
        guard start > 0, Profile.isOn else { return }
        let thread = ThreadProfile.current
        if let product { thread.operations += product.operations }
        thread.events.append(
            ProfileEvent(
                name: name.description, direction: direction, start: start, end: Profile.now,
                operations: thread.operations - operationsBefore, product: product))
    }

    /// Records `body` as an operation.
    public static func measure<Result>(_ name: StaticString, _ body: () throws -> Result) rethrows -> Result {
        let span = Span(name)
        defer { span.end() }
        return try body()
    }
}

/// A stretch of work that has ended.
public struct ProfileEvent: Sendable {
    /// Which way it went through the graph.
    public enum Direction: Sendable {
        case forward, backward
    }

    /// A matrix product [m, k] [k, n].
    public struct Product: Hashable, Sendable {
        /// Rows of the result.
        public var m: Int
        /// Columns of the result.
        public var n: Int
        /// Length of the summed dimension.
        public var k: Int
        /// What operands were multiplied in.
        public var type: DType
        /// Memory layout of the operands: N for rows, T for columns.
        public var layout: String
        /// Whether it was added to the result's old values.
        public var accumulates: Bool

        /// Describes a product.
        ///
        /// - Parameter layout: two letters, of the left and the right operand.
        public init(m: Int, n: Int, k: Int, type: DType, layout: String, accumulates: Bool) {
            (self.m, self.n, self.k) = (m, n, k)
            (self.type, self.layout, self.accumulates) = (type, layout, accumulates)
        }

        /// Multiplications and additions.
        public var operations: Double { 2 * Double(m) * Double(n) * Double(k) }
    }

    /// The work.
    public var name: String
    /// Which way it went.
    public var direction: Direction
    /// Nanoseconds on a clock that continues evenly.
    public var start: UInt64
    /// Nanoseconds, as above.
    public var end: UInt64
    /// Floating-point operations of the matrix products within.
    public var operations: Double
    /// The matrix product, if it is one.
    public var product: Product?
}
