import CKernels

extension Tensor {
    /// A run of elements in memory, to be converted.
    struct Line {
        var pointer: UnsafeMutableRawPointer
        var dtype: DType

        /// Writes `count` elements at `target`, rounded to nearest even; computable types only.
        func convert(_ count: Int, to target: UnsafeMutableRawPointer, as type: DType) {
            let floats = { (p: UnsafeMutableRawPointer) in p.assumingMemoryBound(to: Float.self) }
            let halves = { (p: UnsafeMutableRawPointer) in p.assumingMemoryBound(to: UInt16.self) }
            switch (dtype, type) {
            case (.float32, .bfloat16): lorad_f32_to_bf16(floats(pointer), halves(target), count)
            case (.float32, .float16): lorad_f32_to_f16(floats(pointer), halves(target), count)
            case (.bfloat16, .float32): lorad_bf16_to_f32(halves(pointer), floats(target), count)
            case (.float16, .float32): lorad_f16_to_f32(halves(pointer), floats(target), count)
            case let (from, to) where from == to: target.copyMemory(from: pointer, byteCount: count * to.size)
            default:
                precondition(dtype.isComputable && type.isComputable, "no conversion from \(dtype) to \(type)")
                let wide = Tensor(uninitialized: [count])
                convert(count, to: wide.pointer, as: .float32)
                Line(pointer: wide.pointer, dtype: .float32).convert(count, to: target, as: type)
            }
        }
    }

    /// The same numbers in another computable type, rounded to nearest even; a constant.
    public func converted(to type: DType) -> Tensor {
        guard type != dtype else { return detached }
        guard dtype.isComputable else { return Tensor(values, shape: shape).converted(to: type) }
        let result = Tensor(uninitialized: shape, type)
        Line(pointer: pointer, dtype: dtype).convert(count, to: result.pointer, as: type)
        return result
    }
}
