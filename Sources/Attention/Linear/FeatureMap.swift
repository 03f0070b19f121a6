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
            ck_elu_plus_one(Int64(features.count), features.pointer)
            return features
        case .random(let directions):
            let features = pool.tensor(x.rows, directions.rows)
            multiply(x, directions.matrix.transposed, into: features.matrix, scale: Self.scale(x))
            ck_positive_features(
                Int64(x.rows), Int64(features.columns), Int64(x.columns), Self.scale(x), isKey ? 1 : 0, x.pointer,
                Int64(x.stride), features.pointer)
            return features
        }
    }

    /// dx from dφ, which is overwritten.
    func writeGradient(_ dFeatures: Tensor, of features: Tensor, _ x: Matrix, into dx: Matrix) {
        switch self {
        case .elu:
            ck_elu_plus_one_gradient(Int64(features.count), features.pointer, dFeatures.pointer)
            copyRows(dFeatures.matrix, into: dx)
        case .random(let directions):
            // d of the exponents; their sum over features flows into -|x̂|² / 2.
            for row in 0..<x.rows {
                let d = dFeatures.pointer + row * features.columns
                let sum = ck_positive_features_gradient(
                    Int64(features.columns), features.pointer + row * features.columns, d)
                let scale = Self.scale(x)
                for column in 0..<x.columns {
                    dx.pointer[row * dx.stride + column] = -sum * scale * scale * x.pointer[row * x.stride + column]
                }
            }
            multiply(dFeatures.matrix, directions.matrix, into: dx, scale: Self.scale(x), accumulate: true)
        }
    }

    /// d^-¼
    private static func scale(_ x: Matrix) -> Float { 1 / Float(x.columns).squareRoot().squareRoot() }

    /// Rows of blocks of d orthogonal directions, with the lengths of Gaussian ones.
    static func orthogonalDirections(_ count: Int, width: Int, _ random: RandomStream, _ pool: StoragePool) -> Tensor {
        let (directions, lengths) = (pool.tensor(count, width), pool.tensor(count, width))
        ck_normals(Int64(count * width), random.stream(0).key, directions.pointer)
        ck_normals(Int64(count * width), random.stream(1).key, lengths.pointer)
        for row in 0..<count {
            let current = directions.pointer + row * width
            // Gram and Schmidt, within the block.
            for earlier in row / width * width..<row {
                let other = directions.pointer + earlier * width
                let size = ck_dot(Int64(width), other, other)
                let overlap = ck_dot(Int64(width), other, current) / size
                for column in 0..<width { current[column] -= overlap * other[column] }
            }
        }
        for row in 0..<count {
            let (current, length) = (directions.pointer + row * width, lengths.pointer + row * width)
            let size = ck_dot(Int64(width), current, current).squareRoot()
            ck_scale(Int64(width), ck_dot(Int64(width), length, length).squareRoot() / size, current)
        }
        return directions
    }
}
