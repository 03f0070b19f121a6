import Tensors

/// The pairs that the hashes of one sequence and head selected in forward, as backward needs them.
struct SampledHead {
    /// Nil where all pairs are met.
    let hashed: HashedHead?
    /// What pairs weigh; nil where they count.
    let law: PairLaw?

    /// S and, where the normalization wants it, mass; of new hashes drawn from `random`.
    static func sum(
        _ slices: HeadSlices, _ options: YosoOptions, hashes: Int, _ random: RandomStream, _ costs: RouteCosts,
        _ products: Products, _ pool: StoragePool, into sums: Matrix, mass: Tensor
    ) -> SampledHead {
        let length = slices.query.rows
        func hash(_ bits: Int) -> HashedHead {
            let function = HashFunction(
                options.hash, bits: bits, hashes: hashes, width: slices.query.columns, random, pool)
            // A code is signs, which do not depend on a row's length.
            return HashedHead(function, queries: slices.query, keys: slices.key, costs: costs)
        }
        guard options.estimator == .conditional else {
            let hashed = hash(options.bits(of: length))
            hashed.sums(of: slices.value, into: sums, products)
            if options.normalization == .mass { hashed.writeMass(mass, pool) }
            return SampledHead(hashed: hashed, law: nil)
        }
        let units = PairRows(
            query: UnitMatrix(slices.query, pool).rows, key: UnitMatrix(slices.key, pool).rows,
            value: PackedRows(slices.value, pool))
        var law = PairLaw(kernelBits: options.kernelBits(of: length), gradient: options.gradient, selection: nil)
        func sum(_ hashed: HashedHead?, limit: Int = .max) -> (head: SampledHead, met: Int) {
            let head = SampledHead(hashed: hashed, law: law)
            return (head, head.sum(units, into: sums, mass: mass, limit: limit, products, pool))
        }
        guard let pairs = options.pairs else {
            let bits = options.bits(of: length)
            law.selection = PairSelection(hashes: hashes, hashBits: bits)
            return sum(hash(bits)).head
        }
        if length <= pairs { return sum(nil).head }
        var budget = PairBudget(
            pairs, hash(PairBudget.bits(length: length)), kernelBits: law.kernelBits, random: random, pool)
        while true {
            law.selection = budget.selection
            let (head, met) = sum(budget.head(pool), limit: budget.limit)
            if budget.accepts(met) { return head }
        }
    }

    /// By the fastest route, or by `route`; returns how many pairs were met. Beyond `limit` pairs the sums may end early.
    func sum(
        _ rows: PairRows, into sums: Matrix, mass: Tensor,
        by route: YosoRoute? = nil, limit: Int = .max, _ products: Products, _ pool: StoragePool
    ) -> Int {
        guard let law else { preconditionFailure("pairs that count have no weights to sum") }
        guard let hashed, (route ?? .ofSelectedSums(hashed, width: sums.columns, products)) != .dense else {
            return pairs(rows, law, products, pool).sum(into: sums, mass: mass)
        }
        return hashed.sumSelected(rows, law, into: sums, mass: mass, limit: limit, products)
    }

    /// dq̂, dk̂ and dV from G and δ, by the fastest route or by `route`.
    func writeGradients(
        _ rows: PairRows, _ dSums: PackedRows, _ delta: Tensor, _ options: YosoOptions, into gradient: PairRows,
        by route: YosoRoute? = nil, _ products: Products, _ pool: StoragePool
    ) {
        guard let law else {
            hashed?.writeGradients(rows, options.gradient, dSums, delta, into: gradient, by: route, products)
            return
        }
        let width = dSums.matrix.columns
        if let hashed, (route ?? .ofSelectedGradients(hashed, width: width, products)) != .dense {
            hashed.writeSelectedGradients(rows, law, dSums, delta, into: gradient, products)
        } else {
            pairs(rows, law, products, pool).writeGradients(
                dSums.matrix, delta,
                into: HeadSlices(
                    query: gradient.query.matrix, key: gradient.key.matrix, value: gradient.value.matrix))
        }
    }

    private func pairs(
        _ rows: PairRows, _ law: PairLaw, _ products: Products, _ pool: StoragePool
    ) -> WeighedPairs {
        WeighedPairs(
            query: rows.query.matrix, key: rows.key.matrix, value: rows.value.matrix, law: law, selected: hashed,
            products: products, pool: pool)
    }
}
