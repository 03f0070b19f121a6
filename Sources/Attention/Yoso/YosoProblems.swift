extension YosoOptions {
    /// The most hashes of the conditional estimator, beyond which float32 no longer gives the probability that a pair is met.
    static let mostSelectingHashes = 1024

    /// What stands against these options together for heads of `headWidth`, by the key of a recipe below `model`.
    ///
    /// - Precondition: each is within its range.
    public func problems(headWidth: Int) -> [(key: String, text: String)] {
        var problems: [(key: String, text: String)] = []
        if headWidth > 128 { problems.append(("heads", "makes heads \(headWidth) wide; yoso hashes at most 128")) }
        return problems + (estimator == .counts ? problemsOfCounts : problemsOfSelection)
    }

    private var problemsOfCounts: [(key: String, text: String)] {
        var problems: [(key: String, text: String)] = []
        if let kernelBits, kernelBits != bits {
            problems.append(
                ("attention.kernelBits", "is \(kernelBits), but counts have the bits of the hash; wanted auto"))
        }
        if let pairs {
            problems.append(
                ("attention.pairs", "is \(pairs), but counts have no budget; wanted estimator: conditional"))
        }
        return problems
    }

    private var problemsOfSelection: [(key: String, text: String)] {
        var problems: [(key: String, text: String)] = []
        let most = max(hashes, evaluationHashes ?? hashes)
        if most > Self.mostSelectingHashes {
            problems.append(("attention.hashes", "is \(most); the conditional estimator takes at most 1024"))
        }
        // Bits that follow the length are 16 at most; those that a budget chooses stay below the kernel's.
        if let kernelBits, kernelBits < bits ?? (pairs == nil ? Self.hashBits.upperBound : 1) {
            let least = bits.map { "the \($0) bits of a hash" } ?? "16, which bits: auto may reach"
            problems.append(("attention.kernelBits", "is \(kernelBits); wanted at least \(least), and at most 64"))
        }
        guard let pairs else { return problems }
        if bits != nil {
            problems.append(("attention.bits", "is \(bits ?? 0), but pairs chooses the bits; wanted bits: auto"))
        }
        if kernelBits == nil {
            problems.append(("attention.kernelBits", "is auto, but pairs chooses the bits of a hash; wanted a number"))
        }
        if pairs < 4 * most {
            problems.append(("attention.pairs", "is \(pairs); wanted at least four times the \(most) hashes"))
        }
        return problems
    }
}
