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
        let output = tape.pool.tensor(projections.rows, shape.width)
        // |S|, [heads, tokens].
        let norms = tape.pool.tensor(shape.heads, projections.rows)
        var heads: [HashedHead] = []
        for index in 0..<layout.count {
            let rows = layout.rows(index)
            for head in 0..<shape.heads {
                // Outside of training a sequence's hashes may not depend on its company.
                let random = (drawn?.stream(layout.keys[index]) ?? fixed).stream(UInt64(head))
                let slices = shape.slices(projections.value, rows, head: head)
                let hashed = hash(slices, random, isTraining: drawn != nil, tape.pool)
                let sums = shape.slice(output, rows, head: head)
                hashed.sums(of: slices.value, into: sums, tape.pool)
                normalize(sums, into: sums, norms.pointer + head * norms.columns + rows.lowerBound)
                if drawn != nil { heads.append(hashed) }
            }
        }
        return tape.record(
            output,
            YosoGradient(
                attention: self, layout: layout, projections: projections, output: output, norms: norms, heads: heads))
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
        // A code is signs, which do not depend on a row's length.
        return HashedHead(function, queries: slices.query, keys: slices.key)
    }
}

/// With G the gradient of S through the output norm: dq̂, dk̂ and dV by `HashedHead.writeGradients`, then through the norms
/// of q and k. Only the codes are kept from forward: everything else is one head's at a time.
struct YosoGradient: AttentionGradient {
    let attention: YosoAttention
    let layout: BatchLayout
    let projections: Variable
    let output: Tensor
    let norms: Tensor
    /// Sequence by sequence, head by head.
    let heads: [HashedHead]

    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let (shape, pool) = (attention.shape, gradients.pool)
        let dProjections = pool.tensor(projections.rows, projections.columns)
        for (index, hashed) in heads.enumerated() {
            let (rows, head) = (layout.rows(index / shape.heads), index % shape.heads)
            let slices = shape.slices(projections.value, rows, head: head)
            let dSlices = shape.slices(dProjections, rows, head: head)
            let dSums = PackedRows(like: slices.value, pool)
            normalizeGradient(
                shape.slice(output, rows, head: head), norms.pointer + head * norms.columns + rows.lowerBound,
                shape.slice(dOutput, rows, head: head), into: dSums.matrix)
            let (query, key) = (UnitMatrix(slices.query, pool), UnitMatrix(slices.key, pool))
            let (dQuery, dKey) = (PackedRows(like: slices.query, pool), PackedRows(like: slices.key, pool))
            let dValue = PackedRows(like: slices.value, pool)
            hashed.writeGradients(
                CollisionGradientRows(
                    query: query.rows, key: key.rows, value: PackedRows(slices.value, pool), dSums: dSums,
                    dQuery: dQuery, dKey: dKey, dValue: dValue), attention.options.gradient, pool)
            copyRows(dValue.matrix, into: dSlices.value)
            query.writeGradient(dQuery.matrix, into: dSlices.query)
            key.writeGradient(dKey.matrix, into: dSlices.key)
        }
        gradients.add(dProjections, to: projections)
    }
}
