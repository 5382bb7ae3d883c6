extension SecureAggregationConfiguration {
    /// The mean number of neighbours in a round of `workers`.
    ///
    /// - Returns: `nil` for the complete graph.
    /// - Throws: ``PrivacyError/Code/invalidConfiguration`` if the workers are too many for the complete graph and no
    ///   other suffices.
    func degree(workers: Int) throws -> Int? {
        if let degree = graphRule.degree(workers: workers, threshold: threshold, colluders: colluders),
            degree < workers - 1
        {
            return degree
        }
        guard workers <= ShamirSharing.mostShares else {
            throw PrivacyError(
                .invalidConfiguration,
                "no graph of neighbours protects \(workers) workers at threshold \(threshold) with \(colluders) declared "
                    + "colluders, and more than \(ShamirSharing.mostShares) workers cannot all be neighbours: lower the "
                    + "threshold or the colluders, or take fewer workers for a round")
        }
        return nil
    }

    /// Refuses a number of workers for which there is no graph of neighbours.
    ///
    /// - Throws: ``PrivacyError/Code/invalidConfiguration``.
    public func checkGraph(workers: Int) throws { _ = try degree(workers: workers) }
}
