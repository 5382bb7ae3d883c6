import Foundation
import Tensors
import Testing
import Transports

@testable import Federation

@Suite("Rounds of local training")
struct AveragingJobTests {
    private static let layout = [(module: "m", rank: 2, inputs: 3, outputs: 4)]

    /// A state of one LoRA pair and one plain tensor, all elements `value`.
    private func state(_ value: Float, _ names: [String] = ["m.lora_A.weight", "m.lora_B.weight", "head"]) -> StateDict
    {
        let shapes = ["m.lora_A.weight": [2, 3], "m.lora_B.weight": [4, 2], "head": [2]]
        return StateDict(
            names.map { name in
                let shape = shapes[name] ?? []
                return (name, Tensor(Array(repeating: value, count: shape.reduce(1, *)), shape: shape))
            })
    }

    private func job(
        _ aggregation: String = "mean", optimizer: String = "none", participation: AveragingSettings.Participation,
        from start: AveragingJob.State? = nil, rounds: Int = 3, options: ServerOptimizerOptions = .init(),
        gainRank: Int = 256
    ) throws -> AveragingJob {
        let start = start ?? AveragingJob.State(trained: state(1))
        var settings = AveragingSettings(
            rounds: rounds, participation: participation, minimumWorkers: 1, deadline: .seconds(5), seed: 3,
            largestWeight: 100)
        settings.gainRank = gainRank
        let aggregator = try Aggregators.named(aggregation)
        return try AveragingJob(
            start, layout: FactorLayout(finding: start.trained) { _ in 2 }, settings: settings, aggregator: aggregator,
            optimizer: ServerOptimizers.named(optimizer, options, after: aggregator),
            work: { assignment in WorkOrder(work: Data("\(assignment.round)/\(assignment.index)".utf8)) })
    }

    private let workers = (1...5).map { SimulatedWorker.id($0) }

    private func add(_ value: StateDict, examples: Int, by task: PlannedTask, to job: AveragingJob) throws {
        try job.add(
            Contribution(
                task: task.id, worker: task.worker ?? workers[0], update: value,
                metrics: ContributionMetrics(loss: Double(examples), examples: examples, tokens: 10)))
    }

    @Test(
        "An aggregation that works with products is refused where a module is more than W + s B A",
        arguments: Aggregators.all.map { $0.name })
    func products(name: String) throws {
        let start = AveragingJob.State(trained: state(1))
        let found = try FactorLayout(finding: start.trained) { _ in 2 }
        let scaled = try FactorLayout(
            found.pairs.map { pair in
                var pair = pair
                pair.isAdded = false
                return pair
            })
        var options = AggregationOptions()
        options.normBound = 1
        let aggregator = try Aggregators.named(name, options)
        let make = { (layout: FactorLayout) in
            _ = try AveragingJob(
                start, layout: layout,
                settings: AveragingSettings(
                    rounds: 1, participation: .sampled(share: 1, minimum: 1), minimumWorkers: 1, deadline: nil, seed: 3),
                aggregator: aggregator, optimizer: ServerOptimizers.named("none", .init(), after: aggregator),
                work: { _ in WorkOrder(work: Data()) })
        }
        try make(found)
        guard ["flora", "fedex_lora", "flexlora"].contains(name) else { return try make(scaled) }
        let error = #expect(throws: FederationError.self) { try make(scaled) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message.contains("federation.aggregation: \(name) takes what a module learns") == true)
    }

    @Test("A mean weighs workers by their examples, up to the bound")
    func weightedMean() throws {
        let job = try job(participation: .sampled(share: 1, minimum: 2))
        let tasks = try job.plan(for: Array(workers.prefix(3))).tasks
        try #require(tasks.count == 3)
        for (task, (value, examples)) in zip(tasks, [(2.0, 10), (4.0, 30), (8.0, 1_000_000)] as [(Float, Int)]) {
            try add(state(value), examples: examples, by: task, to: job)
        }
        let report = try job.commit()
        let expected = Float((2.0 * 10 + 4 * 30 + 8 * 100) / 140)
        #expect(job.state.trained["head"]?.values == [expected, expected])
        #expect(job.round == 1 && report.round == 0 && report.contributions == 3 && report.tokens == 30)
    }

    @Test("The sample of a round depends on the seed, the round and who is there, and on nothing else")
    func sampling() throws {
        let (one, other) = (
            try job(participation: .sampled(share: 0.4, minimum: 1)),
            try job(participation: .sampled(share: 0.4, minimum: 1))
        )
        let plan = try one.plan(for: workers)
        #expect(plan == (try other.plan(for: workers)) && plan.tasks.count == 2)
        #expect(try one.plan(for: workers) == plan, "a round that is opened again after a restart has the same sample")
        #expect(Set(plan.tasks.compactMap(\.worker)).count == 2)
    }

    @Test("Everyone takes part where fewer are there than the minimum, and the round needs the minimum all the same")
    func fewWorkers() throws {
        let plan = try job(participation: .sampled(share: 0.1, minimum: 4)).plan(for: Array(workers.prefix(2)))
        #expect(plan.tasks.count == 2 && plan.minimum == 4 && plan.deadline == .seconds(5))
    }

    @Test("Workers that came later get tasks when too few results are in")
    func moreTasks() throws {
        let job = try job(participation: .sampled(share: 1, minimum: 1))
        _ = try job.plan(for: [workers[0]])
        let more = try job.moreTasks(for: [workers[4]])
        #expect(more.map(\.worker) == [workers[4]])
        #expect(String(decoding: try job.order(for: more[0].id).work, as: UTF8.self) == "0/1")
        try add(state(3), examples: 1, by: more[0], to: job)
        _ = try job.commit()
        #expect(job.state.trained["head"]?.values == [3, 3])
    }

    @Test(
        "An update that cannot be one is refused, and the round is as before",
        arguments: ["missing", "unknown", "shape", "nan", "weight"])
    func refusals(_ kind: String) throws {
        let job = try job(participation: .replicas(2))
        let tasks = try job.plan(for: workers).tasks
        var bad = state(5)
        switch kind {
        case "missing": bad["head"] = nil
        case "unknown": bad["other"] = Tensor([1], shape: [1])
        case "shape": bad["head"] = Tensor([1, 2, 3], shape: [3])
        case "nan": bad["head"] = Tensor([1, .nan], shape: [2])
        default: break
        }
        #expect(throws: FederationError.self) {
            try add(bad, examples: kind == "weight" ? 0 : 1, by: tasks[0], to: job)
        }
        for task in tasks { try add(state(2), examples: 1, by: task, to: job) }
        #expect(try job.commit().contributions == 2)
        #expect(job.state.trained["head"]?.values == [2, 2])
    }

    @Test("RoLoRA's rounds take one factor in turn and leave the other as it is, to the bit")
    func alternating() throws {
        let job = try job("rolora", participation: .replicas(1))
        var frozen: [String] = []
        for _ in 0..<2 {
            let task = try job.plan(for: workers).tasks[0]
            let before = job.state.trained
            let keys = ["m.lora_A.weight", "m.lora_B.weight"]
            let sent = keys.first { key in
                (try? add(state(7, [key, "head"]), examples: 1, by: task, to: job)) != nil
            }
            let still = try #require(keys.first { $0 != sent })
            _ = try job.commit()
            #expect(job.state.trained[still]?.values == before[still]?.values)
            frozen.append(still)
        }
        #expect(Set(frozen).count == 2, "each factor had its turn")
    }

    @Test("FLoRA moves the exact weighted product into the base, and begins with fresh factors")
    func stacking() throws {
        let job = try job("flora", participation: .replicas(2))
        for round in 0..<2 {
            let tasks = try job.plan(for: workers).tasks
            try add(state(1), examples: 1, by: tasks[0], to: job)
            try add(state(3), examples: 3, by: tasks[1], to: job)
            _ = try job.commit()
            let gain = try #require(job.state.gain.modules.first)
            // Each product has elements 2·v², its scale is alpha / rank = 1: (1·2 + 3·18) / 4 a round.
            let product = gain.left.values[0] * gain.right.values[0]
            let sum = (0..<gain.rank).reduce(Float(0)) {
                $0 + gain.left.values[$1] * gain.right.values[$1 * gain.right.columns]
            }
            #expect(abs(sum - Float(round + 1) * 14) < 1e-4 && product.isFinite)
            #expect(job.state.trained["m.lora_B.weight"]?.values.allSatisfy { $0 == 0 } == true)
        }
    }

    @Test("What the base gains keeps to the rank that is allowed")
    func gainRank() throws {
        let job = try job("flora", participation: .replicas(2), gainRank: 1)
        for _ in 0..<2 {
            for task in try job.plan(for: workers).tasks { try add(state(2), examples: 1, by: task, to: job) }
            _ = try job.commit()
        }
        #expect(job.state.gain.modules.map(\.rank) == [1])
    }

    @Test("A job that goes on from its snapshot ends with the same bits", arguments: ["none", "sgd", "adam"])
    func restart(_ optimizer: String) throws {
        func round(_ job: AveragingJob, _ value: Float) throws {
            for (index, task) in try job.plan(for: workers).tasks.enumerated() {
                try add(state(value + Float(index) / 3), examples: 1 + index, by: task, to: job)
            }
            _ = try job.commit()
        }
        let whole = try job(optimizer: optimizer, participation: .replicas(3))
        for value in [0.5, 0.25, 2] as [Float] { try round(whole, value) }
        var part = try job(optimizer: optimizer, participation: .replicas(3))
        for (index, value) in ([0.5, 0.25, 2] as [Float]).enumerated() {
            try round(part, value)
            let saved = part.snapshot()
            let state = AveragingJob.State(
                round: index + 1, trained: try #require(saved["adapter"]), optimizer: try #require(saved["optimizer"]),
                gain: try BaseDelta(#require(saved["gain"])))
            part = try job(optimizer: optimizer, participation: .replicas(3), from: state)
        }
        #expect(part.state.trained["head"]?.values == whole.state.trained["head"]?.values)
        #expect(part.round == 3)
    }

    @Test("DiLoCo's outer step is Nesterov's on the replicas' mean")
    func outerOptimizer() throws {
        var options = ServerOptimizerOptions()
        (options.learningRate, options.momentum, options.nesterov) = (0.7, 0.9, true)
        let job = try job(optimizer: "sgd", participation: .replicas(2), options: options)
        var (value, momentum) = (1.0, 0.0)
        for step in 1...3 {
            let results = [value - 0.25 * Double(step), value + 0.125]
            for (task, result) in zip(try job.plan(for: workers).tasks, results) {
                try add(state(Float(result)), examples: 1, by: task, to: job)
            }
            _ = try job.commit()
            let difference = (results[0] + results[1]) / 2 - value
            momentum = 0.9 * momentum + difference
            value += 0.7 * (difference + 0.9 * momentum)
            let found = Double(try #require(job.state.trained["head"]?.values[0]))
            #expect(abs(found - value) < 1e-5, "round \(step): \(found) against \(value)")
            value = found
        }
    }

    @Test("A task that the round does not have is no order")
    func unknownTask() throws {
        let job = try job(participation: .replicas(2))
        _ = try job.plan(for: workers)
        #expect(throws: FederationError.self) { try job.order(for: 99) }
    }
}
