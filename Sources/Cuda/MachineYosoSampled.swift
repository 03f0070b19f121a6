import Autograd
import Tensors

/// Sampled YOSO over tiles of all pairs: what hashes select is looked at for each.
struct TiledYosoKernels {
    struct Law {
        let match, sums, gradientQ, gradientKV: Function

        init(_ name: String, match: String, _ program: Program) {
            self.match = program.function(match)
            sums = program.function("yoso_dense_\(name)")
            gradientQ = program.function("yoso_dense_\(name)_gradient_q")
            gradientKV = program.function("yoso_dense_\(name)_gradient_kv")
        }
    }

    private let conditional, counts: Law

    subscript(isConditional: Bool) -> Law { isConditional ? conditional : counts }

    init(_ program: Program) {
        conditional = Law("conditional", match: "yoso_match", program)
        counts = Law("counts", match: "yoso_match_counts", program)
    }
}

/// Short sequences by tiles of all pairs, long ones by lists of the pairs that sorted codes find: each by its own length alone, so
/// that company changes no bit.
extension CudaMachine {
    /// Where tiles cost less than lists: a pair of a tile costs a fiftieth of a listed one, of which a query has m / 2^t n. Matches
    /// of all pairs take n² bits, or bytes. Within a budget a query meets all keys.
    private func tiling(_ yoso: YosoArgument, _ kernels: YosoKernels) -> YosoArgument {
        var yoso = yoso
        let most = 48 * Int(yoso.hashes)
        if yoso.pairs > 0 {
            yoso.tiled = yoso.pairs
        } else if kernels.tiled != nil, yoso.conditional == 1 || yoso.hashes < 256 {
            // By length a hash has ⌊log₂ n⌋ bits.
            let byLength = yoso.bits == 0
            let lengths =
                byLength
                ? 2 << (Int.bitWidth - 1 - most.leadingZeroBitCount) : 1 << yoso.bits <= most ? 4097 : 1
            yoso.tiled = Int32(min(4096, lengths - 1))
        }
        return yoso
    }

    func sample(
        _ y: Tensor, _ projections: Tensor, _ layout: BatchLayout, _ attention: DeviceAttention, byPlanes: Bool,
        _ options: YosoArgument
    ) -> (Tensor, KeptAttention) {
        let (kernels, view, heads) = (yosoKernels(attention.headWidth), view(of: layout), attention.heads)
        let (padded, isWeighed) = (Self.padded(y.rows), options.conditional == 1)
        var yoso = tiling(options, kernels)
        checkLengths(view.longest, sequences: layout.count)
        let (hasTiles, hasLists) = (view.shortest <= yoso.tiled, view.longest > yoso.tiled)
        if yoso.pairs > 0 && !hasLists { return expect(y, projections, layout, attention, yoso) }
        let (inverses, divisors) = (pool.tensor(2 * heads, padded), pool.tensor(heads, padded))
        var codes = Codes(
            self, rows: y.rows, heads, Int(yoso.hashes), all: hasLists, besides: hasTiles || isWeighed)
        launch(
            byPlanes ? kernels.hashByPlanes : kernels.hash, Grid(view.tileCount, heads, threads: 128), .of(codes.all),
            .of(codes.beside), .of(inverses),
            .of(projections), .of(view.tiles), .layout(view.argument), .yoso(yoso), .of(heads), .of(padded))
        func tiles(_ kernel: Function, _ matches: Tensor?) {
            device.launch(
                kernel, Grid(view.tileCount, heads, threads: 128),
                [
                    .of(y), .of(divisors), .of(inverses), .of(projections), .of(view.tiles), .layout(view.argument),
                    .yoso(yoso), .of(heads), .of(padded),
                ] + (matches.map { [.of($0), .of($0.columns)] } ?? []))
        }
        func lists(_ keys: Lists) {
            launch(
                isWeighed ? kernels.sumsConditional : kernels.sumsCounts, Grid(4 * view.tileCount, heads), .of(y),
                .of(divisors), .of(keys.order), .of(keys.ranges), .of(codes.beside), .of(inverses), .of(projections),
                .of(view.tiles), .layout(view.argument), .yoso(yoso), .of(heads), .of(padded))
        }
        var matches: Tensor?
        if hasTiles, yoso.pairs > 0 {
            tiles(kernels.expectation, nil)
        } else if hasTiles, let law = kernels.tiled?[isWeighed], let beside = codes.beside {
            let found = self.matches(of: beside, law, layout, heads, padded, yoso)
            tiles(law.sums, found)
            // Rows of up to 512 bytes are kept, others made anew.
            matches = found.columns <= 128 ? found : nil
        }
        guard hasLists else {
            let kept = [inverses, divisors, matches == nil ? codes.beside : nil, matches]
            return (y, KeptAttention(attention, layout, kept))
        }
        var budget: PairBudget?
        if yoso.pairs > 0 {
            let own = PairBudget(self, kernels.budget, codes, layout, heads, yoso)
            codes = Codes(self, rows: y.rows, heads, Int(yoso.hashes), all: true, besides: true)
            yoso = own.select(into: codes)
            budget = own
        }
        let keys = sort(codes, side: 1, layout, heads, yoso, kernels)
        lists(keys)
        if let budget {
            yoso = budget.selectAgain(into: codes)
            sort(codes, side: 1, layout, heads, yoso, kernels, into: keys)
            lists(keys)
        }
        return (
            y,
            KeptAttention(
                attention, layout,
                [inverses, divisors, codes.beside, matches, codes.all, keys.order, keys.ranges, budget?.selections])
        )
    }

    func sampleGradient(
        _ gradient: Tensor, _ dy: Tensor, _ output: Tensor, _ projections: Tensor, _ kept: KeptAttention,
        _ options: YosoArgument
    ) {
        let (kernels, view, heads) = (
            yosoKernels(kept.attention.headWidth), view(of: kept.layout), kept.attention.heads
        )
        var yoso = tiling(options, kernels)
        if yoso.pairs > 0 && view.longest <= yoso.tiled {
            return expectGradient(gradient, dy, output, projections, kept, yoso)
        }
        let (padded, isConditional, beside) = (Self.padded(dy.rows), options.conditional == 1, kept.tensors[2])
        if view.shortest <= yoso.tiled {
            if yoso.pairs > 0 {
                tileGradients(
                    [kernels.expectationGradientQ, kernels.expectationGradientKV], gradient, dy, output, projections,
                    kept, yoso, kernels, nil)
            } else if let law = kernels.tiled?[isConditional],
                let matches = kept.tensors[3]
                    ?? beside.map({ matches(of: $0, law, kept.layout, heads, padded, yoso) })
            {
                tileGradients(
                    [law.gradientQ, law.gradientKV], gradient, dy, output, projections, kept, yoso, kernels, matches)
            }
        }
        guard view.longest > yoso.tiled, let all = kept.tensors[4] else { return }
        if let selections = kept.tensors[7] { yoso.selections = selections.address }
        let (dSums, deltas) = (activation(dy.rows, dy.columns), pool.tensor(heads, padded))
        let isWeighed = isConditional || yoso.exact == 1
        let grid = Grid(4 * view.tileCount, heads)
        launch(
            isWeighed ? kernels.queryGradientWeighed : kernels.queryGradientCounts, grid, .of(gradient), .of(dSums),
            .of(deltas), .of(dy), .of(output), .of(kept.tensors[1]), .of(kept.tensors[5]), .of(kept.tensors[6]),
            .of(beside), .of(kept.tensors[0]), .of(projections), .of(view.tiles), .layout(view.argument), .yoso(yoso),
            .of(heads), .of(padded))
        let queries = sort(Codes(all: all, beside: beside), side: 0, kept.layout, heads, yoso, kernels)
        launch(
            isWeighed ? kernels.keyGradientWeighed : kernels.keyGradientCounts, grid, .of(gradient), .of(dSums),
            .of(deltas), .of(queries.order), .of(queries.ranges), .of(beside), .of(kept.tensors[0]), .of(projections),
            .of(view.tiles), .layout(view.argument), .yoso(yoso), .of(heads), .of(padded))
    }

    /// Gradients of tiles of all pairs, by matches or of all.
    func tileGradients(
        _ gradients: [Function], _ gradient: Tensor, _ dy: Tensor, _ output: Tensor, _ projections: Tensor,
        _ kept: KeptAttention, _ yoso: YosoArgument, _ kernels: YosoKernels, _ matches: Tensor?
    ) {
        let (view, heads, padded) = (view(of: kept.layout), kept.attention.heads, Self.padded(dy.rows))
        let (inverses, divisors) = (kept.tensors[0], kept.tensors[1])
        let (dSums, deltas) = (activation(dy.rows, dy.columns), pool.tensor(heads, padded))
        launch(
            kernels.outputGradient, Grid((dy.rows + 7) / 8, heads), .of(dSums), .of(deltas), .of(dy), .of(output),
            .of(divisors), .yoso(yoso), .of(dy.rows), .of(heads), .of(padded))
        for kernel in gradients {
            device.launch(
                kernel, Grid(view.tileCount, heads, threads: 128),
                [
                    .of(gradient), .of(dSums), .of(deltas), .of(inverses), .of(projections), .of(view.tiles),
                    .layout(view.argument), .yoso(yoso), .of(heads), .of(padded),
                ] + (matches.map { [.of($0), .of($0.columns)] } ?? []))
        }
    }

    /// What hashes select, a row for every query of every head.
    private func matches(
        of codes: Tensor, _ law: TiledYosoKernels.Law, _ layout: BatchLayout, _ heads: Int, _ padded: Int,
        _ yoso: YosoArgument
    ) -> Tensor {
        let view = view(of: layout)
        // Of whole tiles of 64 keys.
        let words = (min(view.longest, Int(yoso.tiled)) + 63) / 64 * (yoso.conditional == 1 ? 2 : 16)
        let matches = pool.tensor(heads * padded, words)
        launch(
            law.match, Grid(view.tileCount, heads), .of(matches), .of(words), .of(codes), .of(view.tiles),
            .layout(view.argument), .yoso(yoso), .of(heads), .of(padded))
        return matches
    }

    /// Tokens of a sequence are numbered in 16 bits, and a grid has so many sequences.
    func checkLengths(_ longest: Int, sequences: Int = 1) {
        if longest > 1 << 16 {
            device.fail("yoso on a GPU takes sequences of at most 65,536 tokens, not \(longest); wanted --device cpu")
        }
        if sequences > 65535 {
            device.fail("yoso on a GPU takes 65,535 sequences a pass, not \(sequences); use a smaller deviceTokens")
        }
    }
}
