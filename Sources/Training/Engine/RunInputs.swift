import Digests
import Foundation
import Tasks

extension PretrainingData {
    /// SHA-256 of how often the training text has each token, which most other texts and cuts of it would change; any would
    /// `RunState.textOrder`.
    var digest: String { tokenCounts.withUnsafeBytes { SHA256.hexadecimal(of: Data($0)) } }
}

extension [EncodedRow] {
    /// SHA-256 of the rows.
    var digest: String {
        let digest = SHA256()
        for row in self {
            for numbers in [row.ids, row.segments, row.words] { numbers.withUnsafeBytes { digest.update($0) } }
            row.target.withUnsafeBytes { digest.update($0) }
        }
        return digest.hexadecimal()
    }
}

extension PretrainingOptions {
    /// These options with all that never changes a result at one value.
    public var identity: PretrainingOptions {
        var identity = self
        identity.threads = 0
        identity.recompute = false
        // What computes is told apart by its arithmetic.
        (identity.device, identity.deviceTokens) = (nil, nil)
        identity.evaluation = EvaluationOptions()
        identity.checkpoints = CheckpointOptions()
        if !examples.sentenceOrder { identity.examples.pairEnds = nil }
        return identity
    }
}

extension FineTuningOptions {
    /// These options with all that never changes a result at one value.
    public var identity: FineTuningOptions {
        var identity = self
        identity.threads = 0
        identity.recompute = false
        (identity.device, identity.deviceTokens) = (nil, nil)
        return identity
    }
}
