import CKernels
import Tensors

/// φ, which turns exp(q · k / √d) into φ(q) · φ(k).
enum FeatureMap {
    /// elu(x) + 1 (Katharopoulos et al. 2020, section 3.2).
    case elu
    /// Positive orthogonal random features exp(w · x̂ - |x̂|² / 2 - max) + ε for the rows w of `directions` [r, d], with
    /// x̂ = x / d^¼ (FAVOR+: Choromanski et al. 2021, lemma 1 and section 3). The maximum, of a query or of all keys, cancels
    /// in the quotient but for ε, and counts as a constant in backward.
    case random(directions: Tensor)

    /// [n, features] of the rows of `x`.
    func features(of x: Matrix, isKey: Bool, _ pool: StoragePool) -> Tensor {
        switch self {
        case .elu:
            let features = pool.tensor(x.rows, x.columns)
            copyRows(x, into: features.matrix)
            features.withPointer { ck_elu_plus_one(Int64(features.count), $0) }
            return features
        case .random(let directions):
            let features = pool.tensor(x.rows, directions.rows)
            multiply(x, directions.matrix.transposed, into: features.matrix, scale: Self.scale(x))
            withPointers(x, features) {
                ck_positive_features(Int64(directions.rows), Self.scale(x), isKey ? 1 : 0, $0, $1)
            }
            return features
        }
    }

    /// dx from dφ, which is overwritten.
    func writeGradient(_ dFeatures: Tensor, of features: Tensor, _ x: Matrix, into dx: Matrix) {
        switch self {
        case .elu:
            withPointers(features, dFeatures) { ck_elu_plus_one_gradient(Int64(features.count), $0, $1) }
            copyRows(dFeatures.matrix, into: dx)
        case .random(let directions):
            withPointers(x, features, dFeatures, dx) {
                ck_positive_features_gradient(Int64(features.columns), Self.scale(x), $0, $1, $2, $3)
            }
            multiply(dFeatures.matrix, directions.matrix, into: dx, scale: Self.scale(x), accumulate: true)
        }
    }

    /// d^-¼
    private static func scale(_ x: Matrix) -> Float { 1 / Float(x.columns).squareRoot().squareRoot() }

    /// Rows of blocks of d orthogonal directions, with the lengths of Gaussian ones.
    static func orthogonalDirections(_ count: Int, width: Int, _ random: RandomStream, _ pool: StoragePool) -> Tensor {
        let (directions, lengths) = (pool.tensor(count, width), pool.tensor(count, width))
        withPointers(directions, lengths) {
            ck_normals(Int64(count * width), random.stream(0).key, $0)
            ck_normals(Int64(count * width), random.stream(1).key, $1)
            ck_orthogonalize(Int64(count), Int64(width), $1, $0)
        }
        return directions
    }
}
