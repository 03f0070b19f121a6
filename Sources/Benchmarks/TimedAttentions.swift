import Attention
import Experiments
import Options

/// The attentions that benches time, with the settings that fit a length.
public struct TimedAttentions {
    let length: Int
    let hashes: Int

    public init(length: Int, hashes: Int = YosoOptions().hashes) {
        (self.length, self.hashes) = (length, hashes)
    }

    /// ⌊log₂⌋ of the length, as bits of a hash code.
    private var bits: Int { max(1, min(16, Int.bitWidth - 1 - length.leadingZeroBitCount)) }

    /// By name: every one that there is, and some settings that are compared; `conditional` has one bit less than the length, so
    /// that chance alone lets a query meet two keys a hash, and `budget` at most 128 pairs a query, or four a hash.
    public var all: [(name: String, choice: AttentionChoice)] {
        let sampled = "hashes=\(hashes) estimator=conditional kernelBits=16 normalization=mass"
        let texts =
            attentions.map { ($0.name, "\($0.name)(hashes=\(hashes) bits=\(bits))") } + [
                ("normalizedSoftmax", "softmax(queryKeyNorm=true)"),
                ("massExpectation", "yosoExpectation(bits=16 normalization=mass)"),
                ("conditional", "yoso(bits=\(max(1, bits - 1)) \(sampled))"),
                ("budget", "yoso(bits=auto pairs=\(max(128, 4 * hashes)) \(sampled))"),
                ("mra-sparse", "mra(sparse=true)"),
                ("gfsa", "softmax(filterOrder=3)"),
            ]
        return texts.compactMap { name, text in (try? read(text, ignoringUnknown: true)).map { (name, $0) } }
    }

    public static var names: [String] { TimedAttentions(length: 1).all.map(\.name) }

    /// One of `all`, a sampled one of them with its hashes as `yoso-16`, or an attention as recipes call it with options of its own,
    /// for example `yoso(hashes=16 bits=12)`; nil where there is no attention of such a name.
    ///
    /// - Throws: `ChoiceText.Fault`, and `UsageError` where an option is not the attention's, or its value none.
    public func named(_ text: String) throws -> AttentionChoice? {
        try all.first { $0.name == text }?.choice ?? sampled(text) ?? read(text)
    }

    /// - Parameters:
    ///   - option: what says `text`, `--only`, and `longest` what says the length, `--length is 64`.
    ///   - names: those that it may say, beside those with options of their own.
    /// - Throws: `UsageError` where `text` is no attention for heads of `headWidth` and sequences of `length`.
    public func check(
        _ text: String, _ option: String, _ longest: String, headWidth: Int, among names: [String]
    ) throws {
        let choice: AttentionChoice?
        do { choice = try named(text) } catch { throw UsageError("\(option): \(error)") }
        guard let choice else {
            let hint = Spelling.hint(for: text, among: names)
            throw UsageError("\(option) \(text)\(hint): wanted one of \(names.joined(separator: ", "))")
        }
        if let (key, problem) = choice.problems(headWidth: headWidth).first {
            throw UsageError("\(option) \(text): \(key) \(problem)")
        }
        guard let limit = choice.lengthLimit, limit < length else { return }
        throw UsageError("\(option) \(text): takes \(limit) tokens at most; \(longest)")
    }

    private func sampled(_ text: String) -> AttentionChoice? {
        guard let dash = text.lastIndex(of: "-"), let hashes = Int(text[text.index(after: dash)...]),
            (1...1024).contains(hashes)
        else { return nil }
        let some = TimedAttentions(length: length, hashes: hashes).all.filter { $0.choice.kind is YosoOptions }
        return some.first { $0.name == text[..<dash] }?.choice
    }

    /// - Parameter ignoringUnknown: whether options that the attention does not have are passed over.
    private func read(_ text: String, ignoringUnknown: Bool = false) throws -> AttentionChoice? {
        let said = try ChoiceText(text)
        var choice = AttentionChoice()
        guard AttentionChoice.options[0].read([said.name], &choice) else { return nil }
        for setting in said.settings {
            let options = AttentionChoice.options(of: choice).dropFirst()
            let names = options.map { $0.name.split(separator: ".").last.map(String.init) ?? "" }
            guard let index = names.firstIndex(of: setting.key) else {
                if ignoringUnknown { continue }
                let hint = Spelling.hint(for: setting.key, among: names)
                throw UsageError(
                    "\(text): unknown '\(setting.key)'\(hint); wanted some of \(names.joined(separator: ", "))")
            }
            let option = options[options.startIndex + index]
            guard option.read([setting.value], &choice) else {
                throw UsageError("\(text): \(option.refusal(of: [setting.value]))")
            }
        }
        choice.kind.fit(positions: length)
        return choice
    }
}
