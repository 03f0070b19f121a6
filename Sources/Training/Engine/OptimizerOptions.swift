import Options

/// The rule by which gradients change parameters, with clipping by global norm.
public struct OptimizerOptions: Configurable {
    /// One of the names of `optimizers`; nil is AdamW. A value that is there changes the identity of a run, so that none is
    /// written for that.
    public var kind: String?
    /// Peak learning rate.
    public var rate: Float = 1e-4
    public var beta1: Float = 0.9
    public var beta2: Float = 0.999
    public var epsilon: Float = 1e-6
    /// Decoupled weight decay; biases and norms are exempt.
    public var decay: Float = 0.01
    /// Largest global gradient norm; 0 leaves gradients as they are.
    public var clip: Float = 1

    public init() {}

    public static var options: [Option<Self>] {
        Option(
            "kind", \.kind,
            .oneOf(optimizers.map { ($0.name, $0.name == AdamW.name ? nil : $0.name) }) { $0 ?? AdamW.name },
            "how gradients change weights")
        Option("rate", \.rate, 0...10, "peak learning rate")
        Option("beta1", \.beta1, 0...0.999999, "decay of the first moment")
        Option("beta2", \.beta2, 0...0.999999, "decay of the second moment")
        Option("epsilon", \.epsilon, 1e-30...1, "added to the root of the second moment")
        Option("decay", \.decay, 0...1, "decoupled weight decay, not of biases and norms")
        Option("clip", \.clip, 0...1e9, "largest global gradient norm; 0 never clips")
    }

    public init(
        kind: String? = nil, rate: Float = Self().rate, beta1: Float = Self().beta1, beta2: Float = Self().beta2,
        epsilon: Float = Self().epsilon, decay: Float = Self().decay, clip: Float = Self().clip
    ) {
        self.kind = kind
        self.rate = rate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.decay = decay
        self.clip = clip
    }
}

/// How the learning rate runs over the steps.
public struct ScheduleOptions: Configurable {
    public enum Shape: String, Sendable, Equatable, Codable, CaseIterable {
        case linear, cosine, constant
    }

    /// The decay after warm-up: straight to zero, half a cosine to zero, or none.
    public var shape: Shape = .linear
    /// Length of the linear warm-up.
    public var warmup: Warmup = .share(0.01)

    public init() {}

    public static var options: [Option<Self>] {
        Option("shape", \.shape, "decay of the rate")
        Option("warmup", \.warmup, .warmup, "linear warm-up")
    }

    public init(
        shape: Shape = Self().shape, warmup: Warmup = Self().warmup
    ) {
        self.shape = shape
        self.warmup = warmup
    }

    /// A warm-up as a share of all steps (`6%`) or as a number of steps (`500 steps`).
    public enum Warmup: Sendable, Equatable, Codable {
        case share(Double)
        case steps(Int)
    }
}
