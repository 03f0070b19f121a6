import Autograd
import Options

/// The options of one attention, which build it: a folder of this target has both, and `attentions` names it.
public protocol AttentionKind: Configurable {
    /// What recipes call it.
    static var name: String { get }
    /// Whose names and shapes a model with it takes.
    static var family: ModelFamily { get }
    /// What checkpoints may call it.
    static var codedNames: [String] { get }
    /// What a checkpoint calls it.
    var codedName: String { get }
    /// The most tokens of a sequence; nil for any number.
    var lengthLimit: Int? { get }
    /// The key of a recipe below `model` that says it.
    var lengthLimitKey: String { get }
    /// Whether `dropout` of `build` drops anything.
    var dropsWeights: Bool { get }
    /// Pairs of a query and what it is compared with, in a sequence of `length` tokens; 0 where there are no such products.
    func pairs(length: Int) -> Int
    /// Whether rows that nobody reads are compared with nothing.
    var comparesAskedRowsAlone: Bool { get }
    /// How many times larger than those of softmax the output weights of a block begin.
    func outputScale(headWidth: Int) -> Float
    /// What stands against options within their ranges, for heads of `headWidth`, by the key of a recipe below `model`.
    func problems(headWidth: Int) -> [(key: String, text: String)]
    /// Why no GPU runs it with heads of `headWidth`; nil where one does.
    func problemOnDevice(headWidth: Int) -> String?
    /// The most tokens of a sequence on a GPU; nil for any number.
    var lengthLimitOnDevice: Int? { get }
    /// Fills in what follows from the longest sequence of the model.
    mutating func fit(positions: Int)
    /// The attention for heads of `shape`, with `dropout` on its weights where it has any, and with parameters of its own, where
    /// it has any, in `scope`.
    func build(_ shape: HeadShape, dropout: Float, _ scope: ParameterScope) -> any SelfAttention
}

/// Every attention; one that is added is a folder here and a line.
public let attentions: [any AttentionKind.Type] = [
    SoftmaxOptions.self,
    YosoExpectationOptions.self,
    YosoOptions.self,
    ValuesOnlyOptions.self,
    LinearOptions.self,
    PerformerOptions.self,
    LinformerOptions.self,
    NystromOptions.self,
    LocalOptions.self,
    MultiresolutionOptions.self,
    FlowOptions.self,
]

/// The Hugging Face architecture whose names and shapes a model takes, fixed by its attention.
public enum ModelFamily: String, Sendable, Equatable {
    case bert, yoso

    /// Where position 0 lies in the position table: YOSO's has two unused rows in front
    /// (transformers, `YosoEmbeddings`).
    public var firstPosition: Int { self == .yoso ? 2 : 0 }
}

/// Why no GPU runs `attention`, whose kernels take heads of some widths, with such heads.
func deviceProblem(of attention: String, heads width: Int) -> String? {
    [16, 32, 64, 128].contains(width)
        ? nil : "a GPU has \(attention) for heads of 16, 32, 64 or 128 columns, not of \(width)"
}

extension AttentionKind {
    public static var family: ModelFamily { .bert }
    public static var codedNames: [String] { [name] }
    public var codedName: String { Self.name }
    public var lengthLimit: Int? { nil }
    public var lengthLimitKey: String { "attention" }
    public var dropsWeights: Bool { false }
    public func pairs(length: Int) -> Int { 0 }
    public var comparesAskedRowsAlone: Bool { false }
    public func outputScale(headWidth: Int) -> Float { 1 }
    public func problems(headWidth: Int) -> [(key: String, text: String)] { [] }
    public func problemOnDevice(headWidth: Int) -> String? { "\(Self.name) runs on the CPU only" }
    public var lengthLimitOnDevice: Int? { nil }
    public func fit(positions: Int) {}

    func isEqual(_ other: any AttentionKind) -> Bool { other as? Self == self }

    /// Its options as those of a choice that has it.
    static var optionsOfChoice: [Option<AttentionChoice>] {
        options(in: "attention", get: { $0.kind as? Self ?? Self() }, set: { $0.kind = $1 })
    }
}
