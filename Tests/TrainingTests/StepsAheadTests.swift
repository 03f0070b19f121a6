import Corpora
import Foundation
import Synchronization
import Testing
import Tokenization

@testable import Training

@Suite struct StepsAheadTests {
    /// Epochs of seven examples each, some of which take their time, and a count of those that were found.
    private final class Examples: TrainingData {
        let found = Mutex(0)
        let inputs: [String: String] = [:]
        let heldOutCount = 0

        private static func example(_ epoch: Int, _ index: Int) -> PretrainingExample {
            TinyRun.examples(1 + index, seed: UInt64(epoch))[index]
        }

        func next(_ size: BatchSize, epoch: inout Int, index: inout Int) -> FoundBatch<PretrainingExample> {
            found.withLock { $0 += 1 }
            var (places, tokens) = ([(epoch: Int, index: Int)](), 0)
            while !size.isReached(sequences: places.count, tokens: tokens) {
                if index == 7 { (epoch, index) = (epoch + 1, 0) }
                places.append((epoch, index))
                tokens += Self.example(epoch, index).ids.count
                index += 1
            }
            return FoundBatch(epoch: epoch, tokens: tokens) { [places] in
                if places[0].index % 3 == 0 { usleep(2000) }
                return places.map { Self.example($0.epoch, $0.index) }
            }
        }

        func evaluationExamples(_ count: Int) -> [PretrainingExample] { [] }
        func count(_ size: BatchSize, epoch: Int) -> Int { 7 }
    }

    private let sizes = [BatchSize.sequences(5), .sequences(9), .tokens(40), .tokens(200)]

    private func trainer() -> Pretrainer { Pretrainer(TinyRun.encoder(), TinyRun.options()) }

    /// From the start, and from the place behind the third step, as a resumed run begins.
    @Test func stepsAreThoseThatWouldBeMadeWhenTheyAreAskedFor() {
        for size in sizes {
            let (data, packer) = (Examples(), trainer().packer)
            var (epoch, index) = (0, 0)
            var (ahead, resumed):
                (StepsAhead<Sum<MaskedWords, SentenceOrder>>, StepsAhead<Sum<MaskedWords, SentenceOrder>>?) = (
                    StepsAhead(data, size, packer, epoch: 0, index: 0), nil
                )
            for step in 0..<12 {
                let batch = data.next(size, epoch: &epoch, index: &index)
                let wanted = packer.pack(batch.make())
                for next in [ahead.next(of: 12 - step), resumed?.next(of: 12 - step)].compactMap({ $0 }) {
                    #expect(next.epoch == batch.epoch && next.next == (epoch, index))
                    #expect(next.packed.tokens == batch.tokens && next.packed.whole == wanted.whole)
                    #expect(next.packed.batches.mapValues(Self.tokens) == wanted.batches.mapValues(Self.tokens))
                }
                if step == 2 { resumed = StepsAhead(data, size, packer, epoch: epoch, index: index) }
            }
            ahead = StepsAhead(data, size, packer, epoch: epoch, index: index)
            // Nobody takes what is made.
            _ = ahead.next(of: 100)
        }
    }

    private static func tokens(_ slices: [[Batch<PretrainingExample>]]) -> [[[Int32]]] {
        slices.map { $0.map { $0.tokens.ids + $0.tokens.segments + [Int32($0.examples.count)] } }
    }

    @Test func weightsAreThoseOfExamplesThatAreMadeInTheStep() {
        let (data, one, other) = (Examples(), trainer(), trainer())
        let ahead = StepsAhead(data, .sequences(5), one.packer, epoch: 0, index: 0)
        var (epoch, index) = (0, 0)
        for step in 0..<6 {
            let losses = [
                one.step(ahead.next(of: 6 - step).packed, index: step, of: 6).loss,
                other.step(
                    data.next(.sequences(5), epoch: &epoch, index: &index).make(), index: step, of: 6
                ).loss,
            ]
            #expect(losses[0] == losses[1])
        }
        #expect(one.model.parameters.values == other.model.parameters.values)
    }

    @Test func noStepIsFoundBeyondTheLast() {
        for size in sizes {
            let data = Examples()
            let ahead = StepsAhead(data, size, trainer().packer, epoch: 0, index: 0)
            for step in 0..<4 { _ = ahead.next(of: 4 - step) }
            #expect(data.found.withLock { $0 } == 4)
        }
    }

    @Test func largeStepsAreTwoAhead() {
        let data = Examples()
        let ahead = StepsAhead(data, .tokens(1 << 16), trainer().packer, epoch: 0, index: 0)
        for _ in 0..<3 { _ = ahead.next(of: 1000) }
        #expect(data.found.withLock { $0 } == 5)
    }

    @Test(arguments: [false, true]) func textIsFoundAsItIsMade(inPairs: Bool) throws {
        let data = try Self.text(inPairs: inPairs)
        let count = data.count(.sequences(1), epoch: 0)
        for size in [BatchSize.sequences(count + 3), .sequences(4), .tokens(100)] {
            var (epoch, index, place) = (0, 0, 0)
            while epoch < 2 {
                let batch = data.next(size, epoch: &epoch, index: &index)
                // One by one, at their places in the epochs.
                var wanted: [PretrainingExample] = []
                while !size.isReached(sequences: wanted.count, tokens: wanted.reduce(0) { $0 + $1.ids.count }) {
                    var (number, inside) = (0, place)
                    while inside >= data.training.count(epoch: number) {
                        inside -= data.training.count(epoch: number)
                        number += 1
                    }
                    wanted.append(data.training.example(epoch: number, index: inside))
                    place += 1
                }
                #expect(batch.make() == wanted && batch.epoch == epoch + 1)
                #expect(batch.tokens == wanted.reduce(0) { $0 + $1.ids.count })
            }
        }
    }

    private static func text(inPairs: Bool) throws -> PretrainingData {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("yoso-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let text = (0..<20).map { document in String(repeating: "word \(document) ", count: 1 + document) + "\n\n" }
        let file = folder.appendingPathComponent("text.txt")
        try Data(text.joined().utf8).write(to: file)
        let tokenizer = Letters()
        let corpus = try TokenizedCorpus(
            TextFiles([file.path]), tokenizer, cache: folder.appendingPathComponent("cache"))
        let split = try CorpusSplit(corpus, heldOut: 0.1)
        let options = ExampleOptions { ($0.length, $0.sentenceOrder) = (24, inPairs) }
        return PretrainingData(
            training: ExampleSource(corpus, split, .training, options, tokenizer, seed: 1),
            heldOut: ExampleSource(corpus, split, .heldOut, options, tokenizer, seed: 0), tokenCounts: [])
    }
}

/// One id a byte behind the five special ones.
struct Letters: Tokenizer {
    let vocabularySize = 261
    let fingerprint = String(repeating: "b", count: 64)
    let special = SpecialTokens(padding: 0, unknown: 1, classification: 2, separator: 3, mask: 4)

    func encode(_ text: String) -> [Int32] { text.utf8.map { Int32($0) + 5 } }
    func piece(_ id: Int32) -> String { "\(id)" }
    func decode(_ ids: [Int32]) -> String { ids.map(piece).joined() }
    func continuesWord(_ id: Int32) -> Bool { id != Int32(UInt8(ascii: " ")) + 5 }
}
