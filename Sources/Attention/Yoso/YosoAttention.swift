import Autograd
import Tensors

/// YOSO-m: Y_i = S_i / |S_i|, S = B V, B_ij the share of m hashes in which q̂_i and k̂_j get the same code: Bernoulli
/// sampling of YOSO-E by locality-sensitive hashing (Zeng et al., ICML 2021, sections 3.1 to 3.3). Time and memory are
/// linear in the length.
///
/// Hashes are drawn anew for every pass, sequence and head in training, and once and for all outside of it.
struct YosoAttention: SelfAttention {
    let shape: HeadShape
    let options: YosoOptions
    /// Of the hashes outside of training.
    let fixed: RandomStream

    func callAsFunction(_ projections: Variable, _ layout: BatchLayout) -> Variable {
        let tape = projections.tape
        let drawn = tape.nextRandomStream()
        if drawn == nil, options.evaluation == .expectation { return expectation(projections, layout) }
        let units = UnitRows(projections.value, columns: 2 * shape.width, shape.headWidth, tape.pool)
        let sums = tape.pool.tensor(projections.rows, shape.width)
        var heads: [HashedHead] = []
        for index in 0..<layout.count {
            let rows = layout.rows(index)
            for head in 0..<shape.heads {
                // Outside of training a sequence's hashes may not depend on its company.
                let random = (drawn?.stream(layout.keys[index]) ?? fixed).stream(UInt64(head))
                let slices = slices(units.rows, projections.value, rows, head: head)
                let hashed = hash(slices, random, isTraining: drawn != nil, tape.pool)
                hashed.sums(of: slices.value, into: shape.slice(sums, rows, head: head), tape.pool)
                if drawn != nil { heads.append(hashed) }
            }
        }
        let output = UnitRows(sums, columns: shape.width, shape.headWidth, tape.pool)
        return tape.record(
            output.rows,
            YosoGradient(
                attention: self, layout: layout, projections: projections, units: units, output: output, heads: heads))
    }

    private func expectation(_ projections: Variable, _ layout: BatchLayout) -> Variable {
        YosoExpectation(shape: shape) { length in
            YosoExpectationOptions(bits: options.bits(of: length), gradient: options.gradient)
        }(projections, layout)
    }

    private func hash(
        _ slices: HeadSlices, _ random: RandomStream, isTraining: Bool, _ pool: StoragePool
    ) -> HashedHead {
        var hashes = options.hashes
        if !isTraining, case .sampled(let count?) = options.evaluation { hashes = count }
        let function = HashFunction(
            options.hash, bits: options.bits(of: slices.query.rows), hashes: hashes, width: shape.headWidth, random,
            pool)
        return HashedHead(function, queries: slices.query, keys: slices.key)
    }

    /// Unit queries and keys of a sequence and head, and values as they are.
    func slices(_ units: Tensor, _ projections: Tensor, _ rows: Range<Int>, head: Int) -> HeadSlices {
        let part = units.matrix.rows(rows.lowerBound, rows.count)
        let column = head * shape.headWidth
        return HeadSlices(
            query: part.columns(column, shape.headWidth), key: part.columns(shape.width + column, shape.headWidth),
            value: shape.slices(projections, rows, head: head).value)
    }
}

/// With G the gradient of S through the output norm: dV = Bᵀ G, and dq̂, dk̂ by `HashedHead.writeGradients`, then through
/// the norms of q and k.
struct YosoGradient: TapedOperation {
    let attention: YosoAttention
    let layout: BatchLayout
    let projections: Variable
    let units: UnitRows
    let output: UnitRows
    /// Sequence by sequence, head by head.
    let heads: [HashedHead]

    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let (shape, pool) = (attention.shape, gradients.pool)
        let dSums = pool.tensor(dOutput.rows, dOutput.columns)
        output.writeGradient(dOutput, into: dSums)
        let dUnits = pool.tensor(units.rows.rows, units.rows.columns)
        let dProjections = pool.tensor(projections.rows, projections.columns)
        for (index, hashed) in heads.enumerated() {
            let (rows, head) = (layout.rows(index / shape.heads), index % shape.heads)
            let slices = attention.slices(units.rows, projections.value, rows, head: head)
            let dSlices = attention.slices(dUnits, dProjections, rows, head: head)
            let dHead = shape.slice(dSums, rows, head: head)
            hashed.swapped.sums(of: dHead, into: dSlices.value, pool)
            hashed.writeGradients(
                CollisionGradientRows(
                    query: slices.query, key: slices.key, value: slices.value, dSums: dHead, dQuery: dSlices.query,
                    dKey: dSlices.key), attention.options.gradient, pool)
        }
        units.writeGradient(dUnits, into: dProjections)
        gradients.add(dProjections, to: projections)
    }
}
