import Adapters
import Federation
import Foundation
import Models
import Privacy
import Synchronization
import Tensors
import Training
import Transports

/// A job whose result is an adapter.
struct SharedJob {
    let job: any Job
    /// Writes the PEFT folder of the run's result.
    let writeAdapter: (URL) throws -> Void
}

/// A run that workers share, as its coordinator puts it together.
final class CoordinatorRun {
    /// How it is reached.
    struct Access {
        var endpoint: Endpoint
        /// The address that the join line names; nil finds one.
        var advertised: String?
        /// Whether workers need one port only.
        var hasOneEndpoint = false
        var isInsecure = false
        /// A file with the keys that may come.
        var listedKeys: String?
        /// Seconds for which a join token admits new workers.
        var tokenLifetime: TimeInterval = 86_400
        /// New workers that a join token admits; `nil` for one in a federated run, any number in a distributed run.
        var tokenUses: Int?
        /// A file that gets the join line.
        var joinFile: String?
        /// Where metrics are served, if anywhere.
        var metrics: HTTPAddress?
        /// Where the run's page is served, if anywhere.
        var dashboard: HTTPAddress?
        /// Whether both are served after the run has finished, until a signal.
        var keepsServing = false
        /// When looking at page and metrics takes a token.
        var tokenRule = TokenRule.auto
    }

    let opened: OpenedRun
    let federation: FederationArguments
    let access: Access
    let tokens: AccessTokenFile
    let folder: URL
    let store: RunStore
    private let output: RunOutput
    private let outputLock: FileLock
    let admission: Admission
    private let shelf = BlobShelf()
    private let resumed: ResumedState?
    private let modelFiles: ModelFiles
    private var recorder: RunRecorder?

    /// Opens the model, the data and the run's state, and continues unfinished work. `overwrite` deletes an earlier run
    /// only after everything was opened.
    init(
        _ configuration: RunConfiguration, state: StateFolder, access: Access, overwrite: Bool, skipsBadRows: Bool,
        say: (String) -> Void
    ) throws {
        self.access = access
        tokens = AccessTokenFile(state)
        federation = configuration.federation ?? FederationArguments()
        folder = state.run(configuration.run)
        let (mode, text) = (federation.mode.rawValue, try RunFile.text(of: configuration))
        store = try RunStore(
            folder: state.runs.path, run: configuration.run, mode: mode, configuration: text, now: Date())
        let isBegun = try store.history.run().state != .created && !overwrite
        if isBegun { try Self.check(store, against: configuration) }
        output = RunOutput(configuration)
        outputLock = try output.lock()
        admission = try Admission(
            folder: folder, listed: access.listedKeys,
            rules: .init(
                lifetime: access.tokenLifetime, uses: access.tokenUses ?? (federation.mode == .federated ? 1 : nil)))
        opened = try OpenedRun(configuration, skipsBadRows: skipsBadRows, say: say)
        try configuration.checkSharing(of: opened.adapted.model)
        let fingerprints = try FileFingerprints(path: folder.appending(path: "fingerprints.sqlite").path)
        modelFiles = try ModelFiles(URL(filePath: configuration.model.path), fingerprints: fingerprints)
        let contents = try Self.contents(opened, modelFiles, ofRunBegun: isBegun, in: folder, say)
        StopSignal.savesFirst()
        try output.prepare(
            resume: isBegun, overwrite: overwrite,
            options: "give --overwrite to replace it, or --set training.output_dir=FOLDER to write elsewhere")
        if !isBegun { try store.beginAnew(mode: mode, configuration: text, now: Date()) }
        try contents.write(to: folder)
        resumed = try ResumedState(store)
        if let resumed { say("continuing after \(RunUnit(federation).text(resumed.round))") }
    }

    /// A run continues with the configuration that it began with.
    private static func check(_ store: RunStore, against configuration: RunConfiguration) throws {
        let run = try store.history.run()
        guard run.state != .finished else {
            throw CommandError(
                "run \(run.name) is finished: give --overwrite to start it again, or --set run=NAME to start another")
        }
        guard try run.configuration == RunFile.text(of: configuration) else {
            throw CommandError(
                "run \(run.name) was started with another configuration: continue with that one (lorad runs show "
                    + "\(run.name) --config), start another with --set run=NAME, or give --overwrite"
            )
        }
    }

    /// What the run's files hold, which is what they held when it began.
    private static func contents(
        _ opened: OpenedRun, _ model: ModelFiles, ofRunBegun isBegun: Bool, in folder: URL, _ say: (String) -> Void
    ) throws -> RunContents {
        let recorded = try isBegun ? RunContents(recordedIn: folder) : nil
        let contents = try RunContents(opened, model: model, after: recorded)
        let run = opened.configuration.run
        if isBegun, recorded == nil {
            say(
                "run \(run) was started without a record of the contents of its files: they are recorded as they "
                    + "are now"
            )
        }
        if let recorded { try contents.check(against: recorded, run: run) }
        return contents
    }

    /// Serves until the run is done, or a signal asks to stop.
    func serve(_ display: ProgressDisplay) throws {
        try store.setState(.running)
        try output.writeConfiguration()
        try opened.skippedRows.write(to: output.folder, display.say)
        let basis = RunBasis(configuration: try RunFile.text(of: opened.configuration), files: try publishFiles())
        let shared = try makeJob(basis, display)
        let job = shared.job
        defer { try? recorder?.draw() }
        opened.sayRows(steps: job.rounds, unit: RunUnit(federation).rawValue, display.say)
        var options = CoordinatorOptions(
            endpoint: access.endpoint, security: access.isInsecure ? .insecure : .encrypted(admission.identity),
            run: opened.configuration.run, updateLimit: try updateLimit())
        options.hasOneEndpoint = access.hasOneEndpoint
        options.timing = Timing(patience: .seconds(min(federation.workerTimeout, 1e9)))
        options.wantsData = federation.mode == .federated
        (options.configuration, options.files) = (basis.configuration, basis.files)
        options.known = try knownWorkers()
        options.barred = try barredWorkers()
        options.signingKeys = try signingKeys()
        let journal = try access.dashboard.map { _ in
            try RunJournal(store.history, done: job.round, minimumWorkers: job.minimumWorkers)
        }
        let log = RunLog(
            store,
            RunStatus(
                run: options.run, unit: RunUnit(federation), rounds: job.rounds, done: job.round,
                isWithheld: job.disclosure != .everything),
            admission: admission, display: display, loggingSteps: opened.configuration.training.loggingSteps,
            journal: journal)
        let revocations = Revocations(store.history, admission)
        _ = try revocations.apply()
        let server = try CoordinatorServer(
            job, options: options, shelf: shelf,
            observer: .init(
                happened: { log.happened($0) }, refused: { log.refused($0) },
                persist: { [keeper = SnapshotKeeper(store, log), job] in try keeper.persist($0, of: job) })
        ) { [admission] (request) throws(Refusal) in try admission.authorize(request) }
        log.count(server.traffic)
        let monitor = RunMonitor(server, log, store, revocations, display)
        let line = joinLines(to: server)
        admission.tellRenewals { [access, admission] renewal in
            Self.tell(renewal, line(), expiry: admission.tokenExpiry, access, display)
        }
        let audit = try ActionJournal(run: options.run, folder: folder, identity: admission.identity)
        defer { audit.flush(isLast: true) }
        let gate = AccessGate(tokens, rule: access.tokenRule, refused: { audit.refused($0) })
        let control = try control(of: server, audit, line)
        let desk = ControlDesk(run: folder)
        desk.clear()
        monitor.onceASecond {
            desk.serve(control)
            audit.flush()
        }
        let services = try RunServices(
            metrics: access.metrics, dashboard: access.dashboard, journal: journal, gate: gate,
            actions: ActionRoutes(gate: gate, control: control), digest: digests, joinLine: { line().text }
        ) { monitor.snapshot }
        try remind(display)
        defer { services.stop(RunPage.State(left: try? store.history.run().state)) }
        try invite(server, line(), services, job.minimumWorkers, display)
        let watch = Thread {
            while !StopSignal.isReceived { Thread.sleep(forTimeInterval: 0.1) }
            server.stop()
        }
        watch.start()
        do {
            try monitor.during { try server.run() }
        } catch {
            log.fail("\(error)")
            try store.setState(.failed)
            throw error
        }
        try conclude(shared, display)
        if access.keepsServing {
            display.say(FinishedRun.notice(opened.configuration.run))
            StopSignal.wait()
        }
    }

    private func makeJob(_ basis: RunBasis, _ display: ProgressDisplay) throws -> SharedJob {
        let reports = try RunReports(folder: output.folder.path, resumingFromStep: resumed?.round ?? 0)
        let pictures = PictureShelf(shelf)
        guard federation.mode == .distributed, federation.localSteps == 1 else {
            let averaging = AveragingRun(
                opened, federation, basis: basis, store: store, pictures: pictures, reports: reports, display: display)
            let job = try averaging.job(resuming: resumed)
            return SharedJob(job: job) { try averaging.write(job.state, to: $0) }
        }
        let recorder = RunRecorder(
            arguments: opened.configuration.training, reports: reports, display: display,
            firstStep: resumed?.round ?? 0, evaluate: opened.evaluate)
        self.recorder = recorder
        let job = try GradientJob(
            opened, minimumWorkers: federation.minWorkers, pictures: pictures, resuming: resumed, recorder: recorder,
            checkpoints: output.checkpoints)
        return SharedJob(job: job, writeAdapter: job.writeAdapter)
    }

    /// The workers that have joined the run and may come back.
    private func knownWorkers() throws -> [WorkerID: String] {
        let workers = try store.history.workers().filter { !$0.isRevoked }
        let named = workers.compactMap { worker in WorkerID(worker.fingerprint).map { ($0, worker.name) } }
        return Dictionary(named) { $1 }
    }

    /// The signing keys that workers joined with before this process began.
    private func signingKeys() throws -> [WorkerID: Data] {
        let keys = try store.history.workers().compactMap { worker in
            WorkerID(worker.fingerprint).flatMap { id in worker.signingKey.map { (id, $0.bytes) } }
        }
        return Dictionary(keys) { first, _ in first }
    }

    /// The workers that broke the protocol before this process began.
    private func barredWorkers() throws -> BarredWorkers {
        var barred = BarredWorkers()
        for exclusion in try store.history.exclusions() {
            guard let worker = WorkerID(exclusion.fingerprint) else { continue }
            barred.add(worker, signingKey: exclusion.signingKey, reason: exclusion.reason)
        }
        return barred
    }

    /// The largest update is one with every tensor, and a header.
    private func updateLimit() throws -> Int {
        opened.adapted.weights.parameters.reduce(1 << 20) { $0 + $1.tensor.byteCount + 512 }
    }

    /// Makes the base model and the adapter's configuration available to workers.
    private func publishFiles() throws -> [CoordinatorOptions.File] {
        for entry in modelFiles.entries { shelf.publish(entry.blob) }
        let adapter = URL(filePath: NSTemporaryDirectory()).appending(path: "lorad-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: adapter) }
        try AdapterFolder.write(opened.adapted.weights.plan.configuration, to: adapter)
        let text = try Data(contentsOf: adapter.appending(path: AdapterFolder.configurationFile))
        let blob = try Blob(MemorySource(text))
        shelf.publish(blob)
        return try modelFiles.files + [.init(name: AdapterFolder.configurationFile, blob: blob.id, size: blob.size)]
            + baseAdapter()
    }

    /// The weights of the adapter that training starts from, so that workers know it by its content.
    private func baseAdapter() throws -> [CoordinatorOptions.File] {
        guard let path = opened.configuration.adapter.path else { return [] }
        let blob = try Blob(FileSource(path: AdapterFolder.weights(in: URL(filePath: path)).path))
        shelf.publish(blob)
        return [.init(name: AdapterFolder.weightsFile, blob: blob.id, size: blob.size)]
    }

    /// What workers join with, as it is whenever it is asked for.
    private func joinLines(to server: CoordinatorServer) -> @Sendable () -> JoinLine {
        let address = access.advertised ?? server.endpoint.advertised.description
        return { [admission, isInsecure = access.isInsecure] in
            JoinLine(
                address: address,
                coordinator: isInsecure ? .insecure : .pinned(admission.identity.publicIdentity),
                token: admission.token)
        }
    }

    /// Tells of a new join line, and writes it to the file that has the earlier one.
    private static func tell(
        _ renewal: Admission.Renewal, _ line: JoinLine, expiry: Date?, _ access: Access, _ display: ProgressDisplay
    ) {
        display.announce(renewal.announcement(line, expiry: expiry))
        do {
            try write(line, access)
        } catch {
            display.say("the new join line could not be written: \(error)")
        }
    }

    private static func write(_ line: JoinLine, _ access: Access) throws {
        guard let file = access.joinFile else { return }
        try AtomicFile.write(Data((line.text + "\n").utf8), to: file, permissions: 0o600)
    }

    /// Says where it listens, and how workers join.
    private func invite(
        _ server: CoordinatorServer, _ line: JoinLine, _ services: RunServices, _ minimumWorkers: Int,
        _ display: ProgressDisplay
    ) throws {
        if access.isInsecure {
            display.say(
                "--insecure: nothing is encrypted or authenticated; use this only on a trusted network")
        }
        try Self.write(line, access)
        display.announce(
            Invitation(
                run: opened.configuration.run, endpoint: server.endpoint, bulk: server.bulkEndpoint,
                state: folder.path, line: line, expiry: admission.tokenExpiry, uses: admission.tokenUses,
                minimumWorkers: minimumWorkers,
                metrics: services.metrics, dashboard: services.dashboard
            ).announcement)
    }

    private func conclude(_ shared: SharedJob, _ display: ProgressDisplay) throws {
        let job = shared.job
        guard job.round >= job.rounds else {
            try SnapshotKeeper(store, nil).save(job)
            try store.setState(.stopped)
            display.announce(Announcement("stopped", nil, [("done", .int(job.round)), ("planned", .int(job.rounds))]))
            let done = RunUnit(federation).text(job.round)
            throw StoppedEarly("stopped after \(done) of \(job.rounds); the same command continues from there")
        }
        try shared.writeAdapter(output.folder)
        try store.append(AdapterRecord(rounds: job.round, folder: output.folder).entry(at: Date()))
        try store.setState(.finished)
        try AdapterPortability.notices(inFolder: output.folder).forEach(display.say)
        display.announce(
            Announcement(
                "adapter_written", "adapter written to \(output.folder.path)", [("path", .string(output.folder.path))]))
    }
}
