import COneDNN
import COpenBLAS
import Dispatch

/// How fast a library computes a matrix product by itself, on one thread, its operands in cache.
public struct ProductSpeed: Sendable {
    /// The library, and which of its ways.
    public var library: String
    /// Seconds of the fastest repetition.
    public var seconds: Double
}

extension ProfileEvent.Product {
    /// Every library's speed, the fastest first.
    public func speeds() -> [ProductSpeed] {
        let a = operand(rows: m, columns: k, isRowMajor: layout.hasPrefix("N"))
        let b = operand(rows: k, columns: n, isRowMajor: layout.hasSuffix("N"))
        let c = Matrix(Tensor(zeros: [m, n]))
        var ways: [(String, () -> Bool)] = [
            ("oneDNN primitive", { OneDNN.current.multiply(a, b, c, accumulate: accumulates, bias: nil) })
        ]
        if type == .float32 {
            ways.append(
                (
                    "oneDNN sgemm",
                    {
                        OneDNN.sgemm(a, b, c, accumulate: accumulates); return true
                    }
                ))
            if lorad_openblas_load() == 1 {
                ways.append(
                    (
                        "OpenBLAS",
                        {
                            openBLAS(a, b, c); return true
                        }
                    ))
            }
        }
        return ways.compactMap { library, run in
            Self.fastest(run).map { ProductSpeed(library: library, seconds: $0) }
        }.sorted { $0.seconds < $1.seconds }
    }

    private func operand(rows: Int, columns: Int, isRowMajor: Bool) -> Matrix {
        let ones = { (shape: [Int]) in
            Tensor([Float](repeating: 1, count: rows * columns), shape: shape).converted(to: type)
        }
        return isRowMajor ? Matrix(ones([rows, columns])) : Matrix(ones([columns, rows])).transposed
    }

    private func openBLAS(_ a: Matrix, _ b: Matrix, _ c: Matrix) {
        lorad_openblas_sgemm(
            a.isRowMajor ? 0 : 1, b.isRowMajor ? 0 : 1, Int32(m), Int32(n), Int32(k), a.floats, Int32(a.stride),
            b.floats, Int32(b.stride), accumulates ? 1 : 0, c.floats, Int32(c.stride))
    }

    /// `nil` if the library has no such product.
    private static func fastest(_ run: () -> Bool) -> Double? {
        guard run() else { return nil }
        var fastest = Double.infinity
        let end = DispatchTime.now().uptimeNanoseconds + 20_000_000
        repeat {
            let start = DispatchTime.now().uptimeNanoseconds
            _ = run()
            fastest = min(fastest, Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9)
        } while DispatchTime.now().uptimeNanoseconds < end
        return fastest
    }
}
