import Foundation
import Testing
import Tokenization

@testable import Tasks

@Suite struct TaggedSentenceTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("yoso-\(UUID().uuidString)")

    private func with<Value>(_ text: String, _ body: () throws -> Value) throws -> Value {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(text.utf8).write(to: folder.appendingPathComponent("t.conll"))
        return try body()
    }

    /// The task of a file's own tags, or of these.
    private func task(_ tags: [String]? = nil) throws -> TaskSource {
        var task = OwnTask { ($0.train, $0.dev, $0.label) = ("t.conll", "t.conll", "tokens") }.source(called: "names")
        if let tags { task.target = .tags(tags) }
        return try task.withLabels(in: folder)
    }

    /// Every sentence of a file, `word/tag`.
    private func sentences(_ text: String) throws -> [String] {
        try with(text) {
            let task = try task()
            return try TaskFile(task, task.dev[0], in: folder).rows.map { row in
                zip(row.texts, row.target).map { "\($0)/\(task.target.labels[Int($1)])" }.joined(separator: " ")
            }
        }
    }

    private func problem(_ text: String, _ tags: [String]? = nil) throws -> String? {
        try with(text) {
            do {
                let task = try task(tags)
                _ = try TaskFile(task, task.dev[0], in: folder)
                return nil
            } catch let error as TaskError {
                return error.description.replacingOccurrences(of: folder.path + "/", with: "")
            }
        }
    }

    @Test func columnsAndSentences() throws {
        let read = ["Anna/B-PER Berg/I-PER sang/O", "in/O Rome/B-LOC"]
        #expect(try sentences("Anna B-PER\nBerg I-PER\nsang O\n\nin O\nRome B-LOC\n") == read)
        // As CoNLL-2003's files: more columns, documents, several spaces and empty lines, no line feed at the end.
        let columns =
            "-DOCSTART- -X- -X- O\n\nAnna NNP  I-NP B-PER \nBerg NNP I-NP I-PER\nsang VBD I-VP O\n\n \n"
            + "-DOCSTART- -X- O\nin IN I-PP O\nRome NNP I-NP B-LOC"
        #expect(try sentences(columns) == read)
        let windows = "\u{FEFF}" + columns.replacingOccurrences(of: "\n", with: "\r\n")
        #expect(try sentences(windows) == read)
        #expect(try sentences("Anna\tB-PER\nBerg\tI-PER\nsang\tO\n\nin\tO\nRome\tB-LOC\n\n") == read)
        // Within tabs spaces are of words, and within spaces all but spaces.
        #expect(try sentences("New York\tB-LOC\n") == ["New York/B-LOC"])
        #expect(try sentences("New\u{A0}York B-LOC\n") == ["New\u{A0}York/B-LOC"])
        // IOB of before, whose entities begin with I-.
        #expect(try sentences("Anna I-PER\nand O\nTom I-PER\n") == ["Anna/I-PER and/O Tom/I-PER"])
    }

    @Test func tagsAreOfTheTrainingWordsInAStableOrder() throws {
        try with("a I-PER\nb B-LOC\nc O\nd B-é\ne I-Z-1\n") {
            let task = try task()
            #expect(
                task.target == .tags(["O", "B-LOC", "I-LOC", "B-PER", "I-PER", "B-Z-1", "I-Z-1", "B-é", "I-é"]))
            #expect(task.metrics == [.entityF1] && task.others == [.accuracy, .entityPrecision, .entityRecall])
        }
    }

    @Test func everyFaultHasItsFileAndLine() throws {
        let right = "Anna B-PER\n\nsang O\n"
        #expect(try problem(right) == nil)
        for tag in ["S-PER", "B", "B-", "PER", "b-PER", "I_PER", "-X-", "0"] {
            #expect(
                try problem(right + "in \(tag)\n")
                    == "t.conll:4: the tag is '\(tag)'; wanted O, or B- or I- with a type behind it, such as B-PER")
        }
        #expect(try problem(right + "in\n") == "t.conll:4: one column; wanted a word and, in the last column, its tag")
        #expect(try problem(right + "in IN O\n") == "t.conll:4: 3 columns; wanted 2, as in line 1")
        #expect(try problem(right + "in\tO\n") == "t.conll:4: a tab between columns; wanted spaces, as in line 1")
        #expect(
            try problem("\n-DOCSTART-\nAnna\tB-PER\nsang O\n")
                == "t.conll:4: no tab between columns; wanted tabs, as in line 3")
        #expect(try problem("Anna\tB-PER\n\tO\n") == "t.conll:2: an empty word in the first column")
        #expect(
            try problem("Anna\tB-PER\nsang\t\n")
                == "t.conll:2: the tag is ''; wanted O, or B- or I- with a type behind it, such as B-PER")
        for empty in ["", "\n \n\n", "-DOCSTART- -X- O\n\n"] {
            #expect(try problem(empty) == "t.conll: no sentence; wanted lines of a word and its tag")
            #expect(try problem(empty, ["O", "B-A"]) == "t.conll: no sentence; wanted lines of a word and its tag")
        }
        #expect(try problem("a O\nb O\n") == "t.conll: no word has a tag of a type; wanted for example B-PER")
        #expect(
            try problem(right + "in B-LOC\n", ["O", "B-PER", "I-PER"])
                == "t.conll:4: unknown label 'B-LOC'; wanted 'O' or 'B-PER' or 'I-PER'")
        #expect(try problem("a\0 O\n")?.hasSuffix("t.conll:1:2: a NUL byte; wanted text") == true)
    }

    @Test func aTaskOfWordsIsKeptAsJSON() throws {
        try with("a B-A\n") {
            let task = try task()
            #expect(try JSONDecoder().decode(TaskSource.self, from: JSONEncoder().encode(task)) == task)
        }
    }

    /// A token a character, none for a space; [CLS] 1, [SEP] 2, unknown 3.
    private struct Letters: Tokenizer {
        let vocabularySize = 200
        let special = SpecialTokens(padding: 0, unknown: 3, classification: 1, separator: 2, mask: 4)
        let fingerprint = ""
        func encode(_ text: String) -> [Int32] { text.utf8.filter { $0 != 32 }.map(Int32.init) }
        func piece(_ id: Int32) -> String { "\(id)" }
        func decode(_ ids: [Int32]) -> String { "" }
        func continuesWord(_ id: Int32) -> Bool { false }
    }

    private func encoded(_ words: [String], length: Int) -> EncodedSentence {
        EncodedSentence(TaskRow(texts: words, target: words.indices.map(Float.init)), Letters(), length: length)
    }

    @Test func theFirstTokenOfEveryWordHasItsTag() {
        let sentence = encoded(["AB", " ", "C"], length: 10)
        #expect(
            sentence.pieces == [
                EncodedRow(
                    ids: [1, 65, 66, 3, 67, 2], segments: [0, 0, 0, 0, 0, 0], target: [0, 1, 2], words: [1, 3, 4])
            ])
        #expect(sentence.unreadable == 1)
        #expect(encoded([], length: 10).pieces == [])
        let unlabelled = EncodedSentence(TaskRow(texts: ["AB"]), Letters(), length: 10)
        #expect(unlabelled.pieces.map(\.target) == [[]] && unlabelled.pieces.map(\.words) == [[1]])
    }

    /// No word is lost, none is in two pieces, no piece is too long, there are as few as can be, and none is much shorter.
    @Test func longSentencesAreReadInPieces() {
        for (count, length) in [(1, 8), (5, 8), (17, 8), (100, 8), (100, 30), (1000, 128)] {
            let words = (0..<count).map { String(repeating: "x", count: 1 + $0 * 7 % 4) }
            let pieces = encoded(words, length: length).pieces
            #expect(pieces.flatMap(\.target) == words.indices.map(Float.init))
            #expect(pieces.allSatisfy { $0.ids.count <= length && $0.words.count == $0.target.count })
            let tokens = words.reduce(0) { $0 + $1.count }
            #expect(pieces.count <= (tokens + length - 6) / (length - 5))
            let sizes = pieces.map(\.ids.count)
            #expect((sizes.max() ?? 0) - (sizes.min() ?? 0) <= max(8, length / 4), "\(sizes)")
        }
        // A word alone that is longer than a piece loses its end, and its tag stays.
        let pieces = encoded(["ab", String(repeating: "z", count: 30), "c"], length: 8).pieces
        #expect(pieces.map(\.ids.count) == [4, 8, 3] && pieces.map(\.target) == [[0], [1], [2]])
    }
}
