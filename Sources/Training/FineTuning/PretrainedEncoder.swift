import Autograd
import Bert
import Checkpoints
import Foundation
import Tasks

/// The folder that a classifier's encoder comes from.
public enum PretrainedEncoder {
    /// Reads the encoder and its pooler where there is one, but for the layers that are to begin afresh.
    ///
    /// - Returns: the names of the parameters that were not read.
    /// - Throws: `CheckpointError` where the folder is damaged or holds another encoder.
    static func read(
        _ folder: URL, into weights: ModelWeights, _ options: FineTuningOptions, layers: Int
    ) throws -> [String] {
        try ModelFolder.read(folder, into: weights.parameters, weights.layout) { demand($0, options, layers: layers) }
    }

    /// Compares a pretrained folder with a classifier on `encoder`, before memory is taken for it.
    ///
    /// - Returns: the tensors that are not read.
    /// - Throws: as `ModelFolder.check`.
    public static func check(
        _ folder: URL, _ encoder: EncoderOptions, _ target: Target, _ options: FineTuningOptions
    ) throws -> CheckpointNotes {
        try ModelFolder.check(folder, encoder, { demand($0, options, layers: encoder.layers) }) {
            _ = ClassificationModel(encoder, target, $0)
        }
    }

    private static func demand(
        _ parameter: Parameter, _ options: FineTuningOptions, layers: Int
    ) -> ModelFolder.Demand {
        if parameter.name.hasPrefix("classifier") { return .ignored }
        if options.layers.isFresh(parameter, layers: layers) { return .ignored }
        return parameter.isOfPooler ? .optional : .required
    }
}

extension EncoderOptions {
    /// With the dropout that `options` name in the place of the checkpoint's.
    public mutating func drop(by options: FineTuningOptions) {
        dropout = options.dropout ?? dropout
        attentionDropout = options.attentionDropout ?? attentionDropout
    }

    /// With the pooler of a folder in front of classes where the family has none there: sentence order has taught it to tell two
    /// sentences apart, which a dense layer would learn anew from the rows of a task.
    public mutating func keepPooler(of folder: URL) {
        let name = "\(family.rawValue).pooler.dense.weight"
        if head == nil, !hasPooler, (try? WeightFiles(of: folder))?.shape(of: name) != nil { head = .pooler }
    }
}

extension Parameter {
    var isOfPooler: Bool { name.contains(".pooler.") }
}
