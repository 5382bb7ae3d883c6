import Foundation

extension PrivacyDemand {
    /// This demand and a site's policy together: of each, what is stricter.
    func tightened(by policy: SitePolicy) -> PrivacyDemand {
        var demand = self
        let (masks, noise) = (policy.secureAggregation, policy.differentialPrivacy)
        demand.peers += [masks.peers].compactMap(\.self)
        demand.isRequired = isRequired || masks.required
        demand.fewestWorkers = max(fewestWorkers, masks.fewestWorkers ?? 0)
        demand.threshold = max(threshold, masks.threshold ?? 0)
        demand.colluders = max(colluders, masks.colluders ?? 0)
        demand.peerShare = max(peerShare, masks.fewestShare ?? 0)
        demand.fewestShare = masks.fewestShare ?? 0
        demand.requiresNoise = requiresNoise || noise.required
        demand.maxEpsilon = [maxEpsilon, noise.maxEpsilon].compactMap(\.self).min()
        demand.delta = min(delta, noise.delta ?? 1)
        return demand
    }
}
