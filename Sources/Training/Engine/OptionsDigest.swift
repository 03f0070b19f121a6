import Bert
import Digests
import Foundation

/// What fixes a run's result, as one digest: a run that continues must have been begun with the same.
enum OptionsDigest {
    /// SHA-256 of the values as JSON with sorted keys, and of what is read: the digests of data and of weights.
    static func of(_ encoder: EncoderOptions, _ options: some Encodable, inputs: [String]) throws -> String {
        let json = JSONEncoder()
        json.outputFormatting = [.sortedKeys]
        let parts = [try json.encode(encoder), try json.encode(options), try json.encode(inputs)]
        return SHA256.hexadecimal(of: parts.reduce(Data(), +))
    }
}

extension PretrainingData {
    /// SHA-256 of how often the corpus has each token, which another text or cut of it would change.
    var digest: String { tokenCounts.withUnsafeBytes { SHA256.hexadecimal(of: Data($0)) } }
}

extension TaskData {
    /// SHA-256 of the training rows as they are encoded.
    var digest: String {
        let digest = SHA256()
        for row in training {
            for numbers in [row.ids, row.segments] { numbers.withUnsafeBytes { digest.update($0) } }
            withUnsafeBytes(of: row.target) { digest.update($0) }
        }
        return digest.hexadecimal()
    }
}

extension PretrainingOptions {
    /// These options with all that never changes a result at one value.
    var identity: PretrainingOptions {
        var identity = self
        identity.threads = 0
        identity.recompute = false
        identity.evaluation = EvaluationOptions()
        identity.checkpoints = CheckpointOptions()
        return identity
    }
}

extension FineTuningOptions {
    /// These options with all that never changes a result at one value.
    var identity: FineTuningOptions {
        var identity = self
        identity.threads = 0
        identity.recompute = false
        return identity
    }
}
