import ArgumentParser
import Foundation
import Models

/// `lorad doctor`: whether a machine is fit for lorad.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check whether this machine is ready for lorad, and say what to change.",
        discussion: """
            Examples:
              lorad doctor
              lorad doctor --state /var/lib/lorad --json

            Checks processor, libraries, memory, disk, ports and limits, and measures matrix products for about a second. \
            The exit status is 1 if there is a problem, and 0 if there are only warnings.
            """)

    @Option(help: "Folder for keys and state (default: ~/.local/state/lorad).")
    var state: String?

    @Flag(inversion: .prefixedNo, help: "Measure the speed of matrix products and memory.")
    var measure = true

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func run() throws {
        let readings = MachineReadings.taken(state: StateFolder(state), measures: measure)
        let findings = Judgement.findings(on: readings)
        if json {
            print(try report(findings, readings).text(indent: 2, isASCII: false))
        } else {
            let isTerminal = isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
            for line in findings.lines(usesColour: isTerminal) { print(line) }
        }
        if findings.state == .problem { throw ExitCode(ExitStatus.failed.rawValue) }
    }

    private func report(_ findings: [Finding], _ readings: MachineReadings) throws -> JSONValue {
        let speed = try readings.speed.map { try JSONValue(parsing: Data($0.json().utf8), file: "speed") } ?? .null
        return .object([
            .init("state", .string(findings.state.rawValue)), .init("version", .string(Version.number)),
            .init("findings", .array(findings.map(\.json))), .init("speed", speed),
        ])
    }
}
