import CKernels
import Tensors

/// `hashes` locality-sensitive hashes of `bits` bits each: signs of random projections, so that two unit vectors with
/// cosine x get the same code with probability about (1 - arccos(x) / π)^bits (Charikar 2002).
///
/// A function of its random stream alone: queries and keys of a head share it, and backward need not draw it again.
struct HashFunction {
    let bits: Int
    let hashes: Int
    private let width: Int
    private let projection: Projection
    private let pool: StoragePool

    private enum Projection {
        /// Three diagonals a part, for rows padded to `size`.
        case hadamard(factors: IntegerVector<Int32>, size: Int)
        /// A hyperplane's normal a row, [hashes · bits, width].
        case gaussian(Tensor)
    }

    /// - Precondition: `width` is at most 128, and `bits` at most 16.
    init(_ hash: YosoOptions.Hash, bits: Int, hashes: Int, width: Int, _ random: RandomStream, _ pool: StoragePool) {
        precondition(width <= 128 && (1...16).contains(bits), "hashes of \(bits) bits of rows of \(width)")
        self.bits = bits
        self.hashes = hashes
        self.width = width
        self.pool = pool
        switch hash {
        case .hadamard:
            let size = [16, 32, 64].first { $0 >= width } ?? 128
            let parts = (hashes + size / bits - 1) / (size / bits)
            let factors = IntegerVector<Int32>(3 * parts * size, from: pool)
            factors.withPointer { ck_rotation_factors(Int32(size), Int64(parts), random.key, $0) }
            projection = .hadamard(factors: factors, size: size)
        case .gaussian:
            let normals = pool.tensor(hashes * bits, width)
            normals.withPointer { ck_normals(Int64(normals.count), random.key, $0) }
            projection = .gaussian(normals)
        }
    }

    /// The codes of all rows of `x`, [hashes, rows].
    func codes(of x: Matrix) -> IntegerVector<UInt16> {
        let codes = IntegerVector<UInt16>(hashes * x.rows, from: pool)
        switch projection {
        case .hadamard(let factors, let size):
            precondition(x.columns == width, "rows of \(x.columns), not \(width)")
            withPointers(x, factors, codes) { ck_hadamard_codes($0, Int32(size), Int32(bits), Int32(hashes), $1, $2) }
        case .gaussian(let normals):
            let step = 128
            for first in stride(from: 0, to: x.rows, by: step) {
                let rows = x.rows(first, min(step, x.rows - first))
                let projected = pool.tensor(rows.rows, hashes * bits)
                multiply(rows, normals.matrix.transposed, into: projected.matrix)
                withPointers(projected, codes) {
                    ck_sign_codes(Int64(rows.rows), Int32(bits), Int32(hashes), $0, Int64(x.rows), $1 + first)
                }
            }
        }
        return codes
    }
}
