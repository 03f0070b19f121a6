import Autograd
import Tensors

/// The kernels of softmax attention with heads of one width, and the bytes of shared memory that their blocks take.
struct SoftmaxKernels {
    let delta: Function
    let forward, gradientKV, gradientQ: Tiled
    /// All of a backward where no sequence is longer than `blockRows`.
    let gradientShort: Tiled?
    let blockRows: Int

    struct Tiled {
        let function: Function
        let shared: Int
        let threads: Int
    }

    init(_ width: Int, _ machine: CudaMachine) {
        let program = machine.program(.softmax, ["HEAD=\(width)"])
        func tiled(_ name: String, _ shared: Int, threads: Int = 128) -> Tiled {
            Tiled(function: program.function(name, shared: shared), shared: shared, threads: threads)
        }
        delta = program.function("softmax_delta")
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
            gradientShort = tiled(
                "softmax_gradient_short", 8 * width * blockRows + 2 * blockRows * blockRows + 8 * blockRows)
        }
    }
}

extension CudaMachine {
    public func attend(
        _ projections: Tensor, _ layout: BatchLayout, _ attention: DeviceAttention
    ) -> (Tensor, KeptAttention) {
        // Kernels write its whole tiles.
        let y = activation(projections.rows, attention.heads * attention.headWidth)
        switch attention.kind {
        case .softmax(let scales, let dropout, let random):
            let kernels = softmaxKernels(attention.headWidth)
            let (factors, padded) = (upload(scales), Self.padded(y.rows))
            let logSums = pool.tensor(attention.heads, padded)
            launch(
                kernels.forward, layout, attention.heads, .of(y), .of(logSums), .of(projections),
                .of(view(of: layout).tiles), .layout(view(of: layout).argument), argument(dropout, random),
                .of(factors), .of(attention.heads), .of(padded))
            return (y, KeptAttention(attention, layout, [logSums, factors]))
        case .yosoExpectation(let pairs):
            return expect(y, projections, layout, attention, YosoArgument(pairs))
        case .yoso(let pairs, let hashes, let conditional, let random, let isDrawn):
            return sample(
                y, projections, layout, attention,
                YosoArgument(pairs, hashes: hashes, conditional: conditional, random, isDrawn: isDrawn))
        }
    }

    public func attendGradient(
        _ dy: Tensor, _ output: Tensor, _ projections: Tensor, _ kept: KeptAttention
    ) -> Tensor {
        let (heads, view, padded) = (kept.attention.heads, view(of: kept.layout), Self.padded(dy.rows))
        let gradient = activation(projections.rows, projections.columns)
        switch kept.attention.kind {
        case .softmax(_, let dropout, let random):
            let kernels = softmaxKernels(kept.attention.headWidth)
            let (logSums, factors) = (kept.tensors[0], kept.tensors[1])
            let mask = argument(dropout, random)
            clearEnd(gradient)
            if let short = kernels.gradientShort, view.longest <= kernels.blockRows {
                launch(
                    short, kept.layout, heads, .of(gradient), .of(dy), .of(output), .of(projections), .of(logSums),
                    .of(view.tiles), .layout(view.argument), mask, .of(factors), .of(heads), .of(padded))
                return gradient
            }
            let delta = pool.tensor(heads, padded)
            launch(
                kernels.delta, .covering(padded * output.columns / vector), .of(delta), .of(dy), .of(output),
                .of(heads), .of(padded))
            for kernel in [kernels.gradientKV, kernels.gradientQ] {
                launch(
                    kernel, kept.layout, heads, .of(gradient), .of(dy), .of(projections), .of(logSums), .of(delta),
                    .of(view.tiles), .layout(view.argument), mask, .of(factors), .of(heads), .of(padded))
            }
        case .yosoExpectation(let pairs):
            expectGradient(gradient, dy, output, projections, kept, YosoArgument(pairs))
        case .yoso(let pairs, let hashes, let conditional, let random, let isDrawn):
            sampleGradient(
                gradient, dy, output, projections, kept,
                YosoArgument(pairs, hashes: hashes, conditional: conditional, random, isDrawn: isDrawn))
        }
        return gradient
    }

    private func softmaxKernels(_ width: Int) -> SoftmaxKernels {
        if let known = attentions[width] { return known }
        let kernels = SoftmaxKernels(width, self)
        attentions[width] = kernels
        return kernels
    }

    private func launch(
        _ kernel: SoftmaxKernels.Tiled, _ layout: BatchLayout, _ heads: Int, _ arguments: Argument...
    ) {
        device.launch(
            kernel.function, Grid(view(of: layout).tileCount, heads, threads: kernel.threads), shared: kernel.shared,
            arguments)
    }

    private func argument(_ dropout: Float, _ random: RandomStream?) -> Argument {
        .dropout(random.map { DropoutArgument(dropout, $0) } ?? DropoutArgument())
    }
}
