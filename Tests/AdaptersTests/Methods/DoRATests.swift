import Foundation
import Models
import Tensors
import Testing

@testable import Adapters

@Suite("DoRA")
struct DoRATests {
    private let x = Tensor([0.3, -1, 0.5, 2, 0.1, -0.7, 1, 1, -0.2, 0.4, 0.9, -1.5], shape: [4, 3])
    private let weight = Tensor([1, -0.5, 0.25, 0.5, 2, -1], shape: [2, 3])
    private let bias = Tensor([0.5, -0.25], shape: [2])
    private let a = Tensor([0.2, -0.4, 0.6], shape: [1, 3])
    private let b = Tensor([0.7, -0.3], shape: [2, 1])
    private let magnitude = Tensor([1.5, 2.5], shape: [2])

    private func site(dropout: Double) throws -> AdaptedLinear {
        let module = ModuleDescription(path: "q", kind: .linear, parameters: [.init("weight", [2, 3])])
        return try AdaptedLinear(module, rank: 1, alpha: 2, isRankStabilised: false, dropout: dropout)
    }

    private func layer(dropout: Double) throws -> Projection {
        let additions = DoRA(LoRA()).additions(
            at: try site(dropout: dropout),
            ["lora_A.weight": a, "lora_B.weight": b, "lora_magnitude_vector": magnitude])
        return Projection(weight: weight, bias: bias, adapters: additions.factors, branches: additions.branches)
    }

    /// W x, s B A x and g, by their definitions.
    private func parts(_ x: Tensor) -> (base: [Double], product: [Double], gain: [Double]) {
        let (w, a, b, x) = (weight.values, a.values, b.values, x.values)
        var (base, product): ([Double], [Double]) = ([], [])
        for row in 0..<4 {
            let inner = (0..<3).reduce(0.0) { $0 + Double(a[$1]) * Double(x[row * 3 + $1]) }
            for out in 0..<2 {
                base.append((0..<3).reduce(0.0) { $0 + Double(w[out * 3 + $1]) * Double(x[row * 3 + $1]) })
                product.append(2 * Double(b[out]) * inner)
            }
        }
        let gain = (0..<2).map { out in
            let square = (0..<3).reduce(0.0) {
                $0 + pow(Double(w[out * 3 + $1]) + 2 * Double(b[out]) * Double(a[$1]), 2)
            }
            return Double(magnitude.values[out]) / square.squareRoot()
        }
        return (base, product, gain)
    }

    @Test("scales what W + s B A makes, and not the bias")
    func value() throws {
        let (base, product, gain) = parts(x)
        let found = x.projected(by: [try layer(dropout: 0.5)], as: .float32).values
        for (index, found) in found.enumerated() {
            let out = index % 2
            let expected = gain[out] * (base[index] + product[index]) + Double(bias.values[out])
            #expect(abs(Double(found) - expected) < 1e-5)
        }
    }

    @Test("lets what is dropped pass the weight unscaled")
    func dropout() throws {
        let layer = try layer(dropout: 0.5)
        let (found, dropped) = Tensor.$dropoutKey.withValue(7) {
            (x.projected(by: [layer], as: .float32).values, x.dropped(0.5, key: SplitMix64.hash("q")))
        }
        #expect(dropped.values.contains(0) && dropped.values != x.values)
        let (all, kept) = (parts(x), parts(dropped))
        for (index, found) in found.enumerated() {
            let (out, gain) = (index % 2, all.gain[index % 2])
            let expected =
                all.base[index] + Double(bias.values[out]) + (gain - 1) * kept.base[index] + gain * kept.product[index]
            #expect(abs(Double(found) - expected) < 1e-5)
        }
    }

    @Test("merges to rows of the lengths that its magnitudes say")
    func merged() throws {
        let values = ["lora_A.weight": a, "lora_B.weight": b, "lora_magnitude_vector": magnitude]
        let merged = DoRA(LoRA()).merged(weight, at: try site(dropout: 0), values)
        for (found, expected) in zip(RowNorms(of: merged).lengths, magnitude.values) {
            #expect(abs(found - Double(expected)) < 1e-6)
        }
    }

    @Test("is read from PEFT's settings and written back as PEFT writes it")
    func settings() throws {
        let read = try configuration(#"{"use_dora": true, "r": 4, "target_modules": ["q_proj"]}"#)
        #expect(read.methodName == "dora" && read.peftType == "LORA" && read.ranks?.rank == 4)
        let text = String(decoding: read.fileContents(), as: UTF8.self)
        #expect(text.contains(#""use_dora": true"#) && !text.contains(#""use_dora": false"#))
        #expect(try AdapterFolder.configuration(Data(text.utf8), file: "f").configuration.methodName == "dora")
        #expect(try configuration(#"{"target_modules": ["q_proj"]}"#).methodName == "lora")
    }
}
