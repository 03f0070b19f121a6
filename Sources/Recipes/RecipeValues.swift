import Attention
import Bert
import Corpora
import Tensors
import Training

// Values were checked against the schema, so reading them again cannot fail; a default here would hide a schema that
// disagrees with this file.
extension ResolvedRecipe {
    private func read<Value>(_ key: String, _ parse: (String) -> Value?) -> Value {
        guard let value = parse(self[key]) else { preconditionFailure("\(key) passed the schema as '\(self[key])'") }
        return value
    }

    func integer(_ key: String) -> Int { read(key, Scalar.integer) }
    func float(_ key: String) -> Float { read(key) { Scalar.number($0).map { Float($0) } } }
    func share(_ key: String) -> Double { read(key, Scalar.share) }
    func boolean(_ key: String) -> Bool { read(key, Scalar.boolean) }
    func steps(_ key: String) -> Int { read(key, Scalar.steps) }
    func choice<Choice: RawRepresentable<String>>(_ key: String) -> Choice { read(key, Choice.init(rawValue:)) }
    /// Nil for `none`.
    func path(_ key: String) -> String? { self[key] == "none" ? nil : self[key] }

    var precision: Precision { choice("precision") }

    /// What is wrong with the precision on this machine.
    var precisionIssues: [RecipeIssue] {
        guard !precision.isAvailable else { return [] }
        let message = "precision is \(precision.rawValue), but this CPU has no AVX512-BF16; wanted fp32"
        return [issue("precision", message)]
    }

    var batch: BatchSize { read("batch", Scalar.batch) }
    var budget: Budget { read("budget", Scalar.budget) }
    var seed: UInt64 { UInt64(integer("seed")) }

    var optimizer: OptimizerOptions {
        OptimizerOptions(
            kind: self["optimizer.kind"] == AdamW.name ? nil : self["optimizer.kind"], rate: float("optimizer.rate"),
            beta1: float("optimizer.beta1"), beta2: float("optimizer.beta2"),
            epsilon: float("optimizer.epsilon"), decay: float("optimizer.decay"), clip: float("optimizer.clip"))
    }

    var schedule: ScheduleOptions {
        ScheduleOptions(shape: choice("schedule.shape"), warmup: read("schedule.warmup", Scalar.warmup))
    }

    var examples: ExampleOptions {
        ExampleOptions(
            length: integer("examples.length"), shortShare: share("examples.shortShare"),
            sentenceOrder: boolean("examples.sentenceOrder"),
            masking: MaskingOptions(
                share: share("examples.masking.share"), unit: choice("examples.masking.unit"),
                replacedByMask: share("examples.masking.replacedByMask"),
                replacedByRandom: share("examples.masking.replacedByRandom")))
    }

    var attention: AttentionChoice {
        let order = integer("model.filterOrder")
        return order == 0 ? unfilteredAttention : .gfsa(order: order, over: unfilteredAttention)
    }

    var unfilteredAttention: AttentionChoice {
        let width = integer("model.attention.convolution")
        return width == 0 ? plainAttention : .convolved(width: width, beside: plainAttention)
    }

    private var plainAttention: AttentionChoice {
        switch self["model.attention"] {
        case "softmax": boolean("model.attention.queryKeyNorm") ? .normalizedSoftmax : .softmax
        case "yosoExpectation":
            .yosoExpectation(
                YosoExpectationOptions(
                    bits: integer("model.attention.bits"), gradient: choice("model.attention.gradient"),
                    normalization: choice("model.attention.normalization")))
        case "yoso": .yoso(yoso)
        case "none": .none
        case "linear": .linear
        case "performer": .performer(features: integer("model.attention.features"))
        case "linformer":
            .linformer(
                rank: integer("model.attention.rank"),
                length: Scalar.integer(self["model.attention.length"]) ?? integer("model.positions"))
        case "nystrom": .nystrom(landmarks: integer("model.attention.landmarks"))
        case "local": .local(window: integer("model.attention.window"))
        case "mra": .mra(blocks: integer("model.attention.blocks"), isSparse: boolean("model.attention.sparse"))
        default: preconditionFailure("no attention is called \(self["model.attention"])")
        }
    }

    private var yoso: YosoOptions {
        let pairs = integer("model.attention.pairs")
        return YosoOptions(
            hashes: integer("model.attention.hashes"), bits: Scalar.integer(self["model.attention.bits"]),
            hash: choice("model.attention.hash"), gradient: choice("model.attention.gradient"),
            evaluation: self["model.attention.evaluation"] == "expectation"
                ? .expectation : .sampled(Scalar.integer(self["model.attention.evaluationHashes"])),
            estimator: choice("model.attention.estimator"),
            kernelBits: Scalar.integer(self["model.attention.kernelBits"]),
            normalization: choice("model.attention.normalization"), pairs: pairs == 0 ? nil : pairs)
    }
}
