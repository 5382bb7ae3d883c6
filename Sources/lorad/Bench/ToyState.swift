import Foundation
import Tensors

/// Tensors that stand for a trained adapter: the size matters and how many there are, the values do not.
struct ToyState {
    /// Bytes of all tensors, roughly.
    let byteCount: Int
    /// Number of tensors: one, or an even number of factors A and B of LoRA.
    let tensors: Int

    /// The rank of the factors.
    private static let rank = 16

    /// Tensors of equal size with PEFT's names, or a single one.
    func make() -> StateDict {
        let elements = max(1, byteCount / MemoryLayout<Float>.size / tensors)
        guard tensors > 1 else { return StateDict([("weight", Tensor(zeros: [elements]))]) }
        let width = max(1, elements / Self.rank)
        let pairs = (0..<tensors / 2).flatMap { index in
            let module = "base_model.model.model.layers.\(index / 7).\(Self.linears[index % 7])"
            return [
                ("\(module).lora_A.weight", Tensor(zeros: [Self.rank, width])),
                ("\(module).lora_B.weight", Tensor(zeros: [width, Self.rank])),
            ]
        }
        return StateDict(pairs)
    }

    private static let linears = [
        "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj",
        "mlp.down_proj",
    ]
}

extension StateDict {
    /// New tensors with a number added to every element.
    func adding(_ number: Float) -> StateDict {
        StateDict(
            entries.map { name, tensor in
                let sum = tensor.copied()
                sum.updateInPlace { values in
                    for index in values.indices { values[index] += number }
                }
                return (name, sum)
            })
    }
}
