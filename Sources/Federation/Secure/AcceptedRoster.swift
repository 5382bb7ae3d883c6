import Privacy

/// Workers that all accept one another, out of those that want to take part in an exchange.
///
/// Up to `mostLiars` objections to a worker prove nothing against it: the objectors may be the liars, and a worker that objects
/// can leave the exchange anyway. So they are left out. Of a worker to whom more object, one honest worker does, and it is the
/// one that is left out. The result is the same for the same workers, in whatever order they came.
struct AcceptedRoster {
    /// Those that take part.
    private(set) var members: [WorkerIdentity]
    /// Those that do not, and why.
    private(set) var leftOut: [WorkerIdentity: String] = [:]
    private let trust: [WorkerIdentity: TrustedKeys]
    private let mostLiars: Int
    /// Who objects to a member, and to whom a member objects.
    private var objections: [WorkerIdentity: (from: Set<WorkerIdentity>, to: Set<WorkerIdentity>)] = [:]

    init(_ trust: [WorkerIdentity: TrustedKeys], mostLiars: Int) {
        (self.trust, self.mostLiars) = (trust, mostLiars)
        members = trust.keys.sorted()
        let keys = members.map { (worker: $0, fingerprint: TrustedKeys.Fingerprint($0.fingerprint)) }
        for (worker, trusted) in trust where trusted.fingerprints != nil {
            for (other, fingerprint) in keys where other != worker && !trusted.accepts(fingerprint) {
                objections[worker, default: ([], [])].to.insert(other)
                objections[other, default: ([], [])].from.insert(worker)
            }
        }
        repeat { dropStrangers() } while dropTheMostDemanding()
    }

    /// Leaves workers out, one after the other, until nobody objects to anybody.
    private mutating func dropStrangers() {
        while let (worker, found) = first(by: \.from.count), !found.from.isEmpty {
            if found.from.count > mostLiars {
                let others = "\(found.from.count) of the other workers do not accept its signing key"
                drop(worker, others + " (\(worker)): it has to be on their lists (--peers, or peers in a policy)")
            } else if let (objector, found) = first(by: \.to.count) {
                let others = found.to.sorted().map(\.description).joined(separator: ", ")
                drop(objector, "it does not accept the signing keys of workers that others accept: \(others)")
            }
        }
    }

    /// Leaves out the member that wants the most workers, if there are fewer.
    private mutating func dropTheMostDemanding() -> Bool {
        let demands = members.map { (worker: $0, fewest: trust[$0]?.fewest ?? 0) }
        guard let most = demands.max(by: { $0.fewest < $1.fewest }), most.fewest > members.count else { return false }
        drop(
            most.worker,
            "it takes part with \(most.fewest) workers at least (--peer-share), and there are \(members.count)")
        return true
    }

    /// The member with the most objections of a kind; of several the first by key.
    private func first(
        by count: (((from: Set<WorkerIdentity>, to: Set<WorkerIdentity>)) -> Int)
    ) -> (WorkerIdentity, (from: Set<WorkerIdentity>, to: Set<WorkerIdentity>))? {
        objections.min { (-count($0.value), $0.key) < (-count($1.value), $1.key) }.map { ($0.key, $0.value) }
    }

    private mutating func drop(_ worker: WorkerIdentity, _ reason: String) {
        leftOut[worker] = reason
        members.removeAll { $0 == worker }
        guard let gone = objections.removeValue(forKey: worker) else { return }
        for other in gone.to { objections[other]?.from.remove(worker) }
        for other in gone.from { objections[other]?.to.remove(worker) }
    }
}
