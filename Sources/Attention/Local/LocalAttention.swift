import Autograd
import CKernels
import Tensors

/// softmax(Q Kᵀ / √d) V over the tokens at most `window` away and the first one, `[CLS]`, which itself sees all
/// (Longformer: Beltagy et al. 2020, section 3.1, with one projection for local and global attention). Linear in length.
struct LocalAttention: SelfAttention {
    let shape: HeadShape
    let window: Int

    func callAsFunction(_ projections: Variable, _ layout: BatchLayout) -> Variable {
        if projections.tape.machine != nil {
            return projections.attend(
                DeviceAttention(
                    heads: shape.heads, headWidth: shape.headWidth, .local(scale: scale, window: window)), layout)
        }
        let products = projections.tape.products
        let output = products.pool.tensor(projections.rows, shape.width)
        eachBand(layout, products) { band, pool in
            let slices = shape.slices(projections.value, band.sequence, head: band.head)
            let weights = weights(band, slices, pool)
            let target = shape.slice(output, band.sequence, head: band.head).rows(band.first, band.count)
            multiply(weights.matrix.columns(1, band.keys.count), band.keyRows(slices.value), into: target)
            multiply(
                weights.matrix.columns(0, 1), slices.value.rows(0, 1), into: target, accumulate: true)
        }
        return projections.tape.record(
            output, LocalGradient(attention: self, layout: layout, projections: projections, output: output))
    }

    /// Neighbouring queries of one sequence and head, and the keys that they can see beside the first.
    struct Band {
        let sequence: Range<Int>
        let head: Int
        let first: Int
        let count: Int
        let keys: Range<Int>

        func queryRows(_ matrix: Matrix) -> Matrix { matrix.rows(first, count) }
        func keyRows(_ matrix: Matrix) -> Matrix { matrix.rows(keys.lowerBound, keys.count) }
    }

    func eachBand(_ layout: BatchLayout, _ products: Products, _ body: (Band, StoragePool) -> Void) {
        // As many as the window, or as keep a band's scores in the cache.
        let step = max(16, min(window, QueryTile.scores / (2 * window + 1)))
        shape.eachHead(layout, products) { _, sequence, head, products in
            body(Band(sequence: sequence, head: head, first: 0, count: 1, keys: 0..<sequence.count), products.pool)
            for first in stride(from: 1, to: sequence.count, by: step) {
                let end = min(first + step, sequence.count)
                let keys = max(0, first - window)..<min(sequence.count, end + window)
                body(
                    Band(sequence: sequence, head: head, first: first, count: end - first, keys: keys), products.pool)
            }
        }
    }

    var scale: Float { 1 / Float(shape.headWidth).squareRoot() }

    /// [queries, 1 + keys]: the first column is the first token where the others do not hold it.
    func weights(_ band: Band, _ slices: HeadSlices, _ pool: StoragePool) -> Tensor {
        let scores = pool.tensor(band.count, 1 + band.keys.count)
        let query = band.queryRows(slices.query)
        multiply(query, slices.key.rows(0, 1).transposed, into: scores.matrix.columns(0, 1))
        multiply(query, band.keyRows(slices.key).transposed, into: scores.matrix.columns(1, band.keys.count))
        scores.matrix.withPointer {
            ck_hide_beyond_window(Int64(band.first), Int64(band.keys.lowerBound), Int64(window), $0)
        }
        softmaxRows(scores, scale, pool)
        return scores
    }
}

/// Band by band as softmax: dS = P ∘ (dY Vᵀ - δ) / √d.
private struct LocalGradient: AttentionGradient {
    let attention: LocalAttention
    let layout: BatchLayout
    let projections: Variable
    let output: Tensor

    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        let shape = attention.shape
        let dProjections = gradients.pool.zeros(projections.rows, projections.columns)
        attention.eachBand(layout, gradients.products) { band, pool in
            let slices = shape.slices(projections.value, band.sequence, head: band.head)
            let dSlices = shape.slices(dProjections, band.sequence, head: band.head)
            let dBand = band.queryRows(shape.slice(dOutput, band.sequence, head: band.head))
            let outputs = band.queryRows(shape.slice(output, band.sequence, head: band.head))
            let weights = attention.weights(band, slices, pool)
            let dScores = pool.tensor(weights.rows, weights.columns)
            multiply(dBand, slices.value.rows(0, 1).transposed, into: dScores.matrix.columns(0, 1))
            multiply(dBand, band.keyRows(slices.value).transposed, into: dScores.matrix.columns(1, band.keys.count))
            let delta = rowProducts(dBand, outputs, pool)
            softmaxRowsGradient(weights, attention.scale, delta, dScores)
            let query = band.queryRows(slices.query)
            for (column, count, rows) in [(0, 1, 0..<1), (1, band.keys.count, band.keys)] {
                let part = dScores.matrix.columns(column, count)
                let keys = rows.lowerBound
                multiply(part, slices.key.rows(keys, count), into: band.queryRows(dSlices.query), accumulate: true)
                multiply(part.transposed, query, into: dSlices.key.rows(keys, count), accumulate: true)
                multiply(
                    weights.matrix.columns(column, count).transposed, dBand, into: dSlices.value.rows(keys, count),
                    accumulate: true)
            }
        }
        gradients.add(dProjections, to: projections)
    }
}
