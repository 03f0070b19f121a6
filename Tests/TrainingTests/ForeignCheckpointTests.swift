import Autograd
import Bert
import Checkpoints
import Corpora
import Foundation
import Tensors
import Testing
import Tokenization

@testable import Training

/// A checkpoint that others trained, beside what transformers makes of it (Tests/Peers/hidden_states.py says how).
@Suite struct ForeignCheckpointTests {
    private static let folder = ProcessInfo.processInfo.environment["YOSO_FOREIGN_MODEL"]
        .map { URL(fileURLWithPath: $0, isDirectory: true) }

    @Test(.enabled(if: folder != nil, "YOSO_FOREIGN_MODEL names no checkpoint; see Tests/Peers/hidden_states.py"))
    func hiddenStatesOfRealSentencesAreTransformers() throws {
        let folder = try #require(Self.folder)
        let expected = try SafeTensorsFile(folder.appendingPathComponent("hidden_states.safetensors"))
        let (ids, lengths) = (try expected.integers("ids"), try expected.integers("lengths"))
        let states = try expected.floats("hidden")

        let tokenizer = try TokenizerFolder.load(folder)
        let options = try HuggingFaceConfiguration(of: folder).encoderOptions(folder)
        let (layout, pool) = (ParameterLayout(), StoragePool())
        let encoder = Encoder(options, layout)
        let parameters = layout.initialBlock(seed: 1, from: pool)
        try ModelFolder.read(folder, into: parameters, layout)

        let reader = try LineReader(folder.appendingPathComponent("sentences.txt"))
        var (start, worst) = (0, Float(0))
        for length in lengths {
            let sentence = try #require(try reader.next())
            let own =
                [tokenizer.special.classification] + tokenizer.encode(sentence).prefix(126)
                + [tokenizer.special.separator]
            #expect(own.map(Int.init) == Array(ids[start..<start + length]), "\(sentence)")
            let tokens = PackedTokens(
                ids: own, segments: own.map { _ in 0 }, layout: BatchLayout(lengths: [own.count]))
            let hidden = encoder(tokens, Tape(parameters: parameters, mode: .inference, pool: pool)).value
            let wanted = states[start * options.width..<(start + length) * options.width]
            worst = zip(hidden.values, wanted).reduce(worst) { max($0, abs($1.0 - $1.1)) }
            start += length
        }
        #expect(lengths.count == 1000)
        #expect(worst < 1e-4, "\(worst)")
    }
}
