@testable import Privacy

/// ε of public accounting packages: dp-accounting 0.6 and Opacus 1.5, add-or-remove-one, Poisson sampling.
struct ReferenceRow: CustomStringConvertible, Sendable {
    let rate: Double
    let noise: Double
    let rounds: Int
    let delta: Double
    /// Opacus' Rényi accountant, whose fractional orders have their signs.
    let rdp: Double
    /// dp-accounting's loss distributions at its default interval, 1e-4.
    let pld: Double
    /// The same at an interval of 1e-5: above the exact value by some 1e-6 of it.
    let fine: Double

    var description: String { "q \(rate), σ \(noise), T \(rounds)" }

    static let all = [
        Self(rate: 256.0 / 60000, noise: 1.1, rounds: 14062, delta: 1e-5, rdp: 2.5965558690, pld: 2.3816860022,
            fine: 2.3815978089394507),
        Self(rate: 0.01, noise: 1, rounds: 1000, delta: 1e-5, rdp: 2.1013652716, pld: 1.8282436456,
            fine: 1.8282367367299246),
        Self(rate: 0.1, noise: 1, rounds: 200, delta: 1e-5, rdp: 11.0156712823, pld: 9.9712750336,
            fine: 9.971274591423557),
        Self(rate: 0.1, noise: 2, rounds: 200, delta: 1e-5, rdp: 3.6797458456, pld: 3.3596607441,
            fine: 3.359659840804157),
        Self(rate: 1, noise: 1, rounds: 1, delta: 1e-5, rdp: 4.7285070672, pld: 4.3771781000,
            fine: 4.37717809595777),
        Self(rate: 0.05, noise: 0.7, rounds: 300, delta: 1e-6, rdp: 16.0810076570, pld: 14.4936064271,
            fine: 14.493605852545027),
        Self(rate: 0.001, noise: 0.8, rounds: 10000, delta: 1e-6, rdp: 1.7036252806, pld: 0.9473238640,
            fine: 0.9471969810331117),
        Self(rate: 0.2, noise: 4, rounds: 100, delta: 1e-5, rdp: 2.2981611683, pld: 2.1020796077,
            fine: 2.1020789739278185),
    ]

    func spent(by accountant: PrivacyAccountant) throws -> PrivacySpent {
        let release = try PrivacyRelease(
            .gaussian(noiseMultiplier: noise), sampling: .poisson(rate: rate), count: rounds)
        return try accountant.spent(by: [release], delta: delta)
    }
}

/// |a − b| relative to b.
func relativeError(_ a: Double, _ b: Double) -> Double { abs(a - b) / abs(b) }
