import CKernels
import Tensors

/// The first `columns` of every row, cut into groups of `width` that are l2-normalised each: q̂ | k̂ of the fused
/// projections, or the heads of the output. The norms are kept for backward.
struct UnitRows {
    /// [rows, columns]
    let rows: Tensor
    /// [columns / width, rows]
    let norms: Tensor
    let width: Int

    init(_ source: Tensor, columns: Int, _ width: Int, _ pool: StoragePool) {
        rows = pool.tensor(source.rows, columns)
        norms = pool.tensor(columns / width, source.rows)
        self.width = width
        for group in 0..<norms.rows {
            ck_l2_normalize(
                Int64(source.rows), Int64(width), YosoExpectation.epsilon, source.pointer + group * width,
                Int64(source.columns), rows.pointer + group * width, Int64(columns),
                norms.pointer + group * source.rows)
        }
    }

    /// dx = (d - (d·x̂) x̂) / |x| group by group, from d of the shape of `rows` into the first columns of `target`.
    func writeGradient(_ d: Tensor, into target: Tensor) {
        for group in 0..<norms.rows {
            ck_l2_normalize_gradient(
                Int64(rows.rows), Int64(width), YosoExpectation.epsilon, rows.pointer + group * width,
                Int64(rows.columns), norms.pointer + group * rows.rows, d.pointer + group * width, Int64(d.columns),
                target.pointer + group * width, Int64(target.columns))
        }
    }
}
