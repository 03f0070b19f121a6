import Autograd
import CCuda
import Tensors

/// The kernels of YOSO with heads of one width.
struct YosoKernels {
    let hash, norms, sort: Function
    let budget: PairBudget.Kernels
    let sumsCounts, sumsConditional: Function
    let queryGradientCounts, queryGradientWeighed, keyGradientCounts, keyGradientWeighed: Function
    let outputGradient, expectation, expectationGradientQ, expectationGradientKV: Function
    let convolve, convolveGradient: Function

    /// Bytes of shared memory for a sort.
    static let mostShared = 200 << 10

    init(_ width: Int, _ machine: CudaMachine) {
        let program = machine.program(.yoso, ["HEAD=\(width)"])
        hash = program.function("yoso_hash")
        norms = program.function("yoso_norms")
        sort = program.function("yoso_sort", shared: min(Self.mostShared, machine.device.sharedMemory))
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
    private func yosoKernels(_ width: Int) -> YosoKernels {
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
        let (kernels, view) = (yosoKernels(kept.attention.headWidth), view(of: kept.layout))
        let (heads, padded) = (kept.attention.heads, Self.padded(dy.rows))
        let (inverses, divisors) = (kept.tensors[0], kept.tensors[1])
        let (dSums, deltas) = (activation(dy.rows, dy.columns), pool.tensor(heads, padded))
        launch(
            kernels.outputGradient, Grid((dy.rows + 7) / 8, heads), .of(dSums), .of(deltas), .of(dy), .of(output),
            .of(divisors), .yoso(yoso), .of(dy.rows), .of(heads), .of(padded))
        for kernel in [kernels.expectationGradientQ, kernels.expectationGradientKV] {
            launch(
                kernel, Grid(view.tileCount, heads, threads: 128), .of(gradient), .of(dSums), .of(deltas),
                .of(inverses), .of(projections), .of(view.tiles), .layout(view.argument), .yoso(yoso), .of(heads),
                .of(padded))
        }
    }

    func sample(
        _ y: Tensor, _ projections: Tensor, _ layout: BatchLayout, _ attention: DeviceAttention, _ yoso: YosoArgument
    ) -> (Tensor, KeptAttention) {
        let (kernels, view, heads) = (yosoKernels(attention.headWidth), view(of: layout), attention.heads)
        let (padded, hashes) = (Self.padded(y.rows), Int(yoso.hashes))
        checkSampled(view.longest, sequences: layout.count)
        let (inverses, divisors) = (pool.tensor(2 * heads, padded), pool.tensor(heads, padded))
        let isWeighed = yoso.conditional == 1
        var codes = Codes(self, rows: y.rows, heads, hashes, besides: isWeighed)
        launch(
            kernels.hash, Grid(view.tileCount, heads, threads: 128), .of(codes.all), .of(codes.beside), .of(inverses),
            .of(projections), .of(view.tiles), .layout(view.argument), .yoso(yoso), .of(heads), .of(padded))
        func sums(_ yoso: YosoArgument, _ keys: (order: Tensor, ranges: Tensor)) {
            launch(
                isWeighed ? kernels.sumsConditional : kernels.sumsCounts, Grid(4 * view.tileCount, heads), .of(y),
                .of(divisors), .of(keys.order), .of(keys.ranges), .of(codes.beside), .of(inverses), .of(projections),
                .of(view.tiles), .layout(view.argument), .yoso(yoso), .of(heads), .of(padded))
        }
        var budget: PairBudget?
        var yoso = yoso
        if yoso.pairs > 0 {
            let own = PairBudget(self, kernels.budget, codes, layout, heads, yoso)
            codes = Codes(self, rows: y.rows, heads, hashes, besides: true)
            yoso = own.select(into: codes)
            budget = own
        }
        let keys = sort(codes.all, side: 1, layout, heads, yoso, kernels)
        sums(yoso, keys)
        if let budget {
            yoso = budget.selectAgain(into: codes)
            sort(codes.all, side: 1, layout, heads, yoso, kernels, into: keys)
            sums(yoso, keys)
        }
        return (
            y,
            KeptAttention(
                attention, layout,
                [inverses, divisors, codes.all, keys.order, keys.ranges] + (codes.beside.map { [$0] } ?? [])
                    + (budget.map { [$0.selections] } ?? []))
        )
    }

    /// Codes of queries, then of keys.
    struct Codes {
        let all: Tensor
        /// Those of a row side by side, where a pair's first common hash is looked for.
        let beside: Tensor?

        init(_ machine: CudaMachine, rows: Int, _ heads: Int, _ hashes: Int, besides: Bool) {
            func codes(_ hashes: Int) -> Tensor { machine.pool.tensor(1, (2 * rows * heads * hashes + 1) / 2) }
            (all, beside) = (codes(hashes), besides ? codes((hashes + 7) / 8 * 8) : nil)
        }
    }

    /// Places of tokens are 16 bits, and a grid has so many sequences.
    private func checkSampled(_ longest: Int, sequences: Int) {
        if longest > 1 << 16 {
            device.fail("yoso on a GPU takes sequences of at most 65,536 tokens, not \(longest); wanted --device cpu")
        }
        if sequences > 65535 {
            device.fail("yoso on a GPU takes 65,535 sequences a pass, not \(sequences); use a smaller deviceTokens")
        }
    }

    /// The tokens of one side by their codes, 1 the keys and 0 the queries, and where each token of the other finds its own.
    private func sort(
        _ codes: Tensor, side: Int, _ layout: BatchLayout, _ heads: Int, _ yoso: YosoArgument, _ kernels: YosoKernels
    ) -> (order: Tensor, ranges: Tensor) {
        let count = layout.tokens * heads * Int(yoso.hashes)
        let sorted = (order: pool.tensor(1, (count + 1) / 2), ranges: pool.tensor(1, count))
        sort(codes, side: side, layout, heads, yoso, kernels, into: sorted)
        return sorted
    }

    private func sort(
        _ codes: Tensor, side: Int, _ layout: BatchLayout, _ heads: Int, _ yoso: YosoArgument, _ kernels: YosoKernels,
        into sorted: (order: Tensor, ranges: Tensor)
    ) {
        let (view, hashes) = (view(of: layout), Int(yoso.hashes))
        let longest = view.longest
        let byLength = max(1, Int.bitWidth - 1 - longest.leadingZeroBitCount) + (yoso.pairs > 0 ? 1 : 0)
        let bits = yoso.bits > 0 ? Int(yoso.bits) : min(16, byLength)
        let counts = 4 * min(1 << bits, 16384)
        let isInShared = counts + 2 * longest <= min(YosoKernels.mostShared, device.sharedMemory)
        let threads = longest <= 256 ? 128 : longest <= 1024 ? 256 : longest <= 16384 ? 512 : 1024
        launch(
            kernels.sort, Grid(hashes, heads, layout.count, threads: threads),
            shared: counts + (isInShared ? 2 * longest : 0), .of(sorted.order), .of(sorted.ranges), .of(codes),
            .of(side), .layout(view.argument), .yoso(yoso), .of(heads), .of(isInShared ? 1 : 0))
    }

    func sampleGradient(
        _ gradient: Tensor, _ dy: Tensor, _ output: Tensor, _ projections: Tensor, _ kept: KeptAttention,
        _ yoso: YosoArgument
    ) {
        let (kernels, view) = (yosoKernels(kept.attention.headWidth), view(of: kept.layout))
        let (heads, padded) = (kept.attention.heads, Self.padded(dy.rows))
        let (inverses, divisors, codes) = (kept.tensors[0], kept.tensors[1], kept.tensors[2])
        let (order, ranges) = (kept.tensors[3], kept.tensors[4])
        let rowCodes = kept.tensors.count > 5 ? kept.tensors[5] : nil
        var yoso = yoso
        if yoso.pairs > 0 { yoso.selections = kept.tensors[6].address }
        let (dSums, deltas) = (activation(dy.rows, dy.columns), pool.tensor(heads, padded))
        let isWeighed = yoso.conditional == 1 || yoso.exact == 1
        let grid = Grid(4 * view.tileCount, heads)
        launch(
            isWeighed ? kernels.queryGradientWeighed : kernels.queryGradientCounts, grid, .of(gradient), .of(dSums),
            .of(deltas), .of(dy), .of(output), .of(divisors), .of(order), .of(ranges), .of(rowCodes), .of(inverses),
            .of(projections), .of(view.tiles), .layout(view.argument), .yoso(yoso), .of(heads), .of(padded))
        let queries = sort(codes, side: 0, kept.layout, heads, yoso, kernels)
        launch(
            isWeighed ? kernels.keyGradientWeighed : kernels.keyGradientCounts, grid, .of(gradient), .of(dSums),
            .of(deltas), .of(queries.order), .of(queries.ranges), .of(rowCodes), .of(inverses), .of(projections),
            .of(view.tiles), .layout(view.argument), .yoso(yoso), .of(heads), .of(padded))
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
