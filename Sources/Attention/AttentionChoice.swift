import Autograd
import Options

/// Which self-attention an encoder uses, with its options, and what stands around it.
public struct AttentionChoice: Configurable, CustomStringConvertible {
    public var kind: any AttentionKind
    /// Odd width of a convolution of the values over tokens beside it, with a kernel a head (YOSO-C, Zeng et al. 2021, section 4;
    /// Nyströmformer); nil for none.
    public var convolution: Int?
    /// Order of a filter over all of that (GFSA, Choi et al. 2024); nil for none.
    public var filterOrder: Int?

    public init() { self.init(SoftmaxOptions()) }

    public init(_ kind: any AttentionKind, convolution: Int? = nil, filterOrder: Int? = nil) {
        (self.kind, self.convolution, self.filterOrder) = (kind, convolution, filterOrder)
    }

    public static var options: [Option<AttentionChoice>] {
        Option(
            "attention", \.kind, .oneOf(attentions.map { ($0.name, $0.init()) }) { type(of: $0).name },
            "self-attention, with its own keys below"
        ).choosing(
            Dictionary(uniqueKeysWithValues: attentions.map { ($0.name, below($0).map(\.name)) }),
            below: { below(type(of: $0.kind)) })
        Option(
            "filterOrder", \.filterOrder, .integer(1...100, or: "0"),
            "order of a GFSA filter over the attention; 0 for none")
    }

    private static func below(_ kind: any AttentionKind.Type) -> [Option<AttentionChoice>] {
        kind.optionsOfChoice + [
            Option(
                "attention.convolution", \.convolution, .integer(1...1023, or: "0"),
                "odd width of a convolution of the values beside it; 0 for none")
        ]
    }

    /// `inner` under a filter of this order.
    public static func gfsa(order: Int, over inner: AttentionChoice) -> Self {
        Self(inner.kind, convolution: inner.convolution, filterOrder: order)
    }

    /// `inner` with a convolution of this odd width beside it.
    public static func convolved(width: Int, beside inner: AttentionChoice) -> Self {
        Self(inner.kind, convolution: width, filterOrder: inner.filterOrder)
    }

    public static func == (one: AttentionChoice, other: AttentionChoice) -> Bool {
        one.kind.isEqual(other.kind) && one.convolution == other.convolution && one.filterOrder == other.filterOrder
    }

    /// What recipes call it, without its options.
    public var name: String { type(of: kind).name }

    /// Its name, and the options that are not those of its name alone: `yoso(hashes=16 bits=8)`.
    public var description: String {
        let plain = AttentionChoice(type(of: kind).init())
        let said = Self.options(of: self).filter { $0.name != "attention" && $0.texts(self) != $0.texts(plain) }
            .map { "\($0.name.split(separator: ".").last ?? "")=\($0.texts(self).joined(separator: ","))" }
        return name + (said.isEmpty ? "" : "(\(said.joined(separator: " ")))")
    }

    public var family: ModelFamily { type(of: kind).family }

    /// Whether dropout takes weights of single pairs: of ours softmax alone has them one by one.
    public var dropsWeights: Bool { kind.dropsWeights }

    /// The most tokens of a sequence; nil for any number.
    public var lengthLimit: Int? { kind.lengthLimit }

    /// Pairs of a query and what it is compared with, in a sequence of `length` tokens; 0 where there are no such products.
    public func pairs(length: Int) -> Int { (filterOrder == nil ? 1 : 2) * kind.pairs(length: length) }

    /// Whether rows that nobody reads are compared with nothing: what is laid over an attention reads all of its rows.
    public var comparesAskedRowsAlone: Bool {
        kind.comparesAskedRowsAlone && convolution == nil && filterOrder == nil
    }

    /// How many times larger than those of softmax the output weights of a block begin.
    public func outputScale(headWidth: Int) -> Float { kind.outputScale(headWidth: headWidth) }

    /// What stands against this choice for heads of `headWidth`, by the key of a recipe below `model`.
    public func problems(headWidth: Int) -> [(key: String, text: String)] {
        // What options mean together can be said of values within their ranges alone.
        guard problems.isEmpty else { return problems }
        let isEven = convolution.map { $0 % 2 == 0 } ?? false
        return (isEven ? [("attention.convolution", "is \(convolution ?? 0); wanted an odd width")] : [])
            + kind.problems(headWidth: headWidth)
    }

    /// Why no GPU runs it with heads of `headWidth` on sequences of `length` tokens; nil where one does.
    public func problemOnDevice(headWidth: Int, length: Int) -> String? {
        if let most = kind.lengthLimitOnDevice, length > most {
            return "a GPU takes sequences of at most \(most) tokens, not \(length)"
        }
        if filterOrder != nil { return "the graph filter runs on the CPU only" }
        if let convolution, convolution > 129 { return "a GPU convolves at most 129 tokens, not \(convolution)" }
        return kind.problemOnDevice(headWidth: headWidth)
            ?? convolution.flatMap { _ in deviceProblem(of: "a convolution", heads: headWidth) }
    }

    /// The attention of this choice for `heads` heads of `headWidth`, with `dropout` on its weights where it has any, and
    /// with parameters of its own, where it has any, in `scope`.
    public func attention(heads: Int, headWidth: Int, dropout: Float, _ scope: ParameterScope) -> any SelfAttention {
        let shape = HeadShape(heads: heads, headWidth: headWidth)
        let inner = filterOrder == nil ? scope : scope.used(times: 2)
        var attention = kind.build(shape, dropout: dropout, inner)
        if let convolution {
            attention = ConvolutionAttention(
                attention: attention, shape: shape, window: convolution,
                outputScale: outputScale(headWidth: headWidth), inner)
        }
        return filterOrder.map { GraphFilterAttention(attention: attention, shape: shape, order: $0, scope) }
            ?? attention
    }
}
