import Autograd
import Tensors

/// YOSO-E: Y_i = S_i / |S_i|, S = E V, E_ij = (1 - arccos(q̂_i · k̂_j) / π)^τ, with q̂, k̂ the l2-normalised rows: the
/// expectation of Bernoulli sampling by τ-bit hyperplane hashes (Zeng et al., ICML 2021, sections 3.1 and 3.3). By mass,
/// Y_i = S_i / Σ_j E_ij.
///
/// There is no 1/√d and no dropout of weights; τ is the temperature. Like softmax it works tile by tile.
struct YosoExpectation: SelfAttention {
    let shape: HeadShape
    /// Of a sequence's length: τ may depend on it.
    let options: @Sendable (_ length: Int) -> YosoExpectationOptions

    /// Norms below this count as zero: such a row gets and gives no gradient.
    static let epsilon: Float = 1e-12

    func callAsFunction(_ projections: Variable, _ layout: BatchLayout) -> Variable {
        let tape = projections.tape
        if tape.machine != nil {
            // One of YOSO-m whose bits follow the length has its own way to a machine.
            let options = options(0)
            let pairs = DeviceAttention.YosoPairs(
                bits: options.bits, kernelBits: nil, exact: options.gradient == .exact,
                byMass: options.normalization == .mass)
            return projections.attend(
                DeviceAttention(heads: shape.heads, headWidth: shape.headWidth, .yosoExpectation(pairs)), layout)
        }
        let units = UnitRows(projections.value, columns: 2 * shape.width, shape.headWidth, tape.products)
        let output = tape.pool.tensor(projections.rows, shape.width)
        // |S| or mass, [heads, tokens].
        let divisors = tape.pool.tensor(shape.heads, projections.rows)
        shape.eachHead(layout, tape.products) { _, rows, head, products in
            let (options, divisors) = (options(rows.count), divisors.row(head, rows))
            let sums = shape.slice(output, rows, head: head)
            let slices = slices(units.rows, projections.value, rows, head: head)
            pairs(slices, options, products).sum(into: sums, mass: divisors)
            options.normalization.normalize(sums, divisors)
        }
        return tape.record(
            output,
            YosoExpectationGradient(
                attention: self, layout: layout, projections: projections, units: units, output: output,
                divisors: divisors))
    }

    func pairs(
        _ slices: HeadSlices, _ options: YosoExpectationOptions, _ products: Products
    ) -> WeighedPairs {
        WeighedPairs(
            query: slices.query, key: slices.key, value: slices.value,
            law: PairLaw(kernelBits: options.bits, gradient: options.gradient), selected: nil, products: products,
            pool: products.pool)
    }

    /// Unit queries and keys of a sequence and head, and values as they are.
    func slices(_ units: Tensor, _ projections: Tensor, _ sequence: Range<Int>, head: Int) -> HeadSlices {
        let part = units.matrix.rows(sequence.lowerBound, sequence.count)
        let column = head * shape.headWidth
        return HeadSlices(
            query: part.columns(column, shape.headWidth), key: part.columns(shape.width + column, shape.headWidth),
            value: shape.slices(projections, sequence, head: head).value)
    }
}

/// With G and δ through the normalization: `WeighedPairs.writeGradients`, then through the norms of q and k
/// (Zeng et al. 2021, section 3.2; DESIGN.md for the two forms of dE/dx).
struct YosoExpectationGradient: AttentionGradient {
    let attention: YosoExpectation
    let layout: BatchLayout
    let projections: Variable
    let units: UnitRows
    let output: Tensor
    let divisors: Tensor

    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let (shape, pool) = (attention.shape, gradients.pool)
        let dUnits = pool.tensor(units.rows.rows, units.rows.columns)
        let dProjections = pool.tensor(projections.rows, projections.columns)
        shape.eachHead(layout, gradients.products) { _, rows, head, products in
            let (options, pool) = (attention.options(rows.count), products.pool)
            let dSums = pool.tensor(rows.count, shape.headWidth)
            let delta = pool.tensor(1, rows.count)
            options.normalization.writeGradient(
                shape.slice(output, rows, head: head), divisors.row(head, rows), shape.slice(dOutput, rows, head: head),
                into: dSums.matrix, delta)
            let slices = attention.slices(units.rows, projections.value, rows, head: head)
            attention.pairs(slices, options, products).writeGradients(
                dSums.matrix, delta, into: attention.slices(dUnits, dProjections, rows, head: head))
        }
        units.writeGradient(dUnits, into: dProjections, gradients.products.team)
        gradients.add(dProjections, to: projections)
    }
}
