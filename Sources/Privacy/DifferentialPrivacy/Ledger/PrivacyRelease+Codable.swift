/// The stable form: `{"mechanism": {"gaussian": {"noise_multiplier": 1.1}}, "sampling": {"poisson": {"rate": 0.1}},
/// "adjacency": "add-or-remove-one", "count": 200}`. What is read is checked.
extension PrivacyRelease: Codable {
    private enum CodingKeys: String, CodingKey { case mechanism, sampling, adjacency, count }

    /// Reads and checks.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            values.decode(Mechanism.self, forKey: .mechanism),
            sampling: values.decode(Sampling.self, forKey: .sampling),
            adjacency: values.decode(Adjacency.self, forKey: .adjacency),
            count: values.decode(Int.self, forKey: .count))
    }

    /// Writes the stable form.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(mechanism, forKey: .mechanism)
        try values.encode(sampling, forKey: .sampling)
        try values.encode(adjacency, forKey: .adjacency)
        try values.encode(count, forKey: .count)
    }
}

extension PrivacyRelease.Mechanism: Codable {
    private enum CodingKeys: String, CodingKey { case gaussian, distributed }
    private enum GaussianKeys: String, CodingKey { case noiseMultiplier = "noise_multiplier" }

    /// Reads and checks.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        if let noise = try values.decodeIfPresent(DistributedNoise.self, forKey: .distributed) {
            self = .distributed(noise)
        } else {
            let gaussian = try values.nestedContainer(keyedBy: GaussianKeys.self, forKey: .gaussian)
            self = .gaussian(noiseMultiplier: try gaussian.decode(Double.self, forKey: .noiseMultiplier))
        }
    }

    /// Writes the stable form.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .distributed(let noise): try values.encode(noise, forKey: .distributed)
        case .gaussian(let noise):
            var gaussian = values.nestedContainer(keyedBy: GaussianKeys.self, forKey: .gaussian)
            try gaussian.encode(noise, forKey: .noiseMultiplier)
        }
    }
}
