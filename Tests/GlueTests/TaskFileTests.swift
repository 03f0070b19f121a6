import Foundation
import Glue
import Tasks
import Testing

/// The official files, where this machine has them.
let sharedGlue = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../shared/data/glue")
    .standardizedFileURL
let hasSharedGlue = FileManager.default.fileExists(atPath: sharedGlue.appendingPathComponent("SST-2/dev.tsv").path)

@Suite struct TaskFileTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("yoso-\(UUID().uuidString)")

    /// The rows of a dev.tsv of these bytes, or the message.
    private func read(_ bytes: String, _ task: String = "sst2") throws -> Result<[TaskRow], TaskError> {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data(bytes.utf8).write(to: folder.appendingPathComponent("dev.tsv"))
        do {
            let task = try GlueTask.named(task)
            return .success(try TaskFile(task, task.dev[0], in: folder).rows)
        } catch let error as TaskError {
            let description = error.description.replacingOccurrences(of: folder.path + "/", with: "")
            let parts = description.split(separator: " ", maxSplits: 1).map(String.init)
            return .failure(TaskError(String(parts[0].dropLast()), parts[1]))
        }
    }

    private func message(_ bytes: String, _ task: String = "sst2") throws -> String? {
        if case .failure(let error) = try read(bytes, task) { return error.description }
        return nil
    }

    @Test func rowsAreReadByHeaderName() throws {
        let rows = try read("label\tsentence\n1\ta fine film \n0\tdull\n").get()
        #expect(rows == [TaskRow(texts: ["a fine film "], target: [1]), TaskRow(texts: ["dull"], target: [0])])
    }

    @Test func quotesAreCharactersAndOnlyLineFeedsEndRows() throws {
        let rows = try read("\u{FEFF}sentence\tlabel\r\nsaid \"no\t0\r\na\u{2028}b\u{85}c\t1\r\n").get()
        #expect(rows.map(\.texts) == [["said \"no"], ["a\u{2028}b\u{85}c"]])
    }

    @Test func colaHasNoHeaderAndEmptyFieldsStay() throws {
        let rows = try read("gj04\t1\t\tthey sang\nbc01\t0\t*\tsang they\n", "cola").get()
        #expect(rows == [TaskRow(texts: ["they sang"], target: [1]), TaskRow(texts: ["sang they"], target: [0])])
    }

    @Test func pairsAndNamedLabels() throws {
        let rows = try read("index\tsentence1\tsentence2\tlabel\n0\tit rains\tit is wet\tentailment\n", "rte").get()
        #expect(rows == [TaskRow(texts: ["it rains", "it is wet"], target: [0])])
    }

    @Test func rowsWithoutConsensusAreLeftOutAndCounted() throws {
        let task = try GlueTask.named("mnli")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let bytes = "sentence1\tsentence2\tlabel1\tgold_label\na\tb\tneutral\tneutral\na\tc\tneutral\t-\n"
        try Data(bytes.utf8).write(to: folder.appendingPathComponent("dev_matched.tsv"))
        let file = try TaskFile(task, task.dev[0], in: folder)
        #expect(file.rows == [TaskRow(texts: ["a", "b"], target: [1])] && file.undecidedRows == 1)
    }

    @Test func testFilesHaveNoLabels() throws {
        let task = try GlueTask.named("cola")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("index\tsentence\n0\tthey sang\n".utf8).write(to: folder.appendingPathComponent("test.tsv"))
        let rows = try TaskFile(task, task.test[0], labelled: false, in: folder).rows
        #expect(rows == [TaskRow(texts: ["they sang"])])
    }

    @Test func everyFaultHasItsLine() throws {
        #expect(try message("sentence\tlabel\nfine\t1\nbad\n") == "dev.tsv:3: 1 columns, wanted 2")
        #expect(try message("sentence\tlabel\nfine\t1\t1\n") == "dev.tsv:2: 3 columns, wanted 2")
        #expect(try message("sentence\tlabel\nfine\tgood\n") == "dev.tsv:2: unknown label 'good'; wanted '0' or '1'")
        #expect(try message("text\tlabel\nfine\t1\n") == "dev.tsv:1: no column 'sentence'; found 'text', 'label'")
        #expect(try message("sentence\tlabel\n") == "dev.tsv: the file has a header and no rows")
        #expect(try message("") == "dev.tsv: the file is empty")
    }

    /// Column names, numbers of labels and names of files as Hugging Face's datasets have them.
    @Test func layoutsOfHuggingFaceAreReadToo() throws {
        let files =
            [
                (
                    "sst2", "validation.csv", "sentence,label,idx\n\"fine, said \"\"he\"\"\",1,0\ndull,negative,1\n",
                    [["fine, said \"he\""], ["dull"]], [1, 0]
                ),
                (
                    "mnli", "validation_matched.jsonl",
                    #"{"premise":"a","hypothesis":"b","label":2,"idx":0}"# + "\n"
                        + #"{"premise":"c","hypothesis":"d","label":"neutral","idx":1}"# + "\n",
                    [["a", "b"], ["c", "d"]], [2, 1]
                ),
                (
                    "stsb", "validation.jsonl", #"{"sentence1":"a","sentence2":"b","label":3.5,"idx":0}"# + "\n",
                    [["a", "b"]], [3.5]
                ),
                ("cola", "dev.tsv", "sentence\tlabel\tidx\nthey sang\tacceptable\t0\n", [["they sang"]], [1]),
                ("qnli", "dev.csv", "question,sentence,label,idx\r\nwho?,he,1,0\r\n", [["who?", "he"]], [1]),
                (
                    "mrpc", "validation.json", #"{"sentence1":"a","sentence2":"b","label":"not_equivalent"}"# + "\n",
                    [["a", "b"]], [0]
                ),
                ("qqp", "validation.csv", "question1,question2,label,idx\na,b,duplicate,0\n", [["a", "b"]], [1]),
            ] as [(String, String, String, [[String]], [Float])]
        for (name, file, text, texts, targets) in files {
            let task = try GlueTask.named(name)
            let own = folder.appendingPathComponent(task.title)
            try FileManager.default.createDirectory(at: own, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            try Data(text.utf8).write(to: own.appendingPathComponent(file))
            #expect(TaskFile.isNamed(task, task.dev[0], in: folder))
            let rows = try TaskFile(task, task.dev[0], in: folder).rows
            #expect(rows.map(\.texts) == texts && rows.map(\.target) == targets.map { [$0] }, "\(name)")
        }
    }

    @Test func aMissingFileSaysWhatIsWanted() throws {
        let task = try GlueTask.named("sst2")
        let train = try #require(task.train)
        let message = #expect(throws: TaskError.self) { try TaskFile(task, train, in: folder) }
        #expect(
            message?.problem
                == "no train.tsv of SST-2; wanted SST-2/train.tsv there, as `yoso data glue --output DIR --tasks sst2` fetches it"
        )
    }

    /// The files of all tasks have the same names, and numbers of classes mean something else in each.
    @Test func theFolderOfAnotherTaskIsNone() throws {
        for (name, folders) in [("rte", ["WNLI", "mnli", "SST-2"]), ("wnli", ["RTE"]), ("sst2", ["CoLA"])] {
            let task = try GlueTask.named(name)
            for (other, isThere) in folders.map({ ($0, false) }) + [(task.title, true), ("rows", true)] {
                let files = folder.appendingPathComponent(other)
                try FileManager.default.createDirectory(at: files, withIntermediateDirectories: true)
                defer { try? FileManager.default.removeItem(at: folder) }
                try Data("sentence1\tsentence2\tsentence\tlabel\na\tb\tc\t0\n".utf8).write(
                    to: files.appendingPathComponent("dev.tsv"))
                #expect(TaskFile.exists(task, task.dev[0], in: files) == isThere, "\(name) in \(other)")
            }
        }
    }

    @Test func anUnknownTaskIsRefused() throws {
        let error = #expect(throws: TaskError.self) { try GlueTask.named("sst3") }
        #expect(
            error?.description
                == "unknown task 'sst3' (did you mean 'sst2'?); tasks: cola, sst2, mrpc, stsb, qqp, mnli, qnli, rte, wnli"
        )
        #expect(try GlueTask.named("SST-2").name == "sst2")
    }

    @Test(.enabled(if: hasSharedGlue, "the official GLUE files are not on this machine"))
    func theOfficialFilesHaveTheOfficialCounts() throws {
        for task in GlueTask.all + [GlueTask.diagnostic] where task.name != "qqp" && task.name != "mnli" {
            let labelled = (task.train.map { [$0] } ?? []) + task.dev
            for file in labelled where file.name != "train.tsv" || task.name != "qnli" {
                #expect(try TaskFile(task, file, in: sharedGlue).rows.count == file.rows, "\(task.title) \(file.name)")
            }
            for file in task.test {
                let rows = try TaskFile(task, file, labelled: false, in: sharedGlue).rows
                #expect(rows.count == file.rows, "\(task.title) \(file.name)")
            }
        }
        // Parts of the official splits in their layouts.
        for (name, folder) in [("mnli", "MNLI_partial"), ("qqp", "QQP_partial"), ("qnli", "QNLI_partial")] {
            let task = try GlueTask.named(name)
            let train = try #require(task.train)
            let rows = try TaskFile(task, train, in: sharedGlue.appendingPathComponent(folder)).rows
            #expect(rows.count > 1000 && rows.count < train.rows ?? 0)
            #expect(Set(rows.map(\.target)).count == task.target.outputs)
        }
    }
}
