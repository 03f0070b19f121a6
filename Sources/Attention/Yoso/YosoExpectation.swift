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
        attend(projections, layout, keeping: nil)
    }

    func callAsFunction(_ projections: Variable, _ layout: BatchLayout, keeping kept: RowSelection) -> Variable {
        attend(projections, layout, keeping: kept)
    }

    private func attend(_ projections: Variable, _ layout: BatchLayout, keeping kept: RowSelection?) -> Variable {
        let tape = projections.tape
        if tape.machine != nil {
            // One of YOSO-m whose bits follow the length has its own way to a machine.
            let options = options(0)
            let pairs = DeviceAttention.YosoPairs(
                bits: options.bits, kernelBits: nil, exact: options.gradient == .exact,
                byMass: options.normalization == .mass)
            let output = projections.attend(
                DeviceAttention(heads: shape.heads, headWidth: shape.headWidth, .yosoExpectation(pairs)), layout)
            return kept.map { output.gatherRows($0.rows) } ?? output
        }
        let units = UnitRows(projections.value, columns: 2 * shape.width, shape.headWidth, tape.products)
        let queries = kept.map { AskedQueries($0, layout, of: units.rows, width: shape.width, tape.pool) }
        let output = tape.pool.tensor(queries?.values.rows ?? projections.rows, shape.width)
        // |S| or mass, [heads, queries].
        let divisors = tape.pool.tensor(shape.heads, output.rows)
        let asked = queries?.selection.layout ?? layout
        shape.eachHead(layout, tape.products) { sequence, keys, head, products in
            let rows = asked.rows(sequence)
            let (options, divisors) = (options(keys.count), divisors.row(head, rows))
            let sums = shape.slice(output, rows, head: head)
            let slices = slices(units.rows, kept: queries?.values, rows, projections.value, keys, head: head)
            pairs(slices, options, products).sum(into: sums, mass: divisors)
            options.normalization.normalize(sums, divisors)
        }
        return tape.record(
            output,
            YosoExpectationGradient(
                attention: self, layout: layout, asked: asked, queries: queries, projections: projections,
                units: units, output: output, divisors: divisors))
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
    ///
    /// - Parameters:
    ///   - kept: the queries where they are not all, of which `rows` are the sequence's.
    ///   - sequence: the rows of its keys.
    func slices(
        _ units: Tensor, kept: Tensor?, _ rows: Range<Int>, _ projections: Tensor, _ sequence: Range<Int>, head: Int
    ) -> HeadSlices {
        let part = units.matrix.rows(sequence.lowerBound, sequence.count)
        let column = head * shape.headWidth
        return HeadSlices(
            query: shape.slice(kept ?? units, rows, head: head),
            key: part.columns(shape.width + column, shape.headWidth),
            value: shape.slices(projections, sequence, head: head).value)
    }
}

/// With G and δ through the normalization: `WeighedPairs.writeGradients`, then through the norms of q and k
/// (Zeng et al. 2021, section 3.2; `CollisionGradient` has the two forms of dE/dx).
struct YosoExpectationGradient: AttentionGradient {
    let attention: YosoExpectation
    let layout: BatchLayout
    /// The queries as sequences of their own, and they where they are not all rows.
    let asked: BatchLayout
    let queries: AskedQueries?
    let projections: Variable
    let units: UnitRows
    let output: Tensor
    let divisors: Tensor

    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let (shape, pool) = (attention.shape, gradients.pool)
        let dUnits = pool.tensor(units.rows.rows, units.rows.columns)
        let dProjections = pool.tensor(projections.rows, projections.columns)
        let dQueries = queries?.gradient(pool)
        shape.eachHead(layout, gradients.products) { sequence, keys, head, products in
            let rows = asked.rows(sequence)
            let (options, pool) = (attention.options(keys.count), products.pool)
            let dSums = pool.tensor(rows.count, shape.headWidth)
            let delta = pool.tensor(1, rows.count)
            options.normalization.writeGradient(
                shape.slice(output, rows, head: head), divisors.row(head, rows), shape.slice(dOutput, rows, head: head),
                into: dSums.matrix, delta)
            let slices = attention.slices(
                units.rows, kept: queries?.values, rows, projections.value, keys, head: head)
            attention.pairs(slices, options, products).writeGradients(
                dSums.matrix, delta,
                into: attention.slices(dUnits, kept: dQueries, rows, dProjections, keys, head: head))
        }
        if let dQueries { queries?.write(dQueries, into: dUnits) }
        units.writeGradient(dUnits, into: dProjections, gradients.products.team)
        gradients.add(dProjections, to: projections)
    }
}
