import Autograd
import Tensors

/// Codes of tokens, and tokens by their codes.
extension CudaMachine {
    /// Codes of queries, then of keys.
    struct Codes {
        /// A hash after the other, as they are sorted.
        let all: Tensor?
        /// Those of a row side by side, where two tokens' are compared.
        let beside: Tensor?

        init(all: Tensor?, beside: Tensor?) { (self.all, self.beside) = (all, beside) }

        init(_ machine: CudaMachine, rows: Int, _ heads: Int, _ hashes: Int, all: Bool, besides: Bool) {
            func codes(_ hashes: Int) -> Tensor { machine.pool.tensor(1, (2 * rows * heads * hashes + 1) / 2) }
            self.init(all: all ? codes(hashes) : nil, beside: besides ? codes((hashes + 7) / 8 * 8) : nil)
        }
    }

    /// The tokens of one side by their codes, and where each token of the other finds its own.
    typealias Lists = (order: Tensor, ranges: Tensor)

    /// - Parameter side: 1, keys are sorted, or 0, queries.
    func sort(
        _ codes: Codes, side: Int, _ layout: BatchLayout, _ heads: Int, _ yoso: YosoArgument, _ kernels: YosoKernels
    ) -> Lists {
        let count = layout.tokens * heads * Int(yoso.hashes)
        let sorted = (order: pool.tensor(1, (count + 1) / 2), ranges: pool.tensor(1, count))
        sort(codes, side: side, layout, heads, yoso, kernels, into: sorted)
        return sorted
    }

    func sort(
        _ codes: Codes, side: Int, _ layout: BatchLayout, _ heads: Int, _ yoso: YosoArgument, _ kernels: YosoKernels,
        into sorted: Lists
    ) {
        let (view, hashes) = (view(of: layout), Int(yoso.hashes))
        let longest = view.longest
        let byLength = max(1, Int.bitWidth - 1 - longest.leadingZeroBitCount) + (yoso.pairs > 0 ? 1 : 0)
        let bits = yoso.bits > 0 ? Int(yoso.bits) : min(16, byLength)
        let counts = 4 * min(1 << bits, 16384)
        let isInShared = counts + 2 * longest <= kernels.sortShared
        let threads = longest <= 256 ? 128 : longest <= 1024 ? 256 : longest <= 16384 ? 512 : 1024
        launch(
            kernels.sort, Grid(hashes, heads, layout.count, threads: threads),
            shared: counts + (isInShared ? 2 * longest : 0), .of(sorted.order), .of(sorted.ranges), .of(codes.all),
            .of(side), .layout(view.argument), .yoso(yoso), .of(heads), .of(isInShared ? 1 : 0))
    }
}
