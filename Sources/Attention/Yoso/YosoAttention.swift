import Autograd
import Tensors

/// YOSO-m: Y_i = S_i / |S_i|, S = B V, B_ij the share of m hashes in which q̂_i and k̂_j get the same code: Bernoulli
/// sampling of YOSO-E by locality-sensitive hashing (Zeng et al., ICML 2021, sections 3.1 to 3.3). By the conditional
/// estimator S = W V, with W_ij = E_ij / P_ij of the pairs that collide; by mass Y_i = S_i / Σ_j W_ij. Time and memory are linear
/// in the length.
///
/// Hashes are drawn anew for every pass, sequence and head in training, and once and for all outside of it.
struct YosoAttention: SelfAttention {
    let shape: HeadShape
    let options: YosoOptions
    /// Of the hashes outside of training.
    let fixed: RandomStream
    let costs: RouteCosts

    func callAsFunction(_ projections: Variable, _ layout: BatchLayout) -> Variable {
        let tape = projections.tape
        let drawn = tape.nextRandomStream()
        if drawn == nil, options.evaluation == .expectation { return expectation(projections, layout) }
        if tape.machine != nil {
            let hashes = hashes(isTraining: drawn != nil)
            return projections.attend(
                DeviceAttention(
                    heads: shape.heads, headWidth: shape.headWidth,
                    .yoso(
                        pairs, hashes: hashes, conditional: options.estimator == .conditional,
                        byPlanes: options.hash == .gaussian, random: drawn ?? fixed, isDrawn: drawn != nil)), layout)
        }
        let output = tape.pool.tensor(projections.rows, shape.width)
        // |S| or mass, [heads, tokens].
        let divisors = tape.pool.tensor(shape.heads, projections.rows)
        let heads = shape.mapHeads(layout, tape.products) { sequence, rows, head, products in
            // Outside of training a sequence's hashes may not depend on its company.
            let random = (drawn?.stream(layout.keys[sequence]) ?? fixed).stream(UInt64(head))
            let sums = shape.slice(output, rows, head: head)
            let divisors = divisors.row(head, rows)
            let sampled = SampledHead.sum(
                shape.slices(projections.value, rows, head: head), options, hashes: hashes(isTraining: drawn != nil),
                random, costs, products, products.pool, into: sums, mass: divisors)
            options.normalization.normalize(sums, divisors)
            return drawn == nil ? nil : sampled
        }
        return tape.record(
            output,
            YosoGradient(
                attention: self, layout: layout, projections: projections, output: output, divisors: divisors,
                heads: heads))
    }

    private var pairs: DeviceAttention.YosoPairs {
        DeviceAttention.YosoPairs(
            bits: options.bits, kernelBits: options.kernelBits, budget: options.pairs,
            exact: options.gradient == .exact, byMass: options.normalization == .mass)
    }

    private func expectation(_ projections: Variable, _ layout: BatchLayout) -> Variable {
        if projections.tape.machine != nil {
            return projections.attend(
                DeviceAttention(heads: shape.heads, headWidth: shape.headWidth, .yosoExpectation(pairs)), layout)
        }
        return YosoExpectation(shape: shape) { length in
            YosoExpectationOptions(
                bits: options.kernelBits(of: length), gradient: options.gradient, normalization: options.normalization)
        }(projections, layout)
    }

    private func hashes(isTraining: Bool) -> Int {
        isTraining ? options.hashes : options.evaluationHashes ?? options.hashes
    }
}

/// With G and δ through the normalization: dq̂, dk̂ and dV by `SampledHead.writeGradients`, then through the norms
/// of q and k. Only the codes are kept from forward: everything else is one head's at a time.
struct YosoGradient: AttentionGradient {
    let attention: YosoAttention
    let layout: BatchLayout
    let projections: Variable
    let output: Tensor
    let divisors: Tensor
    /// Sequence by sequence, head by head.
    let heads: [SampledHead?]

    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let (shape, options) = (attention.shape, attention.options)
        let dProjections = gradients.pool.tensor(projections.rows, projections.columns)
        shape.eachHead(layout, gradients.products) { sequence, rows, head, products in
            let pool = products.pool
            let slices = shape.slices(projections.value, rows, head: head)
            let dSlices = shape.slices(dProjections, rows, head: head)
            let (dSums, delta) = (PackedRows(like: slices.value, pool), pool.tensor(1, rows.count))
            options.normalization.writeGradient(
                shape.slice(output, rows, head: head), divisors.row(head, rows),
                shape.slice(dOutput, rows, head: head), into: dSums.matrix, delta)
            let (query, key) = (UnitMatrix(slices.query, pool), UnitMatrix(slices.key, pool))
            let rowsOfPairs = PairRows(query: query.rows, key: key.rows, value: PackedRows(slices.value, pool))
            let gradient = PairRows(
                query: PackedRows(like: slices.query, pool), key: PackedRows(like: slices.key, pool),
                value: PackedRows(like: slices.value, pool))
            heads[sequence * shape.heads + head]?.writeGradients(
                rowsOfPairs, dSums, delta, options, into: gradient, products, pool)
            copyRows(gradient.value.matrix, into: dSlices.value)
            query.writeGradient(gradient.query.matrix, into: dSlices.query)
            key.writeGradient(gradient.key.matrix, into: dSlices.key)
        }
        gradients.add(dProjections, to: projections)
    }
}
