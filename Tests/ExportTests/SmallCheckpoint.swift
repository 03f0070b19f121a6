import Attention
import Autograd
import Bert
import Checkpoints
import Foundation
import Tensors
import Tokenization
import Training

/// A small model with random weights, none of which is zero, saved as a checkpoint in a folder of its own.
final class SmallCheckpoint {
    enum Head {
        case words, classes, none
    }

    let folder: URL
    let head: Head
    let options: EncoderOptions
    private let weights: ModelWeights
    private let output: (PackedTokens, Tape) -> Variable

    static let classes = ["bad", "good", "unknown"]

    var model: URL { file("model") }

    func file(_ name: String) -> URL { folder.appendingPathComponent(name, isDirectory: true) }

    /// - Parameter change: of a parameter's values, by its name.
    init(
        _ attention: AttentionChoice = .softmax, _ head: Head = .words,
        changing options: (inout EncoderOptions) -> Void = { _ in },
        change: (String, inout Float) -> Void = { _, _ in }
    ) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "yoso-\(UUID().uuidString)", isDirectory: true)
        self.head = head
        let vocabulary = folder.appendingPathComponent("vocab.txt")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let letters = "abcdefghijklmnopqrstuvwxyz".map(String.init)
        let pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "."] + letters + letters.map { "##\($0)" }
        try Data(pieces.map { $0 + "\n" }.joined().utf8).write(to: vocabulary)
        var encoder = EncoderOptions(
            layers: 2, width: 32, heads: 2, intermediate: 48, vocabulary: pieces.count, positions: 64,
            initializerRange: 0.2, attention: attention)
        options(&encoder)
        self.options = encoder
        let layout = ParameterLayout()
        let (name, target): (String, [String])
        switch head {
        case .words:
            let model = MaskedWords(on: Encoder(encoder, layout), layout)
            output = { model.logits($0, rows: $0.ids.indices.map(Int32.init), $1) }
            (name, target) = ("ForMaskedLM", [])
        case .classes:
            let model = ClassificationModel(encoder, outputs: Self.classes.count, layout)
            output = { model.logits($0, $1) }
            (name, target) = ("ForSequenceClassification", Self.classes)
        case .none:
            let model = Encoder(encoder, layout)
            output = { model($0, $1) }
            (name, target) = ("Model", [])
        }
        weights = ModelWeights(
            layout, seed: 1, slices: 1, workers: Workers(threads: 1), precision: .fp32, backward: false)
        let random = RandomStream(seed: 7)
        try weights.parameters.withBuffer { block in
            for parameter in layout.parameters {
                for index in parameter.range {
                    block[index] += Float(random.uniform(UInt32(index)) - 0.5) / 2
                    change(parameter.name, &block[index])
                }
            }
            var configuration = HuggingFaceConfiguration(encoder, head: name)
            if !target.isEmpty {
                configuration.labels = Dictionary(uniqueKeysWithValues: target.enumerated().map { ("\($0)", $1) })
            }
            let tensors = layout.parameters.map { parameter in
                NamedTensor(
                    name: parameter.name, shape: parameter.shape,
                    values: UnsafeBufferPointer(rebasing: block[parameter.range]))
            }
            let tokenizer = try TokenizerFolder.load(vocabulary)
            try AtomicFolder.write(to: model) { try ModelFolder.write(configuration, tensors, tokenizer, to: $0) }
        }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// What the model says of one sentence, row by row.
    func outputs(_ ids: [Int32], _ segments: [Int32]) -> [Float] {
        let tokens = PackedTokens(ids: ids, segments: segments, layout: BatchLayout(lengths: [ids.count]))
        return weights.infer([tokens]) { output($0, $1).value.values }[0]
    }
}
