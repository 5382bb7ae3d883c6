/// A kind of images: their content, their look, and the questions about them.
public struct Domain: Sendable {
    /// What it is called on the command line.
    public let name: String
    /// The forms that things may have.
    public let shapes: [Shape]
    /// Names and sRGB values of the colours that things may have.
    public let colours: [Colour]
    /// What may be asked.
    public let questions: [QuestionKind]
    /// The lightest and darkest ground, as grey values from 0 to 255.
    let ground: ClosedRange<Double>
    /// Standard deviation of the grain of images, in grey values.
    let grain: Double
    /// Strength of the waves that run through the ground, in grey values.
    let waves: Double
    /// By how much things are turned at most, in radians.
    let turn: Double

    /// A colour with its name.
    public struct Colour: Sendable, Hashable {
        /// Its name, as answers say it.
        public let name: String
        /// Red, green and blue from 0 to 255.
        let samples: [Double]
    }

    /// What the bundled model was trained on: even things on grounds of any brightness.
    public static let day = Domain(
        name: "day", shapes: [.circle, .square, .triangle, .star],
        colours: [
            Colour(name: "red", samples: [214, 40, 40]), Colour(name: "green", samples: [42, 157, 80]),
            Colour(name: "blue", samples: [44, 90, 214]), Colour(name: "yellow", samples: [240, 200, 40]),
            Colour(name: "black", samples: [30, 30, 34]),
        ],
        questions: [.colour, .shape, .count, .place, .presence, .content], ground: 100...245,
        grain: 3, waves: 4, turn: 0.1)

    /// What the bundled model has never seen, though its tokenizer knows the words: the colours by a dim light and two more,
    /// things that are a little turned, on a wavy and grainy ground, and a question that was never asked.
    public static let dusk = Domain(
        name: "dusk", shapes: [.circle, .square, .triangle, .star],
        colours: [
            Colour(name: "red", samples: [150, 34, 62]), Colour(name: "green", samples: [34, 104, 92]),
            Colour(name: "blue", samples: [48, 62, 150]), Colour(name: "yellow", samples: [184, 158, 84]),
            Colour(name: "black", samples: [22, 18, 40]), Colour(name: "orange", samples: [206, 98, 40]),
            Colour(name: "purple", samples: [122, 52, 160]),
        ],
        questions: [.colour, .shape, .count, .place, .presence, .content, .ground], ground: 75...165, grain: 5,
        waves: 8, turn: 0.2)

    /// What the demonstration teaches: a dim light as at dusk, one colour more, and a question whose answers are new words;
    /// neither the bundled model nor its tokenizer has met them.
    public static let night = Domain(
        name: "night", shapes: day.shapes,
        colours: dusk.colours.filter { $0.name != "orange" } + [Colour(name: "white", samples: [206, 200, 178])],
        questions: day.questions + [.corners], ground: dusk.ground, grain: dusk.grain, waves: dusk.waves,
        turn: dusk.turn)

    /// All, by name.
    public static let all = [day, dusk, night]
}
