import Attention
import Bert

/// The attentions that have a form in operators of ONNX.
enum OnnxAttention {
    /// softmax(Q Kᵀ / √d) V, or of queries and keys of length 1 with a temperature a head.
    case softmax(queryKeyNorm: Bool)
    /// YOSO-E with τ bits.
    case yosoExpectation(bits: Int, YosoNormalization)

    static let wanted = "wanted softmax or yosoExpectation"

    /// Nil where `choice` has none.
    init?(_ choice: AttentionChoice) {
        guard choice.convolution == nil, choice.filterOrder == nil else { return nil }
        switch choice.kind {
        case let softmax as SoftmaxOptions: self = .softmax(queryKeyNorm: softmax.queryKeyNorm)
        case let yoso as YosoExpectationOptions: self = .yosoExpectation(bits: yoso.bits, yoso.normalization)
        case let yoso as YosoOptions:
            // Outside of training it is YOSO-E, of bits that do not follow the length.
            guard yoso.evaluation == .expectation, let bits = yoso.kernelBits ?? yoso.bits else { return nil }
            self = .yosoExpectation(bits: bits, yoso.normalization)
        default: return nil
        }
    }

    /// Why `choice` has none.
    static func problem(of choice: AttentionChoice) -> String {
        if choice.filterOrder != nil { return "filterOrder has no ONNX form here; wanted an attention without it" }
        if choice.convolution != nil {
            return "attention.convolution has no ONNX form here; wanted an attention without it"
        }
        if let yoso = choice.kind as? YosoOptions, yoso.evaluation == .expectation {
            return "yoso with bits that follow the length has no ONNX form; wanted a number of bits"
        }
        return "\(choice.name) has no ONNX form; \(wanted)"
    }

    /// The heads' outputs side by side, [batch, length, width].
    func output(_ x: OnnxGraph.Value, _ scope: String, _ options: EncoderOptions, _ graph: OnnxGraph) -> OnnxGraph.Value
    {
        let (width, count) = (options.width, options.heads)
        func heads(_ name: String) -> OnnxGraph.Value {
            graph.heads(graph.linear(x, "\(scope).\(name)"), count, width: width)
        }
        var (query, key, value) = (heads("query"), heads("key"), heads("value"))
        switch self {
        case .softmax(let isNormed):
            let scale: OnnxGraph.Value
            if isNormed {
                (query, key) = (graph.unit(query), graph.unit(key))
                let temperatures = graph("Exp", graph.weight("\(scope).temperature"))
                scale = graph("Reshape", graph("Mul", temperatures, graph.scalar(16)), graph.integers(count, 1, 1))
            } else {
                scale = graph.scalar(1 / (Float(width) / Float(count)).squareRoot())
            }
            let scores = graph("Add", graph("Mul", graph.products(query, key), scale), graph.maskedScores)
            value = graph("MatMul", graph("Softmax", scores, with: [.int("axis", -1)]), value)
        case .yosoExpectation(let bits, let normalization):
            // As ours are clamped.
            let limit: Float = 1 - 1e-6
            let cosines = graph(
                "Clip", graph.products(graph.unit(query), graph.unit(key)), graph.scalar(-limit), graph.scalar(limit))
            let agreements = graph("Sub", graph.scalar(1), graph("Div", graph("Acos", cosines), graph.scalar(.pi)))
            let weights = graph("Mul", graph("Pow", agreements, graph.scalar(Float(bits))), graph.mask)
            let sums = graph("MatMul", weights, value)
            value =
                switch normalization {
                case .l2: graph.unit(sums)
                case .mass:
                    graph(
                        "Div", sums, graph("ReduceSum", weights, graph.integers(-1), with: [.int("keepdims", 1)]))
                }
        }
        return graph.joined(value, width: width)
    }
}
