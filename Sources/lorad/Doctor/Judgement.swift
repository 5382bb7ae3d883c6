/// What is said of one part of a machine.
struct Judgement: Sendable {
    /// The part.
    let subject: String
    /// What there is to say of it.
    let findings: @Sendable (MachineReadings) -> [Finding]

    /// All parts, in the order of the output.
    static let all = ofComputing + ofRoom + ofSurroundings + ofSlurm

    /// What all of them say of a machine.
    static func findings(on readings: MachineReadings) -> [Finding] { all.flatMap { $0.findings(readings) } }
}
