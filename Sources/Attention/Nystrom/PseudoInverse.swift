import Tensors

/// pinv(A) of a row-stochastic A by six steps of Z ← ¼ Z (13 I - A Z (15 I - A Z (7 I - A Z))) from
/// Z₀ = Aᵀ / (‖A‖₁ ‖A‖∞), ‖A‖∞ being one (Razavi et al. 2014; Nyströmformer, section 3.2).
struct PseudoInverse {
    private let a: Tensor
    /// Z₀ to Z₆.
    private let steps: [Tensor]
    private let largestColumn: Int
    private let norm: Float

    var value: Tensor { steps[steps.count - 1] }

    init(_ a: Tensor, _ pool: StoragePool) {
        self.a = a
        let n = a.rows
        let columnSums = pool.zeros(1, n)
        a.addColumnSums(to: columnSums)
        let sums = columnSums.values
        largestColumn = sums.indices.max { sums[$0] < sums[$1] } ?? 0
        norm = sums[largestColumn]
        let start = pool.tensor(n, n)
        copyRows(a.matrix.transposed, into: start.matrix)
        start.scale(by: 1 / norm)
        var steps = [start]
        for _ in 0..<6 { steps.append(Factors(a, steps[steps.count - 1], pool).next) }
        self.steps = steps
    }

    /// X = A Z, P₁ = 7 I - X, P₂ = 15 I - X P₁, P₃ = 13 I - X P₂, and the next Z = ¼ Z P₃.
    private struct Factors {
        let x, p1, p2, p3, next: Tensor

        init(_ a: Tensor, _ z: Tensor, _ pool: StoragePool) {
            func minus(_ diagonal: Float, _ product: Tensor) -> Tensor {
                product.scale(by: -1)
                product.matrix.diagonal.add(diagonal)
                return product
            }
            x = product(a, z, pool)
            p1 = minus(7, pool.copy(x))
            p2 = minus(15, product(x, p1, pool))
            p3 = minus(13, product(x, p2, pool))
            next = product(z, p3, pool)
            next.scale(by: 0.25)
        }
    }

    /// dA from the gradient of the inverse.
    func gradient(_ dValue: Tensor, _ pool: StoragePool) -> Tensor {
        let n = a.rows
        let dA = pool.zeros(n, n)
        var dZ = dValue
        for z in steps.dropLast().reversed() {
            let factors = Factors(a, z, pool)
            // dP₃ = ¼ Zᵀ dZ', dP₂ = -Xᵀ dP₃, dP₁ = -Xᵀ dP₂, dX = -dP₃ P₂ᵀ - dP₂ P₁ᵀ - dP₁
            let (dP3, dP2, dP1) = (pool.tensor(n, n), pool.tensor(n, n), pool.tensor(n, n))
            multiply(z.matrix.transposed, dZ.matrix, into: dP3.matrix, scale: 0.25)
            multiply(factors.x.matrix.transposed, dP3.matrix, into: dP2.matrix, scale: -1)
            multiply(factors.x.matrix.transposed, dP2.matrix, into: dP1.matrix, scale: -1)
            let dX = pool.copy(dP1)
            dX.scale(by: -1)
            multiply(dP3.matrix, factors.p2.matrix.transposed, into: dX.matrix, scale: -1, accumulate: true)
            multiply(dP2.matrix, factors.p1.matrix.transposed, into: dX.matrix, scale: -1, accumulate: true)
            multiply(dX.matrix, z.matrix.transposed, into: dA.matrix, accumulate: true)
            let previous = pool.tensor(n, n)
            multiply(dZ.matrix, factors.p3.matrix.transposed, into: previous.matrix, scale: 0.25)
            multiply(a.matrix.transposed, dX.matrix, into: previous.matrix, accumulate: true)
            dZ = previous
        }
        addStart(dZ, to: dA, pool)
        return dA
    }

    /// Of Z₀ = Aᵀ / c with c the largest column sum.
    private func addStart(_ dStart: Tensor, to dA: Tensor, _ pool: StoragePool) {
        let d = pool.tensor(a.rows, a.rows)
        copyRows(dStart.matrix.transposed, into: d.matrix)
        d.scale(by: 1 / norm)
        dA.add(d)
        let dNorm = -rowProducts(d.matrix, a.matrix, pool).values.reduce(0, +) / norm
        dA.matrix.columns(largestColumn, 1).add(dNorm)
    }
}

private func product(_ a: Tensor, _ b: Tensor, _ pool: StoragePool) -> Tensor {
    let c = pool.tensor(a.rows, b.columns)
    multiply(a.matrix, b.matrix, into: c.matrix)
    return c
}
