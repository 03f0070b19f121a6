import Autograd

/// tanh(W h[CLS] + b), from the rows of `[CLS]` (Devlin et al. 2019; transformers, `BertPooler`).
public struct Pooler: Sendable {
    private let dense: Dense

    public init(_ options: EncoderOptions, _ layout: ParameterLayout) {
        let scope = layout.scope(options.family.rawValue)["pooler"]
        dense = Dense(scope["dense"], from: options.width, to: options.width, options)
    }

    public func callAsFunction(_ first: Variable) -> Variable { dense(first).tanh() }
}
