import Foundation

extension Judgement {
    /// When lorad was first written: a clock before that is wrong.
    private static let earliest = Date(timeIntervalSince1970: 1_735_689_600)

    static let ofSurroundings: [Judgement] = [
        Judgement(subject: "ports") { readings in
            readings.ports.map { port in
                let name = port.port == 0 ? "loopback" : "port \(port.port)"
                guard let refusal = port.refusal else { return .ok("network", "lorad can listen on \(name)") }
                guard port.port > 0 else {
                    return .problem(
                        "network", "lorad cannot listen on the loopback address: \(refusal)",
                        "bring the interface up: ip link set lo up; a service needs RestrictAddressFamilies=AF_INET")
                }
                return .warning(
                    "network", "lorad cannot listen on \(name): \(refusal)",
                    "a coordinator may already be running; start another one with --listen tcp://0.0.0.0:7710")
            }
        },
        Judgement(subject: "clock") { readings in
            guard readings.time < earliest else { return [] }
            return [
                .problem(
                    "clock", "the time here is \(readings.time.formatted(.iso8601))",
                    "set the clock: join lines expire by it, and it is years behind")
            ]
        },
        Judgement(subject: "terminal") { readings in
            guard let encoding = readings.terminalEncoding,
                !["UTF-8", "UTF8"].contains(encoding.uppercased())
            else { return [] }
            return [
                .warning(
                    "terminal", "the locale is \(encoding), but lorad writes UTF-8",
                    "run: export LC_ALL=C.UTF-8; otherwise … and → show as other characters")
            ]
        },
    ]
}
