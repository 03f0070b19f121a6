import Autograd
import CCuda
import Tensors

/// The kernels of YOSO with heads of one width.
struct YosoKernels {
    let hash, hashByPlanes, norms, sort: Function
    let budget: PairBudget.Kernels
    let sumsCounts, sumsConditional: Function
    let queryGradientCounts, queryGradientWeighed, keyGradientCounts, keyGradientWeighed: Function
    let outputGradient, expectation, expectationGradientQ, expectationGradientKV: Function
    let convolve, convolveGradient: Function
    let tiled: TiledYosoKernels?
    /// Bytes of shared memory that a sort may ask for: what a kernel has of its own counts too.
    let sortShared: Int

    init(_ width: Int, _ machine: CudaMachine) {
        let program = machine.program(.yoso, ["HEAD=\(width)"])
        hash = program.function("yoso_hash")
        hashByPlanes = program.function("yoso_hash_by_planes")
        norms = program.function("yoso_norms")
        sortShared = min(200 << 10, machine.device.sharedMemory - 1024)
        sort = program.function("yoso_sort", shared: sortShared)
        budget = PairBudget.Kernels(program)
        sumsCounts = program.function("yoso_sums_counts")
        sumsConditional = program.function("yoso_sums_conditional")
        queryGradientCounts = program.function("yoso_query_gradient_counts")
        queryGradientWeighed = program.function("yoso_query_gradient_weighed")
        keyGradientCounts = program.function("yoso_key_gradient_counts")
        keyGradientWeighed = program.function("yoso_key_gradient_weighed")
        outputGradient = program.function("yoso_output_gradient")
        expectation = program.function("yoso_expectation")
        expectationGradientQ = program.function("yoso_expectation_gradient_q")
        expectationGradientKV = program.function("yoso_expectation_gradient_kv")
        convolve = program.function("convolve")
        convolveGradient = program.function("convolve_gradient")
        tiled = machine.precision == .bf16 ? TiledYosoKernels(program) : nil
    }
}

extension YosoArgument {
    init(
        _ pairs: DeviceAttention.YosoPairs, hashes: Int = 0, conditional: Bool = false, _ random: RandomStream? = nil,
        isDrawn: Bool = false
    ) {
        self.init(
            site: random?.key ?? 0, drawn: isDrawn ? 1 : 0, bits: Int32(pairs.bits ?? 0), hashes: Int32(hashes),
            kernelBits: Int32(pairs.kernelBits ?? 0), exact: pairs.exact ? 1 : 0, mass: pairs.byMass ? 1 : 0,
            conditional: conditional ? 1 : 0, pairs: Int32(pairs.budget ?? 0))
    }
}

/// YOSO (Zeng et al., ICML 2021): its expectation over all pairs, and sampled, by sorting tokens by their codes.
extension CudaMachine {
    func yosoKernels(_ width: Int) -> YosoKernels {
        if let known = yosos[width] { return known }
        let kernels = YosoKernels(width, self)
        yosos[width] = kernels
        return kernels
    }

    func expect(
        _ y: Tensor, _ projections: Tensor, _ layout: BatchLayout, _ attention: DeviceAttention, _ yoso: YosoArgument
    ) -> (Tensor, KeptAttention) {
        let (kernels, view, heads) = (yosoKernels(attention.headWidth), view(of: layout), attention.heads)
        let padded = Self.padded(y.rows)
        checkLengths(view.longest)
        let (inverses, divisors) = (pool.tensor(2 * heads, padded), pool.tensor(heads, padded))
        launch(
            kernels.norms, Grid((y.rows + 7) / 8, heads), .of(inverses), .of(projections), .of(y.rows), .of(heads),
            .of(padded))
        launch(
            kernels.expectation, Grid(view.tileCount, heads, threads: 128), .of(y), .of(divisors), .of(inverses),
            .of(projections), .of(view.tiles), .layout(view.argument), .yoso(yoso), .of(heads), .of(padded))
        return (y, KeptAttention(attention, layout, [inverses, divisors]))
    }

    func expectGradient(
        _ gradient: Tensor, _ dy: Tensor, _ output: Tensor, _ projections: Tensor, _ kept: KeptAttention,
        _ yoso: YosoArgument
    ) {
        let kernels = yosoKernels(kept.attention.headWidth)
        tileGradients(
            [kernels.expectationGradientQ, kernels.expectationGradientKV], gradient, dy, output, projections, kept,
            yoso, kernels, nil)
    }

    public func convolve(
        _ projections: Tensor, _ attended: Tensor, _ layout: BatchLayout, heads: Int, _ kernels: Parameter
    ) -> Tensor {
        let (view, y) = (view(of: layout), activation(attended.rows, attended.columns))
        launch(
            yosoKernels(attended.columns / heads).convolve, Grid(view.tileCount, heads), .of(y), .of(attended),
            .of(parameters.view(of: kernels)), .of(projections), .of(kernels.columns), .of(view.tiles),
            .layout(view.argument), .of(heads), .of(Self.padded(y.rows)))
        return y
    }

    public func convolveGradient(
        _ dy: Tensor, _ projections: Tensor, _ layout: BatchLayout, heads: Int, _ kernels: Parameter,
        dProjections: Tensor, dKernels: Tensor
    ) {
        let (view, count) = (view(of: layout), heads * kernels.columns)
        let partials = pool.tensor(view.tileCount, count)
        launch(
            yosoKernels(dy.columns / heads).convolveGradient, Grid(view.tileCount, heads), .of(dProjections),
            .of(partials), .of(parameters.view(of: kernels)), .of(dy), .of(projections), .of(kernels.columns),
            .of(view.tiles), .layout(view.argument), .of(heads), .of(Self.padded(dy.rows)))
        finish(
            partials, pieces: view.tileCount, stride: count, into: dKernels.view(at: 0, rows: 1, columns: count),
            columns: count)
    }
}
