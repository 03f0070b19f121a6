import COpenBLAS

/// A look at OpenBLAS's products before the first of them counts.
///
/// Which kernels it takes goes by the CPU and by how it was built: Debian's 0.3.34 for Arm has none for SME, takes them all the
/// same where a CPU has it, and leaves most products as they were.
enum OpenBLASCheck {
    /// Whether products are those of small integers, which are exact: at a size of its kernels for small matrices, and of the others.
    static var isPassed: Bool {
        [(m: 5, n: 3, k: 7), (m: 131, n: 67, k: 129)].allSatisfy { m, n, k in
            [0, 1].allSatisfy { beta in
                [(false, false), (false, true), (true, false), (true, true)].allSatisfy { isTransposed in
                    isRight(m, n, k, beta: beta, isTransposed)
                }
            }
        }
    }

    /// Of u vᵀ and w xᵀ, whose product is (v · w) u xᵀ.
    private static func isRight(_ m: Int, _ n: Int, _ k: Int, beta: Float, _ isTransposed: (a: Bool, b: Bool)) -> Bool {
        func numbers(_ count: Int, _ modulus: Int) -> [Float] { (0..<count).map { Float(1 + $0 % modulus) } }
        func outer(_ rows: [Float], _ columns: [Float]) -> [Float] { rows.flatMap { row in columns.map { row * $0 } } }
        let (u, v, w, x) = (numbers(m, 7), numbers(k, 5), numbers(k, 3), numbers(n, 11))
        let a = isTransposed.a ? outer(v, u) : outer(u, v)
        let b = isTransposed.b ? outer(x, w) : outer(w, x)
        // What is overwritten may be anything.
        var c = [Float](repeating: beta == 0 ? .nan : 1, count: m * n)
        cblas_sgemm(
            CblasRowMajor, isTransposed.a ? CblasTrans : CblasNoTrans, isTransposed.b ? CblasTrans : CblasNoTrans,
            blasint(m), blasint(n), blasint(k), 1, a, blasint(isTransposed.a ? m : k), b,
            blasint(isTransposed.b ? k : n), beta, &c, blasint(n))
        let dot = zip(v, w).reduce(0) { $0 + $1.0 * $1.1 }
        return c == outer(u, x).map { dot * $0 + beta }
    }
}
