import COneDNN
import Foundation

/// oneDNN's matrix products, single-threaded, for the thread that owns this object.
///
/// A matmul primitive is compiled for one shape (0.1 to 0.9 ms), so primitives are kept by shape; `dnnl_sgemm` needs none.
final class OneDNN {
    private struct Key: Hashable {
        var sizes: SIMD8<Int32>
        var flags: Int
    }

    private struct Compiled {
        var primitive: dnnl_primitive_t
        var a: dnnl_memory_t
        var b: dnnl_memory_t
        var c: dnnl_memory_t
        var bias: dnnl_memory_t?
    }

    private static let local = ThreadLocal { OneDNN() }
    /// The calling thread's instance.
    static var current: OneDNN { local.value }

    private nonisolated(unsafe) static let engine: dnnl_engine_t? = {
        var engine: dnnl_engine_t?
        return dnnl_engine_create(&engine, dnnl_cpu, 0) == dnnl_success ? engine : nil
    }()

    /// Whether the processor multiplies bfloat16 natively.
    static let multipliesBFloat16: Bool = {
        let isa = dnnl_get_effective_cpu_isa().rawValue
        return isa & dnnl_cpu_isa_avx512_core_bf16.rawValue == dnnl_cpu_isa_avx512_core_bf16.rawValue
    }()

    /// The library's version.
    static var version: String {
        guard let version = dnnl_version()?.pointee else { return "unknown" }
        return "\(version.major).\(version.minor).\(version.patch)"
    }

    private var stream: dnnl_stream_t?
    private var compiled: [Key: Compiled] = [:]
    /// Shapes kept before all are dropped: data with ever new lengths must not grow memory without bound.
    private let capacity = 4096

    private init() {
        Self.useOneThread()
        if let engine = Self.engine { dnnl_stream_create(&stream, engine, dnnl_stream_default_flags.rawValue) }
    }

    deinit {
        forgetShapes()
        dnnl_stream_destroy(stream)
    }

    /// The OpenMP setting that holds for the calling thread only: lanes, not threads inside products.
    private static func useOneThread() {
        typealias SetThreads = @convention(c) (CInt) -> Void
        guard let symbol = dlsym(nil, "omp_set_num_threads") else { return }
        unsafeBitCast(symbol, to: SetThreads.self)(1)
    }

    private func forgetShapes() {
        for entry in compiled.values {
            dnnl_primitive_destroy(entry.primitive)
            for memory in [entry.a, entry.b, entry.c, entry.bias] { dnnl_memory_destroy(memory) }
        }
        compiled.removeAll()
    }

    /// c = a b (+ c), float32 throughout, any layout.
    static func sgemm(_ a: Matrix, _ b: Matrix, _ c: Matrix, accumulate: Bool) {
        let trans = { (m: Matrix) in CChar(UInt8(ascii: m.isRowMajor ? "N" : "T")) }
        let status = dnnl_sgemm(
            trans(a), trans(b), dnnl_dim_t(c.rows), dnnl_dim_t(c.columns), dnnl_dim_t(a.columns), 1, a.floats,
            dnnl_dim_t(a.stride), b.floats, dnnl_dim_t(b.stride), accumulate ? 1 : 0, c.floats, dnnl_dim_t(c.stride))
        precondition(status == dnnl_success, "dnnl_sgemm: \(status)")
    }

    /// c = a b (+ c) (+ a float32 row) by a primitive compiled for the shape; false where the library has none.
    func multiply(_ a: Matrix, _ b: Matrix, _ c: Matrix, accumulate: Bool, bias: Tensor?) -> Bool {
        guard let entry = primitive(a, b, c, accumulate: accumulate, hasBias: bias != nil) else { return false }
        dnnl_memory_set_data_handle(entry.a, a.pointer)
        dnnl_memory_set_data_handle(entry.b, b.pointer)
        dnnl_memory_set_data_handle(entry.c, c.pointer)
        var arguments = [
            dnnl_exec_arg_t(arg: DNNL_ARG_SRC, memory: entry.a),
            dnnl_exec_arg_t(arg: DNNL_ARG_WEIGHTS, memory: entry.b),
            dnnl_exec_arg_t(arg: DNNL_ARG_DST, memory: entry.c),
        ]
        if let bias, let memory = entry.bias {
            dnnl_memory_set_data_handle(memory, bias.pointer)
            arguments.append(dnnl_exec_arg_t(arg: DNNL_ARG_BIAS, memory: memory))
        }
        return dnnl_primitive_execute(entry.primitive, stream, Int32(arguments.count), arguments) == dnnl_success
    }

    private func primitive(_ a: Matrix, _ b: Matrix, _ c: Matrix, accumulate: Bool, hasBias: Bool) -> Compiled? {
        let sizes = SIMD8<Int32>(
            Int32(c.rows), Int32(c.columns), Int32(a.columns), Int32(a.stride), Int32(b.stride), Int32(c.stride), 0, 0)
        let flags = [
            hasBias, a.isRowMajor, b.isRowMajor, accumulate, a.dtype == .float32, b.dtype == .float32,
            c.dtype == .float32,
        ]
        .reduce(0) { $0 * 2 + ($1 ? 1 : 0) }
        let key = Key(sizes: sizes, flags: flags)
        if let entry = compiled[key] { return entry }
        if compiled.count >= capacity { forgetShapes() }
        guard let entry = Self.compile(a, b, c, accumulate: accumulate, hasBias: hasBias) else { return nil }
        compiled[key] = entry
        return entry
    }

    private static func compile(
        _ a: Matrix, _ b: Matrix, _ c: Matrix, accumulate: Bool, hasBias: Bool
    ) -> Compiled? {
        guard let engine else { return nil }
        var (aLayout, bLayout, cLayout) = (layout(a), layout(b), layout(c))
        var biasLayout = dnnl_memory_desc_t()  // of no dimensions: none
        if hasBias {
            let width = dnnl_dim_t(c.columns)
            dnnl_memory_desc_init_by_strides(&biasLayout, 2, [1, width], dnnl_f32, [width, 1])
        }
        var description = dnnl_matmul_desc_t()
        guard dnnl_matmul_desc_init(&description, &aLayout, &bLayout, &biasLayout, &cLayout) == dnnl_success
        else { return nil }
        var attributes: dnnl_primitive_attr_t?
        dnnl_primitive_attr_create(&attributes)
        defer { dnnl_primitive_attr_destroy(attributes) }
        if accumulate {
            var operations: dnnl_post_ops_t?
            dnnl_post_ops_create(&operations)
            dnnl_post_ops_append_sum(operations, 1)
            dnnl_primitive_attr_set_post_ops(attributes, operations)
            dnnl_post_ops_destroy(operations)
        }
        var primitiveDescription: dnnl_primitive_desc_t?
        guard dnnl_primitive_desc_create(&primitiveDescription, &description, attributes, engine, nil) == dnnl_success
        else { return nil }
        defer { dnnl_primitive_desc_destroy(primitiveDescription) }
        var primitive: dnnl_primitive_t?
        guard dnnl_primitive_create(&primitive, primitiveDescription) == dnnl_success, let primitive,
            let aMemory = memory(&aLayout), let bMemory = memory(&bLayout), let cMemory = memory(&cLayout)
        else { return nil }
        return Compiled(
            primitive: primitive, a: aMemory, b: bMemory, c: cMemory, bias: hasBias ? memory(&biasLayout) : nil)
    }

    private static func layout(_ matrix: Matrix) -> dnnl_memory_desc_t {
        var description = dnnl_memory_desc_t()
        let type = matrix.dtype == .float32 ? dnnl_f32 : dnnl_bf16
        let sizes = [dnnl_dim_t(matrix.rows), dnnl_dim_t(matrix.columns)]
        let strides = [dnnl_dim_t(matrix.rowStride), dnnl_dim_t(matrix.columnStride)]
        dnnl_memory_desc_init_by_strides(&description, 2, sizes, type, strides)
        return description
    }

    private static func memory(_ layout: inout dnnl_memory_desc_t) -> dnnl_memory_t? {
        var memory: dnnl_memory_t?
        return dnnl_memory_create(&memory, &layout, engine, nil) == dnnl_success ? memory : nil
    }
}
