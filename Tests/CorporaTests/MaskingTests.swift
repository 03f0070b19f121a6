import Corpora
import Foundation
import Testing

@Suite struct MaskingTests {
    private func examples(
        _ masking: MaskingOptions, length: Int = 103, text: String = sampleText(documents: 300, paragraphs: 8)
    ) throws -> [PretrainingExample] {
        let folder = try TemporaryFolder()
        let corpus = try tokenized(text, in: folder)
        let source = ExampleSource(
            corpus, try CorpusSplit(corpus, heldOut: 0.01), .training,
            ExampleOptions { ($0.length, $0.shortShare, $0.masking) = (length, 0, masking) }, ByteTokenizer(), seed: 5)
        return (0..<source.count(epoch: 0)).map { source.example(epoch: 0, index: $0) }
    }

    @Test func theShareIsExactAndSpecialsAreNeverMasked() throws {
        for example in try examples(MaskingOptions()) {
            let maskable = example.ids.count - example.ids.count { $0 == 2 || $0 == 3 }
            #expect(example.maskedPositions.count == max(1, Int((0.15 * Double(maskable)).rounded())))
            #expect(example.maskedLabels.allSatisfy { $0 > 4 })
            #expect(example.maskedPositions == example.maskedPositions.sorted())
            #expect(Set(example.maskedPositions).count == example.maskedPositions.count)
        }
    }

    @Test func eightyTenTen() throws {
        var (masked, kept, total) = (0, 0, 0)
        for example in try examples(MaskingOptions()) {
            for (position, label) in zip(example.maskedPositions, example.maskedLabels) {
                let shown = example.ids[Int(position)]
                masked += shown == 4 ? 1 : 0
                kept += shown == label ? 1 : 0
                #expect(shown == 4 || shown > 4)
                total += 1
            }
        }
        let deviation = (Double(total) * 0.8 * 0.2).squareRoot()
        #expect(abs(Double(masked) - 0.8 * Double(total)) < 4 * deviation)
        #expect(abs(Double(kept) - 0.1 * Double(total)) < 4 * deviation)
    }

    @Test(arguments: [MaskingOptions.Unit.word, .span]) func wordsAreMaskedWhole(unit: MaskingOptions.Unit) throws {
        let tokenizer = ByteTokenizer()
        for example in try examples(
            MaskingOptions { ($0.share, $0.unit, $0.replacedByMask, $0.replacedByRandom) = (0.2, unit, 1, 0) })
        {
            var original = example.ids
            for (position, label) in zip(example.maskedPositions, example.maskedLabels) {
                original[Int(position)] = label
            }
            for index in original.indices.dropFirst() where original[index] > 4 && original[index - 1] > 4 {
                guard tokenizer.continuesWord(original[index]) else { continue }
                #expect((example.ids[index] == 4) == (example.ids[index - 1] == 4))
            }
        }
    }

    /// Whole words and spans keep to the share, also of a language whose lines have no spaces.
    @Test(arguments: [MaskingOptions.Unit.word, .span], [true, false])
    func theShareIsThatOfTheRecipe(unit: MaskingOptions.Unit, hasSpaces: Bool) throws {
        let text = sampleText(documents: 300, paragraphs: 8)
        let examples = try examples(
            MaskingOptions { $0.unit = unit }, text: hasSpaces ? text : text.replacing(" ", with: "_"))
        let wanted = examples.map { Int((0.15 * Double($0.ids.count { $0 > 3 || $0 == 1 })).rounded()) }
        let masked = examples.map(\.maskedPositions.count)
        // The longest word is " word0"; without spaces it is the end of a document, of 16 letters at most.
        for (masked, wanted) in zip(masked, wanted) { #expect(masked <= max(wanted, hasSpaces ? 6 : 16)) }
        let share = Double(masked.reduce(0, +)) / Double(wanted.reduce(0, +))
        #expect((0.9...1.05).contains(share), "\(share)")
    }

    /// Tokens of a span become masks together, or stay together: of neighbours only those of two spans differ.
    @Test func aSpanIsReplacedInOneWay() throws {
        func neighboursThatDiffer(_ unit: MaskingOptions.Unit) throws -> Double {
            var (differ, all) = (0, 0)
            for example in try examples(
                MaskingOptions { ($0.unit, $0.replacedByMask, $0.replacedByRandom) = (unit, 0.5, 0) })
            {
                for (left, right) in zip(example.maskedPositions, example.maskedPositions.dropFirst())
                where right == left + 1 {
                    all += 1
                    differ += (example.ids[Int(left)] == 4) == (example.ids[Int(right)] == 4) ? 0 : 1
                }
            }
            return Double(differ) / Double(all)
        }
        #expect(try abs(neighboursThatDiffer(.word) - 0.5) < 0.05)
        #expect(try neighboursThatDiffer(.span) < 0.1)
    }
}
