import Autograd

/// tanh(W h[CLS] + b), from the rows of `[CLS]` (Devlin et al. 2019; transformers, `BertPooler`).
struct Pooler: Sendable {
    private let dense: Dense

    init(_ options: EncoderOptions, _ scope: ParameterScope) {
        dense = Dense(scope["dense"], from: options.width, to: options.width, deviation: options.initializerRange)
    }

    func callAsFunction(_ first: Variable) -> Variable { dense(first).tanh() }
}
