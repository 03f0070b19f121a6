import Corpora
import Foundation
import Testing

@Suite struct TextTests {
    private func lines(_ url: URL) throws -> [String] {
        let reader = try LineReader(url)
        var lines: [String] = []
        while let line = try reader.next() { lines.append(line) }
        return lines
    }

    private func compress(_ tool: String, _ url: URL) throws -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [tool, "-k", "-f", url.path]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
    }

    @Test func onlyLineFeedsEndLines() throws {
        let folder = try TemporaryFolder()
        let url = try folder.write("\u{FEFF}one\r\ntwo\u{2028}still two\u{85}and\u{0B}on\n\nlast", to: "a.txt")
        #expect(try lines(url) == ["one", "two\u{2028}still two\u{85}and\u{0B}on", "", "last"])
    }

    @Test func linksToFoldersAndToNothingAreTold() throws {
        let folder = try TemporaryFolder()
        for name in ["text", "other"] {
            try FileManager.default.createDirectory(at: folder.file(name), withIntermediateDirectories: true)
        }
        _ = try folder.write("one\n", to: "text/a.txt")
        _ = try folder.write("two\n", to: "other/b.txt")
        for (name, target) in [("more", "other"), ("gone.txt", "nothing"), ("file.txt", "other/b.txt")] {
            try FileManager.default.createSymbolicLink(
                at: folder.file("text/\(name)"), withDestinationURL: folder.file(target))
        }
        let files = try TextFiles([folder.file("text").path])
        #expect(files.urls.map(\.lastPathComponent) == ["a.txt", "file.txt"])
        let note = files.note ?? ""
        #expect(note.hasPrefix("left out 2: ") && note.contains("gone.txt (a link to nothing)"), "\(note)")
        #expect(note.contains("more (a link to a folder; name that folder too)"), "\(note)")
        // Named itself it is entered.
        #expect(try TextFiles([folder.file("text/more").path]).urls.count == 1)
    }

    @Test func longLinesCrossTheReadersPieces() throws {
        let folder = try TemporaryFolder()
        let long = String(repeating: "é", count: 400_000)
        let url = try folder.write("a\n\(long)\nb\n", to: "a.txt")
        #expect(try lines(url) == ["a", long, "b"])
    }

    @Test(arguments: ["gzip", "xz"]) func compressedTextIsTheSameText(tool: String) throws {
        let folder = try TemporaryFolder()
        let text = sampleText(documents: 3000)
        let url = try folder.write(text, to: "a.txt")
        guard try compress(tool, url) else { try Test.cancel("\(tool) is not installed here") }
        let packed = folder.file(tool == "xz" ? "a.txt.xz" : "a.txt.gz")
        #expect(try lines(packed) == lines(url))
        let half = try Data(contentsOf: packed)
        let cut = folder.file("cut.\(packed.pathExtension)")
        try half.prefix(half.count / 2).write(to: cut)
        let kind = tool == "xz" ? "xz" : "gzip"
        #expect(
            message(in: folder.url) { _ = try lines(cut) }
                == "cut.\(packed.pathExtension): truncated or damaged \(kind) data")
    }

    @Test func whatIsNotUTF8IsNamedByLineAndColumn() throws {
        let folder = try TemporaryFolder()
        try Data([0x61, 0x0A, 0xC3, 0xA9, 0x62, 0xFF, 0x0A]).write(to: folder.file("a.txt"))
        #expect(
            message(in: folder.url) { _ = try lines(folder.file("a.txt")) }
                == "a.txt:2: not UTF-8 (byte 0xFF at column 4)")
        // As of UTF-16.
        try Data([0x61, 0x00, 0x0A, 0x00]).write(to: folder.file("b.txt"))
        #expect(
            message(in: folder.url) { _ = try lines(folder.file("b.txt")) }
                == "b.txt:1:2: a NUL byte; wanted text")
    }

    @Test func whatIsMissingOrNoTextIsNamed() throws {
        let folder = try TemporaryFolder()
        #expect(
            message(in: folder.url) { _ = try TextFiles([folder.file("none.txt").path]) }
                == "none.txt: no such file or folder")
        try folder.write("x", to: "a.pdf")
        #expect(
            message(in: folder.url) { _ = try TextFiles([folder.file("a.pdf").path]) }
                == "a.pdf: not a .txt, .raw, .jsonl, .gz or .xz file")
        try FileManager.default.createDirectory(at: folder.file("empty"), withIntermediateDirectories: true)
        #expect(
            message(in: folder.url) { _ = try TextFiles([folder.file("empty").path]) }
                == "empty: holds no .txt, .raw, .gz or .xz file")
    }

    /// Of a file that unpacks to more than any memory, the first is refused before it is read.
    @Test func aLineOfAnyLengthIsNotKept() throws {
        let folder = try TemporaryFolder()
        let url = try folder.write("short\n" + String(repeating: "a", count: 3 << 20) + "\nshort\n", to: "a.txt")
        func lines(longest: Int) throws -> Int {
            let reader = try LineReader(url, longest: longest)
            var count = 0
            while try reader.next() != nil { count += 1 }
            return count
        }
        #expect(try lines(longest: 4 << 20) == 3)
        #expect(
            message(in: folder.url) { _ = try lines(longest: 2 << 20) }
                == "a.txt:2: no end within 2 MB; wanted shorter lines")
    }

    @Test func whatIsNoXZDataOrWantsTooMuchMemoryIsNamed() throws {
        let folder = try TemporaryFolder()
        let pointer = try folder.write(
            "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n", to: "a.txt.xz")
        func read(_ url: URL) throws {
            let reader = try LineReader(url)
            while try reader.next() != nil {}
        }
        #expect(
            message(in: folder.url) { try read(pointer) }
                == "a.txt.xz: a pointer of Git LFS, not the file itself; run `git lfs pull` in its repository")
        // A few bytes in a dictionary of 3 GB, as nobody writes them; made by setting the size in a file of `xz`.
        let forged = folder.file("b.txt.xz")
        try Data([
            253, 55, 122, 88, 90, 0, 0, 4, 230, 214, 180, 70, 2, 0, 33, 1, 39, 0, 0, 0, 176, 176, 114, 235, 1, 0, 7,
            116,
            104, 101, 32, 99, 97, 116, 10, 0, 16, 110, 117, 87, 245, 136, 49, 232, 0, 1, 32, 8, 187, 25, 217, 187, 31,
            182,
            243, 125, 1, 0, 0, 0, 0, 4, 89, 90,
        ]).write(to: forged)
        #expect(
            message(in: folder.url) { try read(forged) }
                == "b.txt.xz: wants 3072 MB of memory to unpack; wanted at most 1024")
    }

    @Test func foldersAreReadInOrderAndEveryFileOnce() throws {
        let folder = try TemporaryFolder()
        for name in ["b.TXT", "a.txt", "c.md", "d.raw", "._a.txt"] { try folder.write(name, to: name) }
        try FileManager.default.createDirectory(
            at: folder.file(".ipynb_checkpoints"), withIntermediateDirectories: true)
        try folder.write("x", to: ".ipynb_checkpoints/a.txt")
        let files = try TextFiles([folder.url.path, folder.file("a.txt").path])
        try FileManager.default.createSymbolicLink(at: folder.file("e.txt"), withDestinationURL: folder.file("a.txt"))
        for other in ["\(folder.url.path)/./", "\(folder.url.path)/.ipynb_checkpoints/../"] {
            #expect(try TextFiles([folder.url.path, other]).urls.count == 3)
        }
        #expect(files.urls.map(\.lastPathComponent) == ["a.txt", "b.TXT", "d.raw"])
        let note = files.note?.replacingOccurrences(of: folder.url.path + "/", with: "")
        #expect(
            note
                == "left out 3: ._a.txt (hidden), .ipynb_checkpoints (hidden), c.md (not a .txt, .raw, .gz or .xz file)"
        )
    }

    /// Documents of the held-out set would be learned from the copy.
    @Test func aTextBesideItsCompressedCopyIsSaid() throws {
        let folder = try TemporaryFolder()
        for name in ["a.txt", "b.txt.xz", "b.raw.gz"] { try folder.write("x", to: name) }
        #expect(try TextFiles([folder.url.path]).note == nil)
        for name in ["a.txt.gz", "c.txt.gz", "c.txt.XZ"] { try folder.write("x", to: name) }
        let note = try TextFiles([folder.url.path]).note
        let (plain, copy) = (folder.file("a.txt").path, folder.file("a.txt.gz").path)
        #expect(
            note == "\(plain) and \(copy), and 1 more such, are read as different texts; move away what is a copy")
    }

    @Test func whatFollowsAMemberOfGzipIsOneOrRefused() throws {
        let folder = try TemporaryFolder()
        let long = String(repeating: "a line of some length\n", count: 30_000)
        var members: [Data] = []
        for (index, text) in ["first\n", long].enumerated() {
            let url = try folder.write(text, to: "\(index).txt")
            guard try compress("gzip", url) else { try Test.cancel("gzip is not installed here") }
            members.append(try Data(contentsOf: folder.file("\(index).txt.gz")))
        }
        func read(_ data: Data) throws -> Int {
            try data.write(to: folder.file("joined.gz"))
            return try lines(folder.file("joined.gz")).count
        }
        #expect(try read(members[0] + members[1]) == 30_001)
        #expect(try read(members[1] + members[0] + Data(count: 700)) == 30_001)
        #expect(try read(Data()) == 0)
        var damaged = members[1]
        damaged[damaged.startIndex] = 0
        var broken = members[1]
        broken[broken.endIndex - 5] ^= 1
        for data in [
            members[0] + damaged, members[0] + Data("x".utf8), members[0] + Data(count: 9) + members[1],
            members[0].dropLast(),
            members[0] + members[1].dropLast(9), members[0] + members[1].prefix(1), members[0] + broken,
        ] {
            #expect(throws: CorpusError(folder.file("joined.gz").path, "truncated or damaged gzip data")) {
                try read(data)
            }
        }
    }

    /// Which Swift's strings take for the same name.
    @Test func twoSpellingsOfAnAccentAreTwoFiles() throws {
        let folder = try TemporaryFolder()
        for name in ["\u{E9}.txt", "e\u{301}.txt"] { try folder.write(name, to: name) }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
        guard names.count == 2 else { try Test.cancel("this file system has one name for both") }
        #expect(try TextFiles([folder.url.path]).urls.count == 2)
    }

    /// Nobody waits for what writes into a pipe.
    @Test func pipesAreNoFiles() throws {
        let folder = try TemporaryFolder()
        try folder.write("a", to: "a.txt")
        let pipe = folder.file("pipe.txt")
        #expect(mkfifo(pipe.path, 0o600) == 0)
        let problem = "is a pipe or a device; wanted a plain file"
        #expect(throws: CorpusError(pipe.path, problem)) { try TextFiles([pipe.path]) }
        #expect(throws: CorpusError(pipe.path, problem)) { try LineReader(pipe) }
        let files = try TextFiles([folder.url.path])
        #expect(files.urls.map(\.lastPathComponent) == ["a.txt"])
        #expect(files.note == "left out 1: \(pipe.path) (\(problem))")
    }

    /// Each object's text is a document; the rest of it is somebody's.
    @Test(arguments: ["a.jsonl", "a.jsonl.gz"]) func jsonLinesAreDocuments(name: String) throws {
        let folder = try TemporaryFolder()
        let plain = try folder.write("one\ntwo\n\nthree\nfour\n", to: "a.txt")
        let json =
            #"{"id":1,"text":"one\r\ntwo"}"# + "\n\n" + #"{"text":"three\n\n \nfour\n","x":{"text":"y"}}"# + "\r\n"
        let url = try folder.write(json, to: "a.jsonl")
        if name != "a.jsonl", try !compress("gzip", url) { try Test.cancel("gzip is not installed here") }
        let text = try TextFiles([folder.file(name).path])
        let reader = ParagraphReader(text)
        var paragraphs: [String] = []
        while let paragraph = try reader.next() { paragraphs.append(paragraph) }
        #expect(paragraphs == ["one", "two", "three", "four"])
        func corpus(_ text: TextFiles) throws -> TokenizedCorpus {
            try TokenizedCorpus(text, ByteTokenizer(), cache: folder.file("cache"))
        }
        #expect(try corpus(text).digest == corpus(TextFiles([plain.path])).digest)
        // In a folder it may be something else.
        let all = try TextFiles([folder.url.path])
        #expect(
            all.urls == [plain] && all.note?.contains("(JSON lines; name the file to read each one's 'text')") == true)
    }

    @Test(arguments: [
        ("{\"text\":\"a\"}\n[1]\n", "a.jsonl:2: no JSON object; wanted an object a line, with a 'text'"),
        ("{\"text\":\"\\ud800\"}\n", "a.jsonl:1: no JSON in UTF-8 at byte 16; wanted an object a line, with a 'text'"),
        ("{\"body\":\"a\"}\n", "a.jsonl:1: 'text' is null; wanted a text"),
        ("{\"text\":[\"a\"]}\n", "a.jsonl:1: 'text' is [\"a\"]; wanted a text"),
        ("{\"text\":\"a\",\"text\":\"b\"}\n", "a.jsonl:1: the key 'text' stands twice"),
    ]) func whatIsNoDocumentIsRefusedByLine(json: String, problem: String) throws {
        let folder = try TemporaryFolder()
        let reader = ParagraphReader(try TextFiles([try folder.write(json, to: "a.jsonl").path]))
        #expect(message(in: folder.url) { while try reader.next() != nil {} } == problem)
    }

    @Test func paragraphsAreTakenEvenly() throws {
        let folder = try TemporaryFolder()
        func taken(_ count: Int, of paragraphs: [String]) throws -> [String] {
            let url = try folder.write(paragraphs.map { $0 + "\n\n" }.joined(), to: "a.txt")
            let reader = try ParagraphReader(TextFiles([url.path]), atMost: count)
            var taken: [String] = []
            while let paragraph = try reader.next() { taken.append(paragraph) }
            return taken
        }
        let numbers = (0..<1000).map(String.init)
        #expect(try taken(1000, of: numbers) == numbers)
        let some = try taken(501, of: numbers)
        #expect(some.count == 501 && some.compactMap(Int.init) == some.compactMap(Int.init).sorted())
        #expect(try taken(501, of: numbers) == some && (200...300).contains(some.count { Int($0) ?? 0 < 500 }))
        // Titles and texts take turns.
        let titles = try taken(500, of: (0..<1000).map { $0 % 2 == 0 ? "title" : "text" })
        #expect(titles.count == 500 && (200...300).contains(titles.count { $0 == "title" }))
    }
}
