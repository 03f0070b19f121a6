/// The rule by which gradients change parameters, with clipping by global norm.
public struct OptimizerOptions: Sendable, Equatable, Codable {
    /// One of the names of `optimizers`; nil is AdamW. A value that is there changes the identity of a run, so that none is
    /// written for that.
    public var kind: String?
    /// Peak learning rate.
    public var rate: Float
    public var beta1: Float
    public var beta2: Float
    public var epsilon: Float
    /// Decoupled weight decay; biases and norms are exempt.
    public var decay: Float
    /// Largest global gradient norm; 0 leaves gradients as they are.
    public var clip: Float

    public init(
        kind: String? = nil, rate: Float = 1e-4, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-6,
        decay: Float = 0.01,
        clip: Float = 1
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
public struct ScheduleOptions: Sendable, Equatable, Codable {
    public enum Shape: String, Sendable, Equatable, Codable, CaseIterable {
        case linear, cosine, constant
    }

    /// The decay after warm-up: straight to zero, half a cosine to zero, or none.
    public var shape: Shape
    /// Length of the linear warm-up.
    public var warmup: Warmup

    public init(shape: Shape = .linear, warmup: Warmup = .share(0.01)) {
        self.shape = shape
        self.warmup = warmup
    }

    /// A warm-up as a share of all steps (`6%`) or as a number of steps (`500 steps`).
    public enum Warmup: Sendable, Equatable, Codable {
        case share(Double)
        case steps(Int)
    }
}

/// How long a run lasts.
public enum Budget: Sendable, Equatable, Codable {
    case steps(Int)
    case tokens(Int)
    /// Each of which is evaluated and saved.
    case epochs(Int)
    /// Turned into steps by the measured speed before the first one, and again while it runs; recorded in the run.
    case seconds(Double)
}

/// The size of an optimizer step.
public enum BatchSize: Sendable, Equatable, Codable {
    case sequences(Int)
    case tokens(Int)
}
