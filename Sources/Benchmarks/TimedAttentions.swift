import Attention
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
        return texts.compactMap { name, text in read(text, ignoringUnknown: true).map { (name, $0) } }
    }

    public static var names: [String] { TimedAttentions(length: 1).all.map(\.name) }

    /// One of `all`, a sampled one of them with its hashes as `yoso-16`, or an attention as recipes call it with options of its own,
    /// for example `yoso(hashes=16 bits=12)`; nil for anything else.
    public subscript(_ text: String) -> AttentionChoice? {
        all.first { $0.name == text }?.choice ?? sampled(text) ?? read(text)
    }

    private func sampled(_ text: String) -> AttentionChoice? {
        guard let dash = text.lastIndex(of: "-"), let hashes = Int(text[text.index(after: dash)...]),
            (1...1024).contains(hashes)
        else { return nil }
        let some = TimedAttentions(length: length, hashes: hashes).all.filter { $0.choice.kind is YosoOptions }
        return some.first { $0.name == text[..<dash] }?.choice
    }

    /// - Parameter ignoringUnknown: whether options that the attention does not have are passed over.
    private func read(_ text: String, ignoringUnknown: Bool = false) -> AttentionChoice? {
        let parts = text.split(separator: "(", maxSplits: 1)
        var choice = AttentionChoice()
        func set(_ key: String, _ value: String) -> Bool {
            AttentionChoice.options(of: choice).first { $0.name == key }.map { $0.read([value], &choice) }
                ?? ignoringUnknown
        }
        guard let name = parts.first, set("attention", String(name)), parts.count == 1 || text.hasSuffix(")") else {
            return nil
        }
        var known: Set<String> = []
        for setting in (parts.count == 1 ? "" : parts[1].dropLast()).split(separator: " ") {
            let pair = setting.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2, known.insert(pair[0]).inserted,
                set(pair[0] == "filterOrder" ? pair[0] : "attention.\(pair[0])", pair[1])
            else {
                return nil
            }
        }
        choice.kind.fit(positions: length)
        return choice
    }
}
