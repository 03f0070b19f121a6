import Foundation

/// Which segments the tokens of a pair of texts have, as the files of a vocabulary say it.
public enum PairSegments: Sendable {
    /// 0 of the first text, 1 of the second.
    case two
    /// 0 of both: the tokenizer gives no `token_type_ids`.
    case one
    /// Two to transformers 4, and one to transformers 5.
    case unsaid

    /// - Throws: `TokenizationError` where the files of `folder` are damaged.
    public init(of folder: URL) throws { self = try TokenizerConfiguration(of: folder).pairs }

    /// Why pairs of `unsaid` have no answer.
    public static let problem =
        "\(TokenizerConfiguration.name) has no '\(TokenizerConfiguration.inputsKey)'; pairs of texts want it, for without it "
        + "transformers 4 has two segments and transformers 5 has one"
}
