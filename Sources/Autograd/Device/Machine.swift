import Tensors

/// What computes passes in the place of the CPU's kernels, in memory of its own: a GPU.
///
/// Operations of a tape call it where the tape has one, in the order of the tape; what they ask for happens in that order, and
/// only looking at numbers waits for it. Activations are of the machine's precision, and lie in whole tiles: beyond the rows of
/// a tensor they are finite, and gradients zero. Everything else is float32.
public protocol Machine: AnyObject {
    /// An activation of arbitrary contents.
    func activation(_ rows: Int, _ columns: Int) -> Tensor
    func copy(_ x: Tensor) -> Tensor
    /// Waits until everything that was asked for is done.
    func finish()
    /// Adds what still waits to gradients of parameters, as a pass ends.
    func settle()
    /// y += x
    func add(_ x: Tensor, to y: Tensor)
    /// x = 0, in all of its tiles
    func clear(_ x: Tensor)

    /// y[i] = word[id[i]] + position[position[i]] + segment[segment[i]], of three tables
    func embed(_ tables: [(table: Tensor, ids: [Int32])], into y: Tensor)
    /// table[ids[i]] += dy[i], of the gradients of the same tables
    func addLookups(_ dy: Tensor, to tables: [(table: Tensor, ids: [Int32])])
    /// y[i] = x[indices[i]]
    func gather(_ x: Tensor, _ indices: [Int32], into y: Tensor)
    /// dx[indices[i]] = dy[i] and zero elsewhere, or += where it `accumulates`; the indices ascend.
    func scatter(_ dy: Tensor, _ indices: [Int32], into dx: Tensor, accumulates: Bool)
    /// y_s = Σ x_i / n_s over the rows of sequence s
    func meanRows(_ x: Tensor, _ layout: BatchLayout, into y: Tensor)
    func meanRowsGradient(_ dy: Tensor, _ layout: BatchLayout, into dx: Tensor, accumulates: Bool)
    /// y = [a; b; a ∘ b; a - b] of every two rows of x
    func pairFeatures(_ x: Tensor, into y: Tensor)
    func pairFeaturesGradient(_ dy: Tensor, _ x: Tensor, into dx: Tensor, accumulates: Bool)

    /// y = x Wᵀ + b
    func linear(_ x: Tensor, _ weight: Parameter, _ bias: Parameter, into y: Tensor)
    /// dx = dy W, or dx += dy W
    func linearInputGradient(_ dy: Tensor, _ weight: Parameter, into dx: Tensor, accumulates: Bool)
    /// dW += dyᵀ x
    func linearWeightGradient(_ dy: Tensor, _ x: Tensor, to dWeight: Tensor)
    /// sums[j] += Σ over rows of dy[i, j]
    func addColumnSums(of dy: Tensor, to sums: Tensor)

    /// With s = x + dropout(branch): the normalised row u = (s - mean s) / √(var s + ε), where backward wants it, u scale + shift,
    /// and 1 / √(var s + ε).
    func residualNorm(
        _ x: Tensor, _ branch: Tensor?, _ scale: Parameter, _ shift: Parameter, epsilon: Float, _ mask: DropoutMask?,
        keeping: Bool
    ) -> (y: Tensor, kept: KeptNorm?)
    /// dy becomes ds, and dropout(ds) is returned where there was a branch; dscale and dshift are added to.
    func residualNormGradient(
        _ dy: Tensor, _ kept: KeptNorm, _ scale: Parameter, _ mask: DropoutMask?, hasBranch: Bool, dScale: Tensor,
        dShift: Tensor
    ) -> Tensor?

    func gelu(_ x: Tensor, _ form: GeluForm, into y: Tensor)
    /// d *= gelu'(x), whose sums over rows are added to `sums`; x becomes gelu(x) where it `keeps`.
    func geluGradient(_ x: Tensor, _ form: GeluForm, _ d: Tensor, sums: Tensor?, keeps: Bool)
    func tanh(_ x: Tensor, into y: Tensor)
    /// d *= 1 - y²
    func tanhGradient(_ y: Tensor, _ d: Tensor)
    /// y = x / (1 - p) or 0
    func dropout(_ x: Tensor, _ mask: DropoutMask, into y: Tensor)

    /// Rows of logits become the gradient of weight · Σ loss. What was counted is waited for when it is asked for.
    func crossEntropy(_ logits: Tensor, _ labels: [Int32], weight: Float, smoothing: Float) -> () -> LossCounts
    func binaryCrossEntropy(_ logits: Tensor, _ targets: [Float], weight: Float) -> () -> LossCounts
    func squaredError(_ x: Tensor, _ targets: [Float], weight: Float) -> () -> LossCounts
    /// The logits x Eᵀ + b, a chunk of rows at a time, their loss, and, in training, its gradients; where there are `uniforms`, one
    /// a row, samples too.
    func tiedCrossEntropy(
        _ x: Tensor, _ embedding: Parameter, _ bias: Parameter, _ labels: [Int32], weight: Float,
        sampling uniforms: [Float], _ gradients: (dx: Tensor, dEmbedding: Tensor, dBias: Tensor)?
    ) -> TiedLoss

    /// The outputs of the heads, [tokens, width], from projections [tokens, 3 · width].
    func attend(_ projections: Tensor, _ layout: BatchLayout, _ attention: DeviceAttention) -> (Tensor, KeptAttention)
    /// y = attended + the values of the projections convolved over tokens, a kernel a head, [heads, window].
    func convolve(
        _ projections: Tensor, _ attended: Tensor, _ layout: BatchLayout, heads: Int, _ kernels: Parameter
    ) -> Tensor
    /// Adds to the gradient of the projections, whose other parts are there, and to that of the kernels.
    func convolveGradient(
        _ dy: Tensor, _ projections: Tensor, _ layout: BatchLayout, heads: Int, _ kernels: Parameter,
        dProjections: Tensor, dKernels: Tensor)
    /// The gradient of the projections; that of the temperatures, where there are any, is added to `dTemperature`.
    func attendGradient(
        _ dy: Tensor, _ output: Tensor, _ projections: Tensor, _ kept: KeptAttention, dTemperature: Tensor?
    ) -> Tensor
}

/// Of a norm, for its gradient.
public struct KeptNorm {
    public let normalized: Tensor
    public let inverseDeviation: Tensor

    public init(normalized: Tensor, inverseDeviation: Tensor) {
        (self.normalized, self.inverseDeviation) = (normalized, inverseDeviation)
    }
}

/// What was counted in the rows of a loss.
public struct LossCounts {
    /// Σ loss, unweighted.
    public var sum: Double
    /// Rows whose arg max is the label.
    public var correct: Int

    public init(sum: Double = 0, correct: Int = 0) { (self.sum, self.correct) = (sum, correct) }

    /// Of rows whose loss is a mean over columns.
    func over(_ columns: Int) -> LossCounts { LossCounts(sum: sum / Double(columns), correct: correct) }
}

/// What the loss of a tied decoder tells, both waited for when asked for.
public struct TiedLoss {
    public var counts: () -> LossCounts = { LossCounts() }
    public var samples: () -> [Int32] = { [] }

    public init() {}
}

/// An attention as a machine runs it.
public struct DeviceAttention {
    public let heads: Int
    public let headWidth: Int
    public let kind: Kind

    public enum Kind {
        /// dropout(softmax(scale Q Kᵀ)) V.
        case softmax(scale: SoftmaxScale, dropout: Float, random: RandomStream?)
        /// softmax(scale Q Kᵀ) V over the tokens at most `window` away and the first, which itself sees all.
        case local(scale: Float, window: Int)
        /// φ(Q) (φ(K)ᵀ V), over its sums of φ(Q) φ(K)ᵀ, with φ(x) = elu(x) + 1.
        case linear
        /// By so many means of queries and keys at most.
        case nystrom(scale: Float, landmarks: Int)
        /// Every pair weighs its expectation.
        case yosoExpectation(YosoPairs)
        /// Pairs that hashes of the stream select, by rotations or by hyperplanes; each sequence has a stream of its own in it where
        /// they are drawn anew.
        case yoso(
            YosoPairs, hashes: Int, conditional: Bool, byPlanes: Bool, random: RandomStream, isDrawn: Bool)
    }

    /// The factor of scores.
    public enum SoftmaxScale {
        case fixed(Float)
        /// `first` e^θ of a learned θ a head, of queries and keys of length 1.
        case learned(first: Float, Parameter)
    }

    /// θ, where there is one.
    public var temperature: Parameter? {
        if case .softmax(.learned(_, let temperature), _, _) = kind { temperature } else { nil }
    }

    /// What pairs of YOSO weigh, and what their sums are divided by.
    public struct YosoPairs {
        /// Of a hash; nil for log₂ of each sequence's length.
        public let bits: Int?
        /// Of the kernel; nil for those of a hash.
        public let kernelBits: Int?
        /// The most keys that a query meets on average, by bits chosen for every head and sequence; nil for no limit.
        public let budget: Int?
        /// Whether the kernel's derivative is exact, or its lower bound.
        public let exact: Bool
        /// Whether sums are divided by the mass of their weights, or by their length.
        public let byMass: Bool

        public init(bits: Int?, kernelBits: Int?, budget: Int? = nil, exact: Bool, byMass: Bool) {
            (self.bits, self.kernelBits, self.budget) = (bits, kernelBits, budget)
            (self.exact, self.byMass) = (exact, byMass)
        }
    }

    public init(heads: Int, headWidth: Int, _ kind: Kind) {
        (self.heads, self.headWidth, self.kind) = (heads, headWidth, kind)
    }
}

/// What a machine keeps of an attention for its gradient.
public struct KeptAttention {
    public let attention: DeviceAttention
    public let layout: BatchLayout
    public let tensors: [Tensor?]

    public init(_ attention: DeviceAttention, _ layout: BatchLayout, _ tensors: [Tensor?]) {
        (self.attention, self.layout, self.tensors) = (attention, layout, tensors)
    }
}
