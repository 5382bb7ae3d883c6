public import Tensors

/// One to four things, each in its own quarter of the image.
public struct Scene: Sendable {
    /// A thing that is seen.
    public struct Thing: Sendable {
        /// Its form.
        public let shape: Shape
        /// Its colour.
        public let colour: Domain.Colour
        /// The quarter that it is in.
        public let place: Place
        /// Its centre's distance from that of its quarter, across and down, in parts of the quarter's width.
        let offset: (x: Double, y: Double)
        /// Its size in parts of the quarter's width.
        let radius: Double
        /// By how much it is turned, in radians.
        let angle: Double
    }

    /// A quarter of the image.
    public enum Place: Int, CaseIterable, Sendable {
        case topLeft, topRight, bottomLeft, bottomRight

        /// As questions and answers say it.
        public var name: String { ["top left", "top right", "bottom left", "bottom right"][rawValue] }
    }

    /// What is seen, by place.
    public let things: [Thing]
    /// The ground's grey value, from 0 to 255.
    let ground: Double

    /// A scene of a domain, at random.
    public init(_ domain: Domain, using random: inout SplitMix64) {
        let count = 1 + random.next(below: 4)
        let places = random.permutation(4).prefix(count).sorted().compactMap(Place.init)
        things = places.map { place in
            Thing(
                shape: random.element(of: domain.shapes), colour: random.element(of: domain.colours),
                place: place, offset: (random.nextOffset(0.06), random.nextOffset(0.06)),
                radius: 0.4 + random.nextOffset(0.04),
                angle: random.nextOffset(domain.turn))
        }
        ground = domain.ground.lowerBound + random.nextUnit() * (domain.ground.upperBound - domain.ground.lowerBound)
    }
}

extension SplitMix64 {
    /// A number from -bound up to bound.
    mutating func nextOffset(_ bound: Double) -> Double { (2 * nextUnit() - 1) * bound }

    /// One of several, all equally likely. Precondition: there is one.
    mutating func element<Element>(of elements: [Element]) -> Element { elements[next(below: elements.count)] }

    /// A number from 0 up to 1, of 53 bits.
    mutating func nextUnit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
