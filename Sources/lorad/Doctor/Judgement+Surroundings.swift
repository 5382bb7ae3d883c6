import Foundation

extension Judgement {
    /// When lorad was first written: a clock before that is wrong.
    private static let earliest = Date(timeIntervalSince1970: 1_735_689_600)

    static let ofSurroundings: [Judgement] = [
        Judgement(subject: "ports") { readings in
            readings.ports.map { port in
                let name = port.port == 0 ? "loopback" : "port \(port.port)"
                guard let refusal = port.refusal else { return .ok("network", "\(name) can be listened on") }
                guard port.port > 0 else {
                    return .problem(
                        "network", "nothing can listen on the loopback address: \(refusal)",
                        "bring the interface up: ip link set lo up; a service needs RestrictAddressFamilies=AF_INET")
                }
                return .warning(
                    "network", "\(name) cannot be listened on: \(refusal)",
                    "a coordinator may run already; another one needs --listen tcp://0.0.0.0:7710")
            }
        },
        Judgement(subject: "clock") { readings in
            guard readings.time < earliest else { return [] }
            return [
                .problem(
                    "clock", "it is \(readings.time.formatted(.iso8601)) here",
                    "set it: join lines expire by the clock, and this one is years behind")
            ]
        },
        Judgement(subject: "terminal") { readings in
            guard let encoding = readings.terminalEncoding,
                !["UTF-8", "UTF8"].contains(encoding.uppercased())
            else { return [] }
            return [
                .warning(
                    "terminal", "its locale is \(encoding), and lorad writes UTF-8",
                    "export LC_ALL=C.UTF-8, or … and → are shown as other characters")
            ]
        },
    ]
}
