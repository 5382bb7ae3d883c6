/// How far one worker can move a sum or a mean of clipped updates: what a noise multiplier is relative to.
///
/// McMahan, Ramage, Talwar, Zhang 2018, arXiv 1710.06963, section 3. Weights are from 0 to a largest weight, and what
/// exceeds it is cut. All in L2 norm.
public enum MeanSensitivity {
    /// Of Σ wᵢxᵢ: w_max·c, and twice that where one worker is replaced.
    public static func sum(
        clip: Double, largestWeight: Double = 1, adjacency: Adjacency = .addOrRemoveOne
    ) -> Double {
        clip * largestWeight * (adjacency == .replaceOne ? 2 : 1)
    }

    /// Of Σ wᵢxᵢ / W with W fixed beforehand, as the weight that is expected in a round (lemma 1).
    public static func mean(
        clip: Double, largestWeight: Double = 1, expectedWeight: Double, adjacency: Adjacency = .addOrRemoveOne
    ) -> Double {
        sum(clip: clip, largestWeight: largestWeight, adjacency: adjacency) / expectedWeight
    }

    /// Of Σ wᵢxᵢ / max(W_min, Σ wᵢ), with the weights of those who took part: a worker moves the denominator as well,
    /// which costs a factor of two (lemma 2).
    public static func mean(
        clip: Double, largestWeight: Double = 1, fewestWeight: Double, adjacency: Adjacency = .addOrRemoveOne
    ) -> Double {
        2 * sum(clip: clip, largestWeight: largestWeight, adjacency: adjacency) / fewestWeight
    }
}
