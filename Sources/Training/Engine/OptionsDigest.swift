import Bert
import Digests
import Foundation

/// What fixes a run's result, as one digest: a run that continues must have been begun with the same.
enum OptionsDigest {
    /// SHA-256 of the values as JSON with sorted keys.
    static func of(_ encoder: EncoderOptions, _ options: some Encodable) throws -> String {
        let json = JSONEncoder()
        json.outputFormatting = [.sortedKeys]
        return SHA256.hexadecimal(of: try json.encode(encoder) + (try json.encode(options)))
    }
}

extension PretrainingOptions {
    /// These options with all that never changes a result at one value.
    var identity: PretrainingOptions {
        var identity = self
        identity.threads = 0
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
        return identity
    }
}
