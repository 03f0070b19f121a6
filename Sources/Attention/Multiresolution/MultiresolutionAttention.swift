import Autograd
import Tensors

/// MRA-2: softmax attention at two resolutions. Blocks x, y of about 32 tokens have the logit μ_xy = mean(Q_x) · mean(K_y) / √d;
/// the largest of them, `blocks` a row on average and the diagonal always, are computed exactly, and elsewhere every pair
/// counts exp(μ_xy). `isSparse` leaves the latter out (Zeng et al., ICML 2022, sections 3 and 4).
struct MultiresolutionAttention: SelfAttention {
    let shape: HeadShape
    let blocks: Int
    let isSparse: Bool

    static let blockLength = 32

    var scale: Float { 1 / Float(shape.headWidth).squareRoot() }

    func callAsFunction(_ projections: Variable, _ layout: BatchLayout) -> Variable {
        let pool = projections.tape.pool
        let output = pool.tensor(projections.rows, shape.width)
        // Numerators are divided at once, denominators kept: [heads, tokens].
        let denominators = pool.tensor(shape.heads, projections.rows)
        shape.eachHead(layout, projections.tape.products) { _, rows, head, products in
            let parts = MultiresolutionParts(
                self, shape.slices(projections.value, rows, head: head), products.pool)
            let target = shape.slice(output, rows, head: head)
            parts.eachBlock { block in
                let (first, count) = (block.rows.lowerBound, block.rows.count)
                let place = rows.lowerBound + first
                quotients(
                    parts.sums(block), target.rows(first, count), denominators.row(head, place..<place + count))
            }
        }
        return projections.tape.record(
            output,
            MultiresolutionGradient(
                attention: self, layout: layout, projections: projections, output: output, denominators: denominators))
    }
}
