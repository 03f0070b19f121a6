import CKernels
import Tensors

extension YosoNormalization {
    /// l2 gives a row of length 1, whatever its values are, of entries about √d / 2 times smaller than means of values.
    func outputScale(headWidth: Int) -> Float { self == .l2 ? Float(headWidth).squareRoot() / 2 : 1 }

    /// Y = S / divisor row by row, in place: by |S|, which is written to `divisors`, or by the mass, which stands there. Rows of
    /// zeros stay zero.
    func normalize(_ sums: Matrix, _ divisors: Tensor) {
        switch self {
        case .l2: Attention.normalize(sums, into: sums, divisors)
        case .mass:
            withPointers(divisors, sums) { ck_divide_rows($0, $1) }
        }
    }

    /// G, the gradient of S, and δ, from that of Y: a weight W_ij gets G_i · V_j - δ_i.
    ///
    /// l2: G = (dY - (dY · Y) Y) / |S|, δ = 0. mass: G = dY / mass, δ = G · Y.
    func writeGradient(
        _ output: Matrix, _ divisors: Tensor, _ dOutput: Matrix, into dSums: Matrix,
        _ delta: Tensor
    ) {
        switch self {
        case .l2:
            normalizeGradient(output, divisors, dOutput, into: dSums)
            delta.fill(0)
        case .mass:
            withPointers(divisors, output, dOutput, dSums, delta) { ck_divide_rows_gradient($0, $1, $2, $3, $4) }
        }
    }
}
