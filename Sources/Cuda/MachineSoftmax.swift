import Autograd
import Tensors

/// The kernels of softmax attention with heads of one width, and the bytes of shared memory that their blocks take.
struct SoftmaxKernels {
    let delta, units, unitsGradient, factors: Function
    let forward, gradientKV, gradientQ: Tiled
    /// All of a backward where no sequence is longer than `blockRows`.
    let gradientShort: Tiled?
    let blockRows: Int

    struct Tiled {
        let function: Function
        let shared: Int
        let threads: Int
    }

    /// - Parameter isWindowed: of attention to near tokens alone.
    init(_ width: Int, isWindowed: Bool, _ machine: CudaMachine) {
        let program = machine.program(.softmax, ["HEAD=\(width)"] + (isWindowed ? ["WINDOWED"] : []))
        func tiled(_ name: String, _ shared: Int, threads: Int = 128) -> Tiled {
            Tiled(function: program.function(name, shared: shared), shared: shared, threads: threads)
        }
        delta = program.function("softmax_delta")
        units = program.function("softmax_units")
        unitsGradient = program.function("softmax_units_gradient")
        factors = program.function("softmax_factors")
        if machine.precision == .fp32 {
            let side = width > 64 ? 32 : 64
            let shared = 4 * side * (4 * (width + 4) + side + 4)
            forward = tiled("softmax_forward", shared, threads: 256)
            gradientKV = tiled("softmax_gradient_kv", shared, threads: 256)
            gradientQ = tiled("softmax_gradient_q", shared, threads: 256)
            (gradientShort, blockRows) = (nil, side)
        } else {
            blockRows = width > 64 ? 64 : 128
            forward = tiled("softmax_forward", 2 * width * (blockRows + 256))
            gradientKV = tiled("softmax_gradient_kv", 2 * width * (2 * blockRows + 256) + 1024)
            gradientQ = tiled("softmax_gradient_q", 2 * width * (2 * blockRows + 256))
            gradientShort =
                isWindowed
                ? nil
                : tiled("softmax_gradient_short", 8 * width * blockRows + 2 * blockRows * blockRows + 8 * blockRows)
        }
    }
}

/// softmax(scale Q Kᵀ) V, tile by tile.
extension CudaMachine {
    func softmax(
        _ y: Tensor, _ projections: Tensor, _ layout: BatchLayout, _ attention: DeviceAttention, _ softmax: Softmax
    ) -> (Tensor, KeptAttention) {
        let (kernels, padded) = (softmaxKernels(attention.headWidth, softmax), Self.padded(y.rows))
        let logSums = pool.tensor(attention.heads, padded)
        let (rows, factors) = (
            softmax.theta.map { _ in unitRows(projections, attention, kernels).rows } ?? projections,
            scoreFactors(softmax, heads: attention.heads, kernels)
        )
        launch(
            kernels.forward, layout, attention.heads, .of(y), .of(logSums), .of(rows),
            .of(view(of: layout).tiles), .layout(view(of: layout).argument), softmax.mask, .of(factors),
            .of(attention.heads), .of(padded), .of(softmax.window ?? 0))
        return (y, KeptAttention(attention, layout, [logSums, factors]))
    }

    func softmaxGradient(
        _ gradient: Tensor, _ dy: Tensor, _ output: Tensor, _ projections: Tensor, _ kept: KeptAttention,
        _ softmax: Softmax, dTemperature: Tensor?
    ) {
        let (attention, layout, view) = (kept.attention, kept.layout, view(of: kept.layout))
        let (heads, padded) = (attention.heads, Self.padded(dy.rows))
        let kernels = softmaxKernels(attention.headWidth, softmax)
        let (logSums, factors) = (kept.tensors[0], kept.tensors[1])
        let units = softmax.theta.map { _ in unitRows(projections, attention, kernels) }
        let rows = units?.rows ?? projections
        clearEnd(gradient)
        if let short = kernels.gradientShort, view.longest <= kernels.blockRows {
            launch(
                short, layout, heads, .of(gradient), .of(dy), .of(output), .of(rows), .of(logSums),
                .of(view.tiles), .layout(view.argument), softmax.mask, .of(factors), .of(heads), .of(padded))
        } else {
            let delta = pool.tensor(heads, padded)
            launch(
                kernels.delta, .covering(padded * output.columns / vector), .of(delta), .of(dy), .of(output),
                .of(heads), .of(padded))
            for kernel in [kernels.gradientKV, kernels.gradientQ] {
                launch(
                    kernel, layout, heads, .of(gradient), .of(dy), .of(rows), .of(logSums), .of(delta),
                    .of(view.tiles), .layout(view.argument), softmax.mask, .of(factors), .of(heads), .of(padded),
                    .of(softmax.window ?? 0))
            }
        }
        guard let units, let dTemperature else { return }
        let partials = pool.tensor(padded / 64, heads)
        launch(
            kernels.unitsGradient, Grid(padded / 64, heads), .of(gradient), .of(partials), .of(units.rows),
            .of(units.inverses), .of(heads))
        finish(partials, pieces: padded / 64, stride: heads, into: dTemperature, columns: heads)
    }

    /// q̂ | k̂ | v, and what their gradients are multiplied by.
    private func unitRows(
        _ projections: Tensor, _ attention: DeviceAttention, _ kernels: SoftmaxKernels
    ) -> (rows: Tensor, inverses: Tensor) {
        let padded = Self.padded(projections.rows)
        let rows = activation(projections.rows, projections.columns)
        let inverses = pool.tensor(padded, 2 * attention.heads)
        launch(
            kernels.units, .covering(padded * projections.columns / vector), .of(rows), .of(inverses),
            .of(projections), .of(attention.heads), .of(padded))
        return (rows, inverses)
    }

    /// The factor of every head's scores.
    private func scoreFactors(_ softmax: Softmax, heads: Int, _ kernels: SoftmaxKernels) -> Tensor {
        guard let theta = softmax.theta else { return upload(Array(repeating: softmax.scale, count: heads)) }
        let factors = pool.tensor(1, heads)
        launch(
            kernels.factors, .covering(heads), .of(factors), .of(parameters.view(of: theta)), .float(softmax.scale),
            .of(heads))
        return factors
    }

    private func softmaxKernels(_ width: Int, _ softmax: Softmax) -> SoftmaxKernels {
        let key = softmax.window == nil ? width : -width
        if let known = attentions[key] { return known }
        let kernels = SoftmaxKernels(width, isWindowed: softmax.window != nil, self)
        attentions[key] = kernels
        return kernels
    }

    private func launch(
        _ kernel: SoftmaxKernels.Tiled, _ layout: BatchLayout, _ heads: Int, _ arguments: Argument...
    ) {
        device.launch(
            kernel.function, Grid(view(of: layout).tileCount, heads, threads: kernel.threads), shared: kernel.shared,
            arguments)
    }
}

/// What of softmax its kernels are told.
struct Softmax {
    /// Of all scores, or what e^θ is multiplied by.
    let scale: Float
    var theta: Parameter?
    var window: Int?
    var mask = Argument.dropout(DropoutArgument())

    init(_ scale: DeviceAttention.SoftmaxScale, _ dropout: Float, _ random: RandomStream?) {
        switch scale {
        case .fixed(let scale): self.scale = scale
        case .learned(let first, let theta): (self.scale, self.theta) = (first, theta)
        }
        if let random { mask = .dropout(DropoutArgument(dropout, random)) }
    }

    init(_ scale: Float, window: Int) { (self.scale, self.window) = (scale, window) }
}
