import Tensors

/// The first `columns` of every row, cut into groups of `width` that are l2-normalised each: q̂ | k̂ of the fused
/// projections, or the heads of the output. The norms are kept for backward.
struct UnitRows {
    /// [rows, columns]
    let rows: Tensor
    /// [columns / width, rows]
    let norms: Tensor
    let width: Int

    init(_ source: Tensor, columns: Int, _ width: Int, _ products: Products) {
        let pool = products.pool
        rows = pool.tensor(source.rows, columns)
        norms = pool.tensor(columns / width, source.rows)
        self.width = width
        products.team.each(norms.rows) { [rows, norms] group, _ in
            normalize(
                source.matrix.columns(group * width, width), into: rows.matrix.columns(group * width, width),
                norms.rows(group..<group + 1))
        }
    }

    /// dx = (d - (d·x̂) x̂) / |x| group by group, from d of the shape of `rows` into the first columns of `target`.
    func writeGradient(_ d: Tensor, into target: Tensor, _ team: Team) {
        team.each(norms.rows) { group, _ in
            normalizeGradient(
                rows.matrix.columns(group * width, width), norms.rows(group..<group + 1),
                d.matrix.columns(group * width, width), into: target.matrix.columns(group * width, width))
        }
    }
}
