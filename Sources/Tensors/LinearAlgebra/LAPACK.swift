import COpenBLAS

/// The library behind QR, SVD and float64 products: it must be there, and its routines may fail.
public enum LAPACK {
    /// Whether QR, SVD and products of `DenseMatrix` can be had.
    public static var isAvailable: Bool { lorad_lapack_load() == 1 }

    /// Throws unless the library is there and the sizes are ones that it counts in.
    static func require(_ sizes: Int...) throws {
        guard isAvailable else {
            throw TensorError(
                .unsupported, "QR and SVD need LAPACK: libopenblas.so.0 is not installed; install libopenblas-dev")
        }
        guard sizes.allSatisfy({ $0 <= Int(Int32.max) }), !overflows(sizes) else {
            throw TensorError(.unsupported, "a matrix of the sizes \(sizes) is too large for LAPACK")
        }
    }

    /// The workspace of a factorisation grows with the product of its sizes and is counted in 32 bits.
    private static func overflows(_ sizes: [Int]) -> Bool {
        guard sizes.count > 1 else { return false }
        let (product, overflow) = sizes[0].multipliedReportingOverflow(by: sizes[1])
        return overflow || product > Int(Int32.max)
    }

    /// Throws where a routine says that it failed.
    static func check(_ status: Int32, _ routine: String, _ rows: Int, _ columns: Int) throws {
        guard status != 0 else { return }
        throw TensorError(
            .unsupported, "\(routine) of a [\(rows), \(columns)] matrix failed with LAPACK's code \(status)")
    }

    /// Throws where an element is NaN or infinite: some routines would not return.
    static func requireFinite(_ elements: [Double], _ routine: String) throws {
        guard elements.allSatisfy(\.isFinite) else {
            throw TensorError(.unsupported, "\(routine) of a matrix that contains NaN or infinity")
        }
    }
}
