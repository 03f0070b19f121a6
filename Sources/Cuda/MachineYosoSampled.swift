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
    /// of all pairs take n² bits, or bytes.
    private func tiling(_ yoso: YosoArgument, _ kernels: YosoKernels) -> YosoArgument {
        guard kernels.tiled != nil, yoso.conditional == 1 || yoso.hashes < 256 else { return yoso }
        let most = 48 * Int(yoso.hashes)
        // By length a hash has ⌊log₂ n⌋ bits.
        let lengths =
            yoso.bits == 0 ? 2 << (Int.bitWidth - 1 - most.leadingZeroBitCount) : 1 << yoso.bits <= most ? 4097 : 1
        var yoso = yoso
        yoso.tiled = Int32(min(4096, lengths - 1))
        return yoso
    }

    func sample(
        _ y: Tensor, _ projections: Tensor, _ layout: BatchLayout, _ attention: DeviceAttention, _ options: YosoArgument
    ) -> (Tensor, KeptAttention) {
        let (kernels, view, heads) = (yosoKernels(attention.headWidth), view(of: layout), attention.heads)
        let (padded, hashes) = (Self.padded(y.rows), Int(options.hashes))
        checkSampled(view.longest, sequences: layout.count)
        let (yoso, isWeighed) = (tiling(options, kernels), options.conditional == 1)
        let (hasTiles, hasLists) = (view.shortest <= yoso.tiled, view.longest > yoso.tiled)
        let codes = hasLists ? pool.tensor(1, (2 * y.rows * heads * hashes + 1) / 2) : nil
        // Side by side where two tokens' codes are compared.
        let rowCodes = hasTiles || isWeighed ? pool.tensor(1, y.rows * heads * ((hashes + 7) / 8 * 8)) : nil
        let (inverses, divisors) = (pool.tensor(2 * heads, padded), pool.tensor(heads, padded))
        launch(
            kernels.hash, Grid(view.tileCount, heads, threads: 128), .of(codes), .of(rowCodes), .of(inverses),
            .of(projections), .of(view.tiles), .layout(view.argument), .yoso(yoso), .of(heads), .of(padded))
        var (matches, order, ranges) = (Tensor?.none, Tensor?.none, Tensor?.none)
        if let rowCodes, let law = kernels.tiled?[isWeighed], hasTiles {
            let found = self.matches(of: rowCodes, law, layout, heads, padded, yoso)
            launch(
                law.sums, Grid(view.tileCount, heads, threads: 128), .of(y), .of(divisors), .of(inverses),
                .of(projections), .of(view.tiles), .layout(view.argument), .yoso(yoso), .of(heads), .of(padded),
                .of(found), .of(found.columns))
            // Bits are fewer than codes, bytes are not.
            matches = isWeighed ? found : nil
        }
        if let codes {
            (order, ranges) = sort(codes, side: 1, layout, heads, yoso, kernels)
            launch(
                isWeighed ? kernels.sumsConditional : kernels.sumsCounts, Grid(4 * view.tileCount, heads), .of(y),
                .of(divisors), .of(order), .of(ranges), .of(rowCodes), .of(inverses), .of(projections),
                .of(view.tiles), .layout(view.argument), .yoso(yoso), .of(heads), .of(padded))
        }
        let isDone = isWeighed && !hasLists
        return (
            y,
            KeptAttention(
                attention, layout, [inverses, divisors, isDone ? nil : rowCodes, matches, codes, order, ranges])
        )
    }

    func sampleGradient(
        _ gradient: Tensor, _ dy: Tensor, _ output: Tensor, _ projections: Tensor, _ kept: KeptAttention,
        _ options: YosoArgument
    ) {
        let (kernels, view, heads) = (
            yosoKernels(kept.attention.headWidth), view(of: kept.layout), kept.attention.heads
        )
        let (yoso, padded, isConditional) = (
            tiling(options, kernels), Self.padded(dy.rows), options.conditional == 1
        )
        let (inverses, divisors, rowCodes, codes) = (kept.tensors[0], kept.tensors[1], kept.tensors[2], kept.tensors[4])
        if let law = kernels.tiled?[isConditional], view.shortest <= yoso.tiled,
            let matches = kept.tensors[3] ?? rowCodes.map({ matches(of: $0, law, kept.layout, heads, padded, yoso) })
        {
            tileGradients(
                [law.gradientQ, law.gradientKV], gradient, dy, output, projections, kept, yoso, kernels, matches)
        }
        guard let codes else { return }
        let (dSums, deltas) = (activation(dy.rows, dy.columns), pool.tensor(heads, padded))
        let isWeighed = isConditional || yoso.exact == 1
        let grid = Grid(4 * view.tileCount, heads)
        launch(
            isWeighed ? kernels.queryGradientWeighed : kernels.queryGradientCounts, grid, .of(gradient), .of(dSums),
            .of(deltas), .of(dy), .of(output), .of(divisors), .of(kept.tensors[5]), .of(kept.tensors[6]),
            .of(rowCodes), .of(inverses), .of(projections), .of(view.tiles), .layout(view.argument), .yoso(yoso),
            .of(heads), .of(padded))
        let queries = sort(codes, side: 0, kept.layout, heads, yoso, kernels)
        launch(
            isWeighed ? kernels.keyGradientWeighed : kernels.keyGradientCounts, grid, .of(gradient), .of(dSums),
            .of(deltas), .of(queries.order), .of(queries.ranges), .of(rowCodes), .of(inverses), .of(projections),
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
        let (view, hashes) = (view(of: layout), Int(yoso.hashes))
        let count = layout.tokens * heads * hashes
        let (order, ranges) = (pool.tensor(1, (count + 1) / 2), pool.tensor(1, count))
        let longest = view.longest
        let bits = yoso.bits > 0 ? Int(yoso.bits) : min(16, max(1, Int.bitWidth - 1 - longest.leadingZeroBitCount))
        let counts = 4 * min(1 << bits, 16384)
        let isInShared = counts + 2 * longest <= min(YosoKernels.mostShared, device.sharedMemory)
        let threads = longest <= 256 ? 128 : longest <= 1024 ? 256 : longest <= 16384 ? 512 : 1024
        launch(
            kernels.sort, Grid(hashes, heads, layout.count, threads: threads),
            shared: counts + (isInShared ? 2 * longest : 0), .of(order), .of(ranges), .of(codes), .of(side),
            .layout(view.argument), .yoso(yoso), .of(heads), .of(isInShared ? 1 : 0))
        return (order, ranges)
    }
}
