@testable import Privacy

/// ε of public accounting packages: dp-accounting 0.6 and Opacus 1.5, add-or-remove-one, Poisson sampling.
struct ReferenceRow: CustomStringConvertible, Sendable {
    let rate: Double
    let noise: Double
    let rounds: Int
    let delta: Double
    /// Opacus' Rényi accountant, whose fractional orders have their signs.
    let rdp: Double
    /// dp-accounting's, which drops the signs at fractional orders.
    let loose: Double
    /// dp-accounting's loss distributions at its default interval, 1e-4.
    let pld: Double
    /// The same at an interval of 1e-5: above the exact value by some 1e-6 of it.
    let fine: Double

    var description: String { "q \(rate), σ \(noise), T \(rounds)" }

    init(
        _ rate: Double, _ noise: Double, _ rounds: Int, _ delta: Double, rdp: Double, loose: Double, pld: Double,
        fine: Double
    ) {
        (self.rate, self.noise, self.rounds, self.delta) = (rate, noise, rounds, delta)
        (self.rdp, self.loose, self.pld, self.fine) = (rdp, loose, pld, fine)
    }

    static let all = [
        Self(
            256.0 / 60000, 1.1, 14062, 1e-5, rdp: 2.5965558690, loose: 2.5965558698, pld: 2.3816860022,
            fine: 2.3815978089394507),
        Self(0.01, 1, 1000, 1e-5, rdp: 2.1013652716, loose: 2.1013665254, pld: 1.8282436456, fine: 1.8282367367299246),
        Self(0.1, 1, 200, 1e-5, rdp: 11.0156712823, loose: 11.0631041468, pld: 9.9712750336, fine: 9.971274591423557),
        Self(0.1, 2, 200, 1e-5, rdp: 3.6797458456, loose: 3.6797458456, pld: 3.3596607441, fine: 3.359659840804157),
        Self(1, 1, 1, 1e-5, rdp: 4.7285070672, loose: 4.7285070672, pld: 4.3771781000, fine: 4.37717809595777),
        Self(
            0.05, 0.7, 300, 1e-6, rdp: 16.0810076570, loose: 16.1322956485, pld: 14.4936064271, fine: 14.493605852545027
        ),
        Self(
            0.001, 0.8, 10000, 1e-6, rdp: 1.7036252806, loose: 1.7036252862, pld: 0.9473238640, fine: 0.9471969810331117
        ),
        Self(0.2, 4, 100, 1e-5, rdp: 2.2981611683, loose: 2.2981617409, pld: 2.1020796077, fine: 2.1020789739278185),
    ]

    func spent(by accountant: PrivacyAccountant) throws -> PrivacySpent {
        let release = try PrivacyRelease(
            .gaussian(noiseMultiplier: noise), sampling: .poisson(rate: rate), count: rounds)
        return try accountant.spent(by: [release], delta: delta)
    }
}

/// |a − b| relative to b.
func relativeError(_ a: Double, _ b: Double) -> Double { abs(a - b) / abs(b) }
