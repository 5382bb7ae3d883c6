import Testing

@testable import Transports

@Suite("A simulated network")
struct SimulatedNetworkTests {
    private typealias Network = SimulatedNetwork<Int, String>

    /// A thousand messages from node 0 to node 1, one each millisecond, and what became of them.
    private func trace(seed: UInt64, _ prepare: (inout Network) -> Void) -> (events: [String], network: Network) {
        var network = Network(seed: seed)
        prepare(&network)
        network.schedule("0", for: 0, at: .zero)
        var events: [String] = []
        network.run(until: .seconds(3)) { network, event in
            events.append("\(event.time) \(event.node) \(event.occurrence)")
            guard case .timer(let text) = event.occurrence, let number = Int(text), number < 1000 else { return }
            network.send(number, from: 0, to: 1)
            network.schedule("\(number + 1)", for: 0, at: network.now + .milliseconds(1))
        }
        return (events, network)
    }

    private func arrivals(_ events: [String]) -> [String] { events.filter { $0.contains("message") } }

    private func rough(_ network: inout Network) {
        network.conditions.loss = 0.1
        network.conditions.duplication = 0.1
        network.conditions.delay = .milliseconds(1) ... .milliseconds(20)
        network.partition([1], during: .milliseconds(100)..<(.milliseconds(200)))
        network.crash(1, at: .milliseconds(300))
        network.restart(1, at: .milliseconds(400))
    }

    @Test("does the same with the same seed, and something else with another")
    func deterministic() {
        let first = trace(seed: 1, rough)
        #expect(first.events == trace(seed: 1, rough).events)
        #expect(first.events != trace(seed: 2, rough).events)
        let counts = first.network.counts
        #expect(counts.sent + counts.duplicated == counts.delivered + counts.lost + counts.cut + counts.crashed)
        #expect(counts.sent == 1000 && counts.lost > 0 && counts.cut > 0 && counts.crashed > 0)
    }

    @Test("delivers everything once and in order where nothing is wrong")
    func perfect() {
        let (events, network) = trace(seed: 1) { _ in }
        #expect(arrivals(events) == (0..<1000).map { "\(Duration.milliseconds($0 + 1)) 1 message(\($0), from: 0)" })
        #expect(network.counts.delivered == 1000 && network.now == .seconds(3))
    }

    @Test("loses as many messages as it is told to")
    func loss() {
        let (_, network) = trace(seed: 1) { $0.conditions.loss = 0.3 }
        #expect((250...350).contains(network.counts.lost))
        #expect(network.counts.delivered == 1000 - network.counts.lost)
        #expect(trace(seed: 1) { $0.conditions.loss = 1 }.network.counts.delivered == 0)
    }

    @Test("doubles as many messages as it is told to")
    func duplication() {
        let (_, network) = trace(seed: 1) { $0.conditions.duplication = 0.3 }
        #expect((250...350).contains(network.counts.duplicated))
        #expect(network.counts.delivered == 1000 + network.counts.duplicated)
    }

    @Test("reorders messages within the range of delays, and keeps to it")
    func reordering() {
        var network = Network(seed: 1)
        network.conditions.delay = .milliseconds(10) ... .milliseconds(30)
        for number in 0..<1000 { network.send(number, from: 0, to: 1) }
        var numbers: [Int] = []
        var times: [Duration] = []
        while let event = network.step(), case .message(let number, from: 0) = event.occurrence {
            numbers.append(number)
            times.append(event.time)
        }
        #expect(numbers != numbers.sorted() && numbers.sorted() == Array(0..<1000))
        #expect(times == times.sorted())
        #expect(times.allSatisfy { .milliseconds(10) <= $0 && $0 <= .milliseconds(30) })
        #expect(times.first! < .milliseconds(11) && times.last! > .milliseconds(29))
    }

    @Test("one condition does not change what the others do")
    func independentConditions() {
        let delay = Duration.milliseconds(1) ... .milliseconds(20)
        let all = Set(arrivals(trace(seed: 5) { $0.conditions.delay = delay }.events))
        let some = arrivals(
            trace(seed: 5) {
                $0.conditions.delay = delay
                $0.conditions.loss = 0.5
            }.events)
        #expect(some.count < all.count && some.allSatisfy(all.contains))
    }

    @Test("cuts a partition's links, both ways and on arrival, and no others")
    func partition() {
        var network = Network(seed: 1)
        network.partition([1, 2], during: .milliseconds(10)..<(.milliseconds(20)))
        for time in [9.5, 10, 15, 19.999, 20] {
            for (sender, receiver) in [(0, 1), (1, 0), (1, 2), (0, 3)] {
                network.schedule("\(sender)\(receiver)", for: sender, at: .milliseconds(time))
            }
        }
        var delivered: [String: Int] = [:]
        network.run(until: .seconds(1)) { network, event in
            switch event.occurrence {
            case .timer(let link):
                let nodes = link.compactMap(\.wholeNumberValue)
                #expect(
                    network.isCut(nodes[0], nodes[1]) == (link.contains("0") && link.contains("1") && isCutTime(event)))
                network.send(0, from: nodes[0], to: nodes[1])
            case .message(_, let sender): delivered["\(sender)\(event.node)", default: 0] += 1
            case .crashed, .restarted: Issue.record("nothing crashes")
            }
        }
        #expect(delivered == ["01": 1, "10": 1, "12": 5, "03": 5])
        #expect(network.counts.cut == 8)
    }

    private func isCutTime(_ event: Network.Event) -> Bool {
        .milliseconds(10) <= event.time && event.time < .milliseconds(20)
    }

    @Test("a crash drops the node's timers and what is on its way to it, and not what it has sent")
    func crash() {
        var network = Network(seed: 1)
        network.conditions.delay = .milliseconds(10) ... .milliseconds(10)
        network.schedule("before", for: 1, at: .milliseconds(2))
        network.schedule("never", for: 1, at: .milliseconds(30))
        network.schedule("other", for: 2, at: .milliseconds(30))
        network.send(1, from: 0, to: 1)
        network.send(2, from: 1, to: 0)
        network.crash(1, at: .milliseconds(5))
        network.crash(1, at: .milliseconds(6))
        network.restart(1, at: .milliseconds(20))
        network.restart(1, at: .milliseconds(21))
        var events: [String] = []
        network.run(until: .seconds(1)) { network, event in
            events.append("\(event.node) \(event.occurrence)")
            if case .crashed = event.occurrence {
                #expect(!network.isUp(1))
                network.send(3, from: 0, to: 1)
                network.send(4, from: 1, to: 0)
                network.schedule("lost", for: 1, at: .milliseconds(40))
            }
            if case .restarted = event.occurrence {
                #expect(network.isUp(1))
                network.send(5, from: 0, to: 1)
                network.schedule("after", for: 1, at: .zero)
            }
        }
        #expect(
            events == [
                "1 timer(\"before\")", "1 crashed", "0 message(2, from: 1)", "1 restarted", "1 timer(\"after\")",
                "2 timer(\"other\")", "1 message(5, from: 0)",
            ])
        #expect(network.counts.crashed == 3)
    }

    @Test("stops its clock where it is told to, and at the last event otherwise")
    func clock() {
        var network = Network(seed: 1)
        network.schedule("a", for: 0, at: .seconds(1))
        network.schedule("b", for: 0, at: .seconds(3))
        #expect(network.step(until: .milliseconds(999)) == nil)
        #expect(network.now == .milliseconds(999))
        #expect(network.step(until: .seconds(1))?.time == .seconds(1))
        #expect(network.step(until: .seconds(2)) == nil)
        network.schedule("late", for: 0, at: .zero)
        #expect(network.step()?.time == .seconds(2))
        #expect(network.step()?.time == .seconds(3))
        #expect(network.step() == nil)
        #expect(network.now == .seconds(3))
    }

    @Test("keeps events of one moment in the order in which they were planned")
    func queueOrder() {
        var queue = EventQueue<Int>()
        var random = SplitMix64(seed: 3)
        let times = (0..<2000).map { _ in Int(random.next() % 50) }
        for (index, time) in times.enumerated() { queue.insert(index, at: .seconds(time)) }
        var popped: [(time: Duration, element: Int)] = []
        while let next = queue.popFirst() { popped.append(next) }
        let expected = times.enumerated().sorted { ($0.element, $0.offset) < ($1.element, $1.offset) }
        #expect(popped.map(\.element) == expected.map(\.offset))
        #expect(popped.map(\.time) == expected.map { .seconds($0.element) })
        #expect(queue.nextTime == nil)
    }
}
