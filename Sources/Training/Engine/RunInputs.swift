import Digests
import Foundation

extension PretrainingData {
    /// SHA-256 of how often the corpus has each token, which another text or cut of it would change.
    var digest: String { tokenCounts.withUnsafeBytes { SHA256.hexadecimal(of: Data($0)) } }
}

extension TaskData {
    /// SHA-256 of the training rows as they are encoded.
    var digest: String {
        let digest = SHA256()
        for row in training {
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
