import Testing

@testable import Tensors

@Suite("Numbers of sixteen bits")
struct ConversionTests {
    /// Every number that the type has, as bits.
    private func everything(_ type: DType) -> Tensor {
        let result = Tensor(uninitialized: [1 << 16], type)
        withExtendedLifetime(result) {
            for bits in 0..<1 << 16 { result.halves[bits] = UInt16(bits) }
        }
        return result
    }

    private func bits(of tensor: Tensor) -> [UInt16] { tensor.withBytes { Array($0.bindMemory(to: UInt16.self)) } }

    @Test("All of them survive the way to float32 and back", arguments: [DType.bfloat16, .float16])
    func roundTrip(type: DType) {
        let numbers = everything(type)
        let wide = numbers.converted(to: .float32)
        let back = wide.converted(to: type)
        let (found, again) = (bits(of: back), back.values)
        for (number, value) in wide.values.enumerated() {
            #expect(value.isNaN ? again[number].isNaN : found[number] == UInt16(number), "bits \(number)")
        }
    }

    @Test("float16 means what IEEE 754 says")
    func halfMeaning() {
        let known: [(bits: UInt16, value: Float)] = [
            (0x3C00, 1), (0xC000, -2), (0x7BFF, 65504), (0x0400, 6.103515625e-05), (0x0001, 5.9604645e-08),
            (0x3555, 0.33325195), (0x8000, -0.0), (0x7C00, .infinity),
        ]
        let wide = everything(.float16).converted(to: .float32).values
        for (bits, value) in known { #expect(wide[Int(bits)] == value) }
    }

    @Test(
        "bfloat16 rounds to the nearest, halves to the even one", arguments: [UInt32(0x3F80), 0x0001, 0x7F00, 0xC2F7])
    func rounding(high: UInt32) {
        let cases: [(low: UInt32, up: Bool)] = [
            (0x0000, false), (0x7FFF, false), (0x8000, high % 2 == 1), (0x8001, true), (0xFFFF, true),
        ]
        for (low, up) in cases {
            let value = Float(bitPattern: high << 16 | low)
            let found = bits(of: Tensor([value], shape: [1]).converted(to: .bfloat16))
            #expect(found.map(UInt32.init) == [high + (up ? 1 : 0)], "\(value)")
        }
    }

    @Test("What is beyond the largest number becomes infinite", arguments: [DType.bfloat16, .float16])
    func overflow(type: DType) {
        let values = Tensor([.greatestFiniteMagnitude, -.greatestFiniteMagnitude], shape: [2]).converted(to: type)
            .values
        #expect(values == [.infinity, -.infinity])
    }
}
