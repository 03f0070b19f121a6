import Autograd
import Tensors

/// Self-attention over packed sequences: from fused projections [tokens, 3 · width], each row q | k | v with the heads
/// side by side, to the heads' outputs [tokens, width].
///
/// An attention never sees padding and never looks across sequences. A new one takes three steps: a folder here with
/// a type that conforms, a case of `AttentionChoice` with its options, and a row in the recipe schema.
public protocol SelfAttention: Sendable {
    func callAsFunction(_ projections: Variable, _ layout: BatchLayout) -> Variable
}

extension AttentionChoice {
    /// The attention of this choice for `heads` heads of `headWidth`, with `dropout` on its weights where it has any, and
    /// with parameters of its own, where it has any, in `scope`.
    public func attention(heads: Int, headWidth: Int, dropout: Float, _ scope: ParameterScope) -> any SelfAttention {
        let shape = HeadShape(heads: heads, headWidth: headWidth)
        switch self {
        case .softmax: return SoftmaxAttention(shape: shape, dropout: dropout)
        case .normalizedSoftmax: return NormalizedSoftmax(shape: shape, dropout: dropout, scope)
        case .yosoExpectation(let options): return YosoExpectation(shape: shape) { _ in options }
        case .yoso(let options):
            let fixed = RandomStream(seed: 0).stream(scope.path("hashes"))
            return YosoAttention(shape: shape, options: options, fixed: fixed)
        case .none: return ValuesOnly(shape: shape)
        case .linear: return LinearAttention(shape: shape, features: .elu)
        case .performer(let features):
            let random = RandomStream(seed: 0).stream(scope.path("features"))
            return LinearAttention(shape: shape, features: .random(features, random))
        case .linformer(let rank, let length):
            return LinformerAttention(shape: shape, rank: rank, length: length, scope)
        case .nystrom(let landmarks): return NystromAttention(shape: shape, landmarks: landmarks)
        case .local(let window): return LocalAttention(shape: shape, window: window)
        case .mra(let blocks, let isSparse):
            return MultiresolutionAttention(shape: shape, blocks: blocks, isSparse: isSparse)
        case .gfsa(let order, let inner):
            let attention = inner.attention(heads: heads, headWidth: headWidth, dropout: dropout, scope.used(times: 2))
            return GraphFilterAttention(attention: attention, shape: shape, order: order, scope)
        case .convolved(let window, let inner):
            return ConvolutionAttention(
                attention: inner.attention(heads: heads, headWidth: headWidth, dropout: dropout, scope), shape: shape,
                window: window, outputScale: outputScale(headWidth: headWidth), scope)
        }
    }
}

/// The backward pass of an attention, whose time counts as attention's.
protocol AttentionGradient: TapedOperation {}

extension AttentionGradient {
    var phase: Phase { .attention }
}

/// How the heads lie in a row of the fused projections.
struct HeadShape: Sendable {
    let heads: Int
    let headWidth: Int
    var width: Int { heads * headWidth }

    /// Visits every head of every sequence, in order.
    func eachHead(_ layout: BatchLayout, _ body: (_ sequence: Int, _ rows: Range<Int>, _ head: Int) -> Void) {
        for sequence in 0..<layout.count {
            for head in 0..<heads { body(sequence, layout.rows(sequence), head) }
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
