import Adapters
import Crypto
import Federation
import Foundation
import Models
import Privacy
import Tensors
import Training
import Transports

/// A worker's part in a run, put together.
final class WorkerRun {
    private let runner: WorkerRunner
    private let models: BaseModelPlaces
    private let data: OwnData.Paths?
    private let rank: Int?
    private let lanes: Lanes
    private let cache: BlobCache
    private let state: StateFolder
    private let say: @Sendable (String) -> Void
    private let log: WorkerLog
    private let place: WorkerPlace
    private let masking: MaskingPolicy
    private let policy: PolicyFile?
    private let demand: PrivacyDemand
    private let ledger: WorkerLedger
    /// Files in use, which keeps them in the cache.
    private var held: [CachedBlob] = []

    /// Opens this worker's identity and cache.
    init(
        _ line: JoinLine, outbound: Outbound = Outbound(), models: BaseModelPlaces, data: OwnData.Paths?, rank: Int?,
        name: String?, lanes count: Int?,
        policy: PolicyFile? = nil, demand: PrivacyDemand, state: StateFolder, cacheLimit: Int, display: ProgressDisplay
    ) throws {
        try policy?.admit(line)
        let coversGivenData = demand.insists
        let demand = policy.map { demand.tightened(by: $0.policy) } ?? demand
        self.policy = policy
        self.models = models
        self.data = data
        self.rank = rank
        self.state = state
        say = { display.say($0) }
        let log = WorkerLog(display)
        self.log = log
        lanes = Lanes(count: count ?? LaneCount.automatic.resolved)
        place = try WorkerPlace(in: state.workers, name: name ?? WorkerPlace.machineName)
        self.demand = demand
        ledger = WorkerLedger(in: place.folder.appending(path: "privacy"))
        var masking = try MaskingPolicy(
            demand, identity: place.identity, ledger: ledger,
            record: RevealRecord(path: place.folder.appending(path: "reveals.sqlite").path))
        // What a policy asks for protects this site's data; a run that does not use it may go without.
        masking.coversGivenData = coversGivenData
        self.masking = masking
        try policy?.checkPeers(masking.trusted)
        cache = try BlobCache(folder: state.cache.path, limit: cacheLimit)
        runner = try WorkerRunner(
            line, identity: place.identity,
            machine: .init(name: place.name, lanes: lanes.count, arithmetic: Products.summary, offersData: data != nil),
            cache: cache, masking: masking, outbound: outbound, say: say, happened: { log.happened($0) })
        if line.coordinator == .insecure {
            say("the join line is insecure: nothing is encrypted, and the coordinator is not authenticated")
        }
    }

    /// Joins and works until the run is over, or a signal asks to stop.
    ///
    /// - Parameter isAllowed: asked again and again; the worker stops once it may not work any more.
    /// - Returns: whether this worker is done, rather than to continue once it may.
    @discardableResult
    func work(while isAllowed: @escaping @Sendable () -> Bool = { true }) throws -> Bool {
        StopSignal.savesFirst()
        let watch = StopWatch()
        watch.start(while: isAllowed) { [runner] in
            runner.stop()
        } leave: { [log] in
            log.end("stopped")
            FileHandle.standardError.tell("lorad: \(Self.farewell)\n")
            // Other threads are computing: nothing may be torn down under them.
            _exit(ExitStatus.stopped.rawValue)
        }
        defer { watch.finish() }
        do {
            let welcome = try runner.join()
            let part: Part
            do {
                part = try prepare(welcome)
            } catch let error where !(error is TransportError) {
                runner.decline(for: error)
                throw error
            }
            let end = try runner.work(welcome, with: part.trainer, under: part.agreed, watchedBy: part.witness)
            guard end.isOver else { throw CommandError("the coordinator excluded this worker: \(end.reason)") }
            guard !end.hasFailed else { throw CommandError(end.reason) }
            log.end(end.reason)
        } catch let error as TransportError where error.code == .closed && StopSignal.isReceived {
            log.end("stopped")
            throw StoppedEarly(Self.farewell)
        } catch let error as TransportError where error.code == .closed && watch.isOutOfHours {
            log.end("stopped: the hours of --only are over")
            return false
        }
        return true
    }

    /// This worker's part in a run that it has joined.
    private struct Part {
        let trainer: SharedTrainer
        let agreed: AgreedTerms?
        let witness: (any RoundWitness)?
    }

    /// Prepares to work, or refuses the run.
    private func prepare(_ welcome: WorkerRunner.Welcome) throws -> Part {
        guard !welcome.wantsData || data != nil else {
            throw CommandError(
                "run \(welcome.run) trains on the workers' own data: start this worker with --data and --images")
        }
        let configuration = try RunFile.parse(
            welcome.configuration, name: "the coordinator's run file", checksDisk: false)
        log.begin(welcome.run, as: place.name, configuration)
        try policy?.admit(
            welcome.run, configuration, welcome.basis, hasOwnData: welcome.wantsData, known: masking.trusted?.count)
        if welcome.wantsData, configuration.privacy != nil { try place.checkRecords() }
        try openLedger(welcome.run, configuration, hasOwnData: welcome.wantsData)
        if configuration.privacy?.secureAggregation.enabled == true {
            say("updates are masked; this worker signs with \(WorkerIdentity(masking.key.publicKey).text)")
        }
        let trainer = try makeTrainer(welcome, configuration)
        return Part(
            trainer: trainer, agreed: try AgreedTerms(configuration, basis: welcome.basis, values: trainer.valueCount),
            witness: try welcome.wantsData ? witness(welcome, trainer, configuration) : nil)
    }

    private static let farewell = "stopped; the same command joins the run again"

    /// The ledger of what this worker releases, if it adds its own noise.
    private func openLedger(_ run: String, _ configuration: RunConfiguration, hasOwnData: Bool) throws {
        guard let noise = configuration.privacy?.differentialPrivacy.ofWorkers else {
            guard !masking.requiresNoise || !hasOwnData && !masking.coversGivenData else {
                throw CommandError(
                    "in run \(run) this worker would add no noise, and it sends nothing without noise "
                        + "(--require-noise, --max-epsilon): the run file needs privacy.differential_privacy with "
                        + "unit: example or person, or with a mechanism whose noise workers add"
                )
            }
            return
        }
        let unit: PrivacyUnit =
            switch noise.unit {
            case .worker: .worker
            case .person: .person
            case .example: .example
            }
        let (limits, delta) = (try demand.limits(in: noise, policy: policy), demand.countedDelta(in: noise))
        try ledger.open(run: run, unit: unit, limits: limits)
        let spent = try ledger.epsilon(delta: delta)
        let stops = limits.map { limit in
            "; it stops before \(limit.target.epsilon) at delta \(limit.target.delta)"
                + (limit.coversAllRuns ? " in all runs together" : "")
        }.joined()
        let others = try ledger.epsilonOfOtherRuns(delta: delta).map { String(format: ", and %.4g in other runs", $0) }
        say(
            "differential privacy for each \(unit.rawValue): epsilon \(String(format: "%.4g", spent)) so far at delta "
                + "\(delta)\(others ?? ""), by this worker's ledger\(stops)")
        if let policy, let most = policy.policy.differentialPrivacy.maxEpsilon {
            let rule = policy.rule("differential_privacy.max_epsilon")
            say("\(rule): the policy allows an epsilon of \(most) in all runs together; what would pass it is not sent")
        }
    }

    private func makeTrainer(
        _ welcome: WorkerRunner.Welcome, _ configuration: RunConfiguration
    ) throws -> SharedTrainer {
        guard let adapter = welcome.files.first(where: { $0.name == AdapterFolder.configurationFile }) else {
            throw CommandError(
                "the coordinator sent no adapter configuration: run the same release on the coordinator and the workers"
            )
        }
        let file = try runner.fetch(adapter)
        held.append(file)
        try policy?.admit(
            AdapterFolder.configuration(Data(contentsOf: URL(filePath: file.path)), file: adapter.name).configuration,
            learnsTemperature: configuration.training.learnTemperature)
        let folder = try base(welcome.basis.baseModelFiles, configuration)
        let trainer = try SharedTrainer(
            welcome.basis, ModelFolder(folder), adapterConfiguration: URL(filePath: file.path),
            configuration: configuration, lanes: lanes, data: welcome.wantsData ? data : nil, rank: rank,
            name: place.name, ledger: ledger, say: say)
        try policy?.admit(trainer.trained)
        return trainer
    }

    /// What watches every order and everything that is sent: this site's policy, and the worker's transcript.
    private func witness(
        _ welcome: WorkerRunner.Welcome, _ trainer: SharedTrainer, _ configuration: RunConfiguration
    ) throws -> any RoundWitness {
        try RunStore.checkName(welcome.run)
        let witnesses: [(any RoundWitness)?] = try [
            policyWitness(welcome, trainer, configuration), transcript(welcome, configuration),
        ]
        return WitnessList(witnesses.compactMap(\.self))
    }

    /// Records what this worker releases, before it does.
    private func transcript(
        _ welcome: WorkerRunner.Welcome, _ configuration: RunConfiguration
    ) throws -> TranscriptWriter {
        let noise = configuration.privacy?.differentialPrivacy.ofWorkers
        let delta = noise.map { demand.countedDelta(in: $0) }
        return try TranscriptWriter(
            path: WorkerTranscript(of: welcome.run, in: place.folder).file.path, run: welcome.run,
            basis: welcome.basis.digest, key: masking.key,
            spent: { [ledger] in try delta.map { (try ledger.epsilon(delta: $0), $0) } })
    }

    private func policyWitness(
        _ welcome: WorkerRunner.Welcome, _ trainer: SharedTrainer, _ configuration: RunConfiguration
    ) throws -> (any RoundWitness)? {
        guard let policy else { return nil }
        return PolicyWitness(
            file: policy, firstDay: FirstDay(file: place.folder.appending(path: "began/\(welcome.run)")),
            spent: { [ledger] in try ledger.totalEpsilon(delta: $0) },
            start: try approvedStart(welcome, trainer, configuration),
            known: masking.trusted?.count)
    }

    /// What the first round must begin with, where the policy does not approve of any base adapter.
    private func approvedStart(
        _ welcome: WorkerRunner.Welcome, _ trainer: SharedTrainer, _ configuration: RunConfiguration
    ) throws -> ApprovedStart? {
        guard policy?.policy.baseAdapters.names != nil else { return nil }
        let record = place.folder.appending(path: "started/\(welcome.run)")
        // What the policy has approved of is what the run file says, whichever files come with it.
        guard configuration.adapter.path != nil else {
            return ApprovedStart(condition: .new(trainer.untrainedModel), record: record)
        }
        guard rank == nil else {
            throw CommandError(
                "--rank truncates the adapter that the run starts from, so it cannot be compared with the one that "
                    + "the site's policy approves (base_adapters): remove --rank"
            )
        }
        let files = welcome.files.filter { RunBasis.adapterFiles.contains($0.name) }
        let state = try trainer.stateDigest(ofAdapterIn: link(files, in: "adapter"))
        return ApprovedStart(condition: .state(state), record: record)
    }

    /// The base model's folder: this machine's own if it is identical, otherwise one with fetched files.
    private func base(_ files: [CoordinatorOptions.File], _ configuration: RunConfiguration) throws -> URL {
        if let model = models.own {
            if let difference = try difference(URL(filePath: model), files) {
                throw CommandError("\(model) is not the run's base model: \(difference)")
            }
            return URL(filePath: model)
        }
        let usual = try models.allowed(configuration.model.path)
        if let usual, try difference(usual, files) == nil { return usual }
        return try fetch(files)
    }

    /// The difference between a folder and the run's base model; `nil` if there is none.
    private func difference(_ folder: URL, _ files: [CoordinatorOptions.File]) throws -> String? {
        let fingerprints = try FileFingerprints(path: state.folder.appending(path: "fingerprints.sqlite").path)
        for file in files {
            let path = folder.appending(path: file.name).path
            guard FileManager.default.fileExists(atPath: path) else { return "it has no \(file.name)" }
            guard try fingerprints.manifest(of: path).id == file.blob else { return "\(file.name) differs" }
        }
        return nil
    }

    /// Bytes of all files together, by the sizes that the coordinator names.
    ///
    /// - Throws: `CommandError` if these are more than can be.
    static func byteCount(of files: [CoordinatorOptions.File]) throws -> Int {
        try files.reduce(0) { sum, file in
            let (total, overflows) = sum.addingReportingOverflow(file.size)
            guard !overflows else {
                throw CommandError(
                    "the coordinator lists \(files.count) files of the base model, larger in total than any machine "
                        + "can store, including \(file.name): give --model, or do not join this coordinator"
                )
            }
            return total
        }
    }

    private func fetch(_ files: [CoordinatorOptions.File]) throws -> URL {
        let bytes = try Self.byteCount(of: files)
        say("fetching the base model: \(files.count) files, \(String(format: "%.1f", Double(bytes) / 1e6)) MB")
        return try link(files, in: "model")
    }

    /// Fetches files, and gives a folder in which they have their names.
    private func link(_ files: [CoordinatorOptions.File], in name: String) throws -> URL {
        let folder = place.folder.appending(path: name)
        try? FileManager.default.removeItem(at: folder)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for file in files {
            let cached = try runner.fetch(file)
            held.append(cached)
            try FileManager.default.createSymbolicLink(
                atPath: folder.appending(path: file.name).path, withDestinationPath: cached.path)
        }
        return folder
    }
}
