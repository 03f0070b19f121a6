import Autograd
import Tensors

/// Losses: what was counted is read when somebody asks for it, which is after backward was asked for.
extension CudaMachine {
    public func crossEntropy(_ logits: Tensor, _ labels: [Int32], weight: Float, smoothing: Float) -> () -> LossCounts {
        let (losses, right) = perRow(logits)
        let labels = upload(labels)
        withExtendedLifetime(labels) {
            crossEntropy(
                logits, labels.address, classes: logits.columns, weight: weight, smoothing, losses.address,
                right.address)
        }
        return read(losses, right, rows: logits.rows)
    }

    /// The loss of every row, and whether it is right; as many as of whole tiles, so that what is behind lies where it did.
    private func perRow(_ x: Tensor) -> (losses: Tensor, right: Tensor) {
        (pool.tensor(1, Self.padded(x.rows)), pool.tensor(1, Self.padded(x.rows)))
    }

    private func crossEntropy(
        _ logits: Tensor, _ labels: UInt64, classes: Int, weight: Float, _ smoothing: Float, _ losses: UInt64,
        _ right: UInt64
    ) {
        let padded = Self.padded(logits.rows)
        launch(
            kernels.crossEntropy, Grid(padded, threads: 384), .of(logits), .address(labels), .float(weight),
            .float(smoothing), .address(losses), .address(right), .of(logits.rows), .of(padded), .of(classes),
            .of(logits.columns))
    }

    private func read(_ losses: Tensor, _ right: Tensor?, rows: Int) -> () -> LossCounts {
        launch(kernels.lossFinish, Grid(1, threads: 1024), .of(lossCounts), .of(losses), .of(right), .of(rows))
        let counts = readings.read(at: lossCounts.address)
        return {
            let (sum, correct) = counts()
            return LossCounts(sum: sum, correct: Int(correct))
        }
    }

    public func binaryCrossEntropy(_ logits: Tensor, _ targets: [Float], weight: Float) -> () -> LossCounts {
        let (losses, padded) = (perRow(logits).losses, Self.padded(logits.rows))
        launch(
            kernels.binaryCrossEntropy, Grid(padded / 8), .of(logits), .of(upload(targets)), .float(weight),
            .of(losses), .of(logits.rows), .of(padded), .of(logits.columns), .of(logits.columns))
        return read(losses, nil, rows: logits.rows)
    }

    public func squaredError(_ x: Tensor, _ targets: [Float], weight: Float) -> () -> LossCounts {
        let (losses, padded) = (perRow(x).losses, Self.padded(x.rows))
        launch(
            kernels.squaredError, .covering(padded), .of(x), .of(upload(targets)), .float(weight), .of(losses),
            .of(x.rows), .of(padded), .of(x.columns))
        return read(losses, nil, rows: x.rows)
    }

    public func tiedCrossEntropy(
        _ x: Tensor, _ embedding: Parameter, _ bias: Parameter, _ labels: [Int32], weight: Float,
        sampling uniforms: [Float], _ gradients: (dx: Tensor, dEmbedding: Tensor, dBias: Tensor)?
    ) -> TiedLoss {
        // Products of other widths take three times as long. The rows beyond the table are those of the next parameter: nobody
        // reads their logits, and their gradients are zero.
        let (classes, stride) = (embedding.rows, (embedding.rows + 63) / 64 * 64)
        let chunk = max(128, Self.logitsAtOnce / stride / 128 * 128)
        let (all, (losses, right)) = (upload(labels), perRow(x))
        let samples = uniforms.isEmpty ? nil : (numbers: upload(uniforms), ids: pool.tensor(1, Self.padded(x.rows)))
        if x.rows == 0, let dx = gradients?.dx { clear(dx) }
        for first in Swift.stride(from: 0, to: x.rows, by: chunk) {
            let rows = first..<min(first + chunk, x.rows)
            let (part, padded) = (x.rows(rows), Self.padded(rows.count))
            let logits = activation(rows.count, stride)
            multiply(part, embedding, bias, columns: stride, into: logits)
            if let samples {
                let place = UInt64(4 * first)
                launch(
                    kernels.sampleRows, Grid(rows.count, threads: 384), .address(samples.ids.address + place),
                    .of(logits), .address(samples.numbers.address + place), .of(classes), .of(stride))
            }
            crossEntropy(
                logits, all.address + UInt64(4 * first), classes: classes, weight: weight, 0,
                losses.address + UInt64(4 * first), right.address + UInt64(first))
            guard let gradients else { continue }
            addColumnSums(of: logits, to: gradients.dBias, columns: classes)
            products.multiply(
                ProductShape(
                    m: stride, n: x.columns, k: padded, transposesA: true, element: element, result: .float32,
                    accumulates: true), logits, part, into: gradients.dEmbedding)
            products.multiply(
                ProductShape(m: padded, n: x.columns, k: stride, element: element, result: element), logits,
                operand(embedding), into: gradients.dx.rows(rows))
        }
        var loss = TiedLoss()
        loss.counts = withExtendedLifetime(all) { read(losses, right, rows: x.rows) }
        if let samples { loss.samples = { [self] in integers(samples.ids, x.rows) } }
        return loss
    }

    /// The first numbers of a tensor that kernels wrote integers to.
    private func integers(_ tensor: Tensor, _ count: Int) -> [Int32] {
        var integers = [Int32](repeating: 0, count: count)
        integers.withUnsafeMutableBytes { memory.read($0, at: tensor.address) }
        return integers
    }

    /// Numbers of logits that are there at once: 2,048 rows of BERT's vocabulary, enough for products at full speed.
    private static var logitsAtOnce: Int { 64 << 20 }
}
