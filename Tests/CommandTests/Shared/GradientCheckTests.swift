import Federation
import Models
import Tensors
import Testing
import Transports

@testable import Training
@testable import lorad

@Suite("A result of gradients")
struct GradientCheckTests {
    private static let decoder = "base_model.model.model.language_model.layers.0.self_attn.q_proj.lora_A.weight"
    private static let tower = "base_model.model.model.vision_tower.layers.0.self_attn.q_proj.lora_A.weight"
    private static let parts: [ModelPart: [String]] = [.vision: ["vision_tower"], .language: ["language_model"]]

    private func rows(withPicture: Bool) throws -> WorkRows {
        let pictures = withPicture ? [try PictureID(Array(repeating: 1, count: 32))] : []
        return WorkRows([WorkExample(ids: [1, 2, 3], labels: [PackedBatch.unsupervised, 2, 3], pictures: pictures)])
    }

    /// Why a result is refused; nil where it is not.
    private func refusal(
        _ names: [String], of keys: [String], examples: Int = 1, tokens: Int = 3, supervised: Int = 2,
        withPicture: Bool = false
    ) throws -> String? {
        let contribution = Contribution(
            task: 1, worker: IdentityKey().publicIdentity.fingerprint,
            update: StateDict(names.map { ($0, Tensor([Float(1)], shape: [1])) }),
            metrics: ContributionMetrics(examples: examples, tokens: tokens, supervisedTokens: supervised))
        do {
            let rows = try rows(withPicture: withPicture)
            try GradientCheck(adapterKeys: keys, parts: Self.parts).check(contribution, of: rows)
            return nil
        } catch let error as FederationError {
            return error.message
        }
    }

    @Test("has those of the decoder's adapters, and of others where there are pictures")
    func gradients() throws {
        let (decoder, tower) = (Self.decoder, Self.tower)
        #expect(try refusal([decoder], of: [decoder, tower]) == nil)
        #expect(try refusal([decoder, tower], of: [decoder, tower], withPicture: true) == nil)
        #expect(try refusal([], of: [tower]) == nil)
        #expect(try refusal([], of: [decoder])?.contains("no gradient of \(decoder)") == true)
        #expect(try refusal([tower], of: [decoder, tower])?.contains("no gradient of \(decoder)") == true)
        #expect(try refusal([], of: [tower], withPicture: true) == "the result has no gradients")
    }

    @Test("tells of the task's rows, to the token")
    func counts() throws {
        let key = Self.decoder
        #expect(try refusal([key], of: [key], examples: 2)?.contains("covers 2 examples") == true)
        #expect(try refusal([key], of: [key], tokens: 4)?.contains("the task has 1, 3 and 2") == true)
        #expect(try refusal([key], of: [key], supervised: 3)?.contains("3 supervised ones") == true)
    }
}
