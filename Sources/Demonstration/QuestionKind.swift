public import Tensors

/// A question with its answer.
public struct Question: Sendable, Equatable {
    /// What is asked.
    public let text: String
    /// The one right answer.
    public let answer: String
}

/// A kind of question about a scene.
public enum QuestionKind: String, CaseIterable, Sendable {
    case colour, shape, count, place, presence, content, ground, corners

    /// A question of this kind that the scene answers in one way only; `nil` if absent.
    public func ask(_ scene: Scene, of domain: Domain, using random: inout SplitMix64) -> Question? {
        let things = scene.things
        switch self {
        case .count:
            let names = ["one", "two", "three", "four"]
            return Question(text: "How many things are there?", answer: names[things.count - 1])
        case .ground:
            // Not where it could be called either.
            guard abs(scene.ground - 105) > 4, abs(scene.ground - 135) > 4 else { return nil }
            let name = scene.ground < 105 ? "dark" : scene.ground < 135 ? "grey" : "pale"
            return Question(text: "How light is the ground?", answer: name)
        case .presence: return presence(scene, of: domain, using: &random)
        case .content:
            let thing = random.element(of: things)
            return Question(
                text: "What is at the \(thing.place.name)?", answer: "a \(thing.colour.name) \(thing.shape.rawValue)")
        case .shape, .corners:
            let alone = things.filter { thing in things.count { $0.colour == thing.colour } == 1 }
            guard !alone.isEmpty else { return nil }
            let thing = random.element(of: alone)
            let name = thing.colour.name
            return self == .shape
                ? Question(text: "What shape is the \(name) thing?", answer: thing.shape.rawValue)
                : Question(text: "How many corners has the \(name) thing?", answer: thing.shape.corners)
        case .colour, .place:
            let alone = things.filter { thing in things.count { $0.shape == thing.shape } == 1 }
            return alone.isEmpty ? nil : ask(about: random.element(of: alone))
        }
    }

    /// A question about a thing that its shape tells apart.
    private func ask(about thing: Scene.Thing) -> Question {
        let name = thing.shape.rawValue
        return self == .place
            ? Question(text: "Where is the \(name)?", answer: thing.place.name)
            : Question(text: "What colour is the \(name)?", answer: thing.colour.name)
    }

    /// Half of the answers are yes.
    private func presence(_ scene: Scene, of domain: Domain, using random: inout SplitMix64) -> Question? {
        func text(_ colour: Domain.Colour, _ shape: Shape) -> String { "Is there a \(colour.name) \(shape.rawValue)?" }
        if random.next(below: 2) == 0 {
            let thing = random.element(of: scene.things)
            return Question(text: text(thing.colour, thing.shape), answer: "yes")
        }
        let (colour, shape) = (random.element(of: domain.colours), random.element(of: domain.shapes))
        let isThere = scene.things.contains { $0.colour == colour && $0.shape == shape }
        return Question(text: text(colour, shape), answer: isThere ? "yes" : "no")
    }
}
