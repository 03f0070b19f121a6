import Autograd
import Tensors

/// Self-attention over packed sequences: from fused projections [tokens, 3 · width], each row q | k | v with the heads
/// side by side, to the heads' outputs [tokens, width].
///
/// An attention never sees padding and never looks across sequences. A new one is a folder here, with a type that conforms and
/// its options, an `AttentionKind`, and a line in `attentions`.
public protocol SelfAttention: Sendable {
    func callAsFunction(_ projections: Variable, _ layout: BatchLayout) -> Variable
    /// The outputs of `kept` rows alone, [kept, width].
    func callAsFunction(_ projections: Variable, _ layout: BatchLayout, keeping kept: RowSelection) -> Variable
}

extension SelfAttention {
    public func callAsFunction(
        _ projections: Variable, _ layout: BatchLayout, keeping kept: RowSelection
    ) -> Variable { self(projections, layout).gatherRows(kept.rows) }
}

/// The backward pass of an attention, whose time counts as attention's.
protocol AttentionGradient: TapedOperation {}

extension AttentionGradient {
    var phase: Phase { .attention }
}

/// How the heads lie in a row of the fused projections.
public struct HeadShape: Sendable {
    public let heads: Int
    public let headWidth: Int
    var width: Int { heads * headWidth }

    /// Visits every head of every sequence, spread over the team of `products`, with products and memory of the thread it is on.
    func eachHead(
        _ layout: BatchLayout, _ products: Products,
        _ body: (_ sequence: Int, _ rows: Range<Int>, _ head: Int, _ products: Products) -> Void
    ) {
        products.each(layout.count * heads) { index, products in
            body(index / heads, layout.rows(index / heads), index % heads, products)
        }
    }

    /// Visits every head of every sequence, the heads spread over the team: each sees its sequences in order, so that what is summed
    /// over them has the same bits on any team.
    func eachHeadInOrder(
        _ layout: BatchLayout, _ products: Products,
        _ body: (_ sequence: Int, _ rows: Range<Int>, _ head: Int, _ products: Products) -> Void
    ) {
        products.each(heads) { head, products in
            for sequence in 0..<layout.count { body(sequence, layout.rows(sequence), head, products) }
        }
    }

    /// What comes of every head of every sequence, spread over the team: sequence by sequence, head by head.
    func mapHeads<Result>(
        _ layout: BatchLayout, _ products: Products,
        _ body: (_ sequence: Int, _ rows: Range<Int>, _ head: Int, _ products: Products) -> Result
    ) -> [Result] {
        products.map(layout.count * heads) { index, products in
            body(index / heads, layout.rows(index / heads), index % heads, products)
        }
    }

    /// The query, key and value of `head` for `rows` of [tokens, 3 · width] projections, as strided views.
    func slices(_ projections: Tensor, _ rows: Range<Int>, head: Int) -> HeadSlices {
        let part = projections.matrix.rows(rows.lowerBound, rows.count)
        let column = head * headWidth
        return HeadSlices(
            query: part.columns(column, headWidth), key: part.columns(width + column, headWidth),
            value: part.columns(2 * width + column, headWidth))
    }

    /// The output of `head` for `rows` of [tokens, width].
    func slice(_ output: Tensor, _ rows: Range<Int>, head: Int) -> Matrix {
        output.matrix.rows(rows.lowerBound, rows.count).columns(head * headWidth, headWidth)
    }
}

struct HeadSlices {
    let query: Matrix
    let key: Matrix
    let value: Matrix
}
