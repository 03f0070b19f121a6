import Checkpoints
import Foundation
import Synchronization
import Testing

@Suite struct AtomicFolderTests {
    private struct Stop: Error {}

    private func write(_ text: String, to url: URL) throws {
        try AtomicFolder.write(to: url) {
            try Data(text.utf8).write(to: $0.appendingPathComponent("model.safetensors"))
        }
    }

    @Test func aFailedWriterLeavesTheOlderFolderAndNothingElse() throws {
        let folder = try TemporaryFolder()
        let url = folder.file("step-1")
        try write("old", to: url)
        #expect(throws: Stop.self) {
            try AtomicFolder.write(to: url) { partial in
                try Data("new".utf8).write(to: partial.appendingPathComponent("model.safetensors"))
                throw Stop()
            }
        }
        #expect(try String(contentsOf: url.appendingPathComponent("model.safetensors"), encoding: .utf8) == "old")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["step-1"])
        try AtomicFolder.verify(url, foreign: false)
    }

    @Test func anOlderFolderIsReplacedWhole() throws {
        let folder = try TemporaryFolder()
        let url = folder.file("step-1")
        try write("old", to: url)
        try write("new", to: url)
        #expect(try String(contentsOf: url.appendingPathComponent("model.safetensors"), encoding: .utf8) == "new")
    }

    @Test func oneOfTwoWritersIsTurnedAway() throws {
        let folder = try TemporaryFolder()
        let url = folder.file("model")
        func refusal(_ body: () throws -> Void) -> String? {
            do { try body() } catch { return "\(error)".replacingOccurrences(of: folder.url.path + "/", with: "") }
            return nil
        }
        let problem = "another process is writing it; wait for it or choose another name"
        try AtomicFolder.write(to: url) { partial in
            try Data("first".utf8).write(to: partial.appendingPathComponent("model.safetensors"))
            #expect(refusal { try write("second", to: url) } == "model: \(problem)")
        }
        #expect(try String(contentsOf: url.appendingPathComponent("model.safetensors"), encoding: .utf8) == "first")
        try AtomicFolder.verify(url, foreign: false)
        try write("third", to: url)
        try FileLock.holding(url) { #expect(refusal { try FileLock.holding(url) {} } == "model: \(problem)") }
        #expect(try FileLock.holding(url) { 1 } == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["model"])
    }

    /// Of several that write one file at once each writes it whole.
    @Test func filesOfManyWritersAreWhole() throws {
        let folder = try TemporaryFolder()
        let url = folder.file("report.json")
        let problems = Mutex<[String]>([])
        DispatchQueue.concurrentPerform(iterations: 4) { writer in
            for round in 0..<10 {
                let text = Data(repeating: UInt8(97 + writer), count: 100_000 + 1000 * round)
                do { try OutputFile.replace(url, with: text) } catch { problems.withLock { $0.append("\(error)") } }
                let found = (try? Data(contentsOf: url)) ?? Data()
                if found.count < 100_000 || Set(found).count != 1 { problems.withLock { $0.append("damaged") } }
            }
        }
        #expect(problems.withLock { $0 } == [])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["report.json"])
    }

    @Test func aNameHasRoomForThoseOfAWriter() throws {
        let folder = try TemporaryFolder()
        let longest = String(repeating: "é", count: 118)
        for _ in 0..<2 { try write("a", to: folder.file(longest)) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == [longest])
        let longer = longest + "aa"
        #expect(
            message(in: folder.url) { try AtomicFolder.check(folder.file(longer)) }
                == "\(longer): its name has more than 237 bytes; choose a shorter one")
    }

    @Test func theHeadOfAFileMayBeWrittenLast() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("v.npy").path
        func write(_ texts: [String], then error: Stop? = nil) throws {
            try OutputFile.replace(named: path, head: 3) { write in
                for text in texts { try Array(text.utf8).withUnsafeBytes(write) }
                if let error { throw error }
                return Data("\(texts.count)..".utf8)
            }
        }
        try write(["ab", "", "c"])
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "3..abc")
        #expect(throws: Stop.self) { try write(["a"], then: Stop()) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "3..abc")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["v.npy"])
        // A pipe has it in order.
        unlink(path)
        #expect(mkfifo(path, 0o600) == 0)
        let end = open(path, O_RDONLY | O_NONBLOCK)
        try write(["d"])
        var bytes = [UInt8](repeating: 0, count: 10)
        #expect(read(end, &bytes, 10) == 4 && bytes.starts(with: "1..d".utf8))
        close(end)
    }

    @Test func aFolderBelowAFileIsOneLine() throws {
        let folder = try TemporaryFolder()
        try Data().write(to: folder.file("taken"))
        for path in ["taken", "taken/a/b"] {
            #expect(throws: CheckpointError(folder.file("taken"), "is a file; wanted a folder")) {
                try AtomicFolder.createDirectory(folder.file(path))
            }
        }
        try AtomicFolder.createDirectory(folder.file("a/b/c"))
        try AtomicFolder.createDirectory(folder.file("a/b/c"))
        #expect(FileManager.default.fileExists(atPath: folder.file("a/b/c").path))
    }

    /// Whoever reads while it is replaced finds the older or the new one, never none.
    @Test func aFolderIsThereAllTheTime() throws {
        let folder = try TemporaryFolder()
        let url = folder.file("vocabulary")
        try write("old", to: url)
        let state = Mutex((isDone: false, looks: 0, missed: 0))
        let path = url.path
        let reader = Thread {
            while !state.withLock({ $0.isDone }) {
                let isMissing = access(path, F_OK) != 0
                state.withLock { $0 = ($0.isDone, $0.looks + 1, $0.missed + (isMissing ? 1 : 0)) }
            }
        }
        reader.start()
        while state.withLock({ $0.looks }) == 0 { usleep(100) }
        for _ in 0..<100 { try write("new", to: url) }
        let (_, looks, missed) = state.withLock { state in
            state.isDone = true
            return state
        }
        #expect(looks > 0 && missed == 0)
    }

    @Test func damageIsFoundAndNamed() throws {
        let folder = try TemporaryFolder()
        let url = folder.file("step-1")
        let file = url.appendingPathComponent("model.safetensors")
        try write("weights", to: url)
        try Data("weighTs".utf8).write(to: file)
        let flipped = message(in: folder.url) { try AtomicFolder.verify(url, foreign: false) }
        #expect(flipped?.hasPrefix("step-1/model.safetensors: damaged: SHA-256 is ") == true)
        try Data("weight".utf8).write(to: file)
        #expect(
            message(in: folder.url) { try AtomicFolder.verify(url, foreign: false) }
                == "step-1/model.safetensors: truncated: 6 bytes, checksums.json says 7; use an older checkpoint")
        try FileManager.default.removeItem(at: file)
        #expect(
            message(in: folder.url) { try AtomicFolder.verify(url, foreign: false) }
                == "step-1/model.safetensors: missing; checksums.json lists it; use an older checkpoint")
    }

    /// The hub's cache is a folder of links.
    @Test func aFolderOfLinksIsCheckedByWhatTheyPointTo() throws {
        let folder = try TemporaryFolder()
        let (url, blob) = (folder.file("step-1"), folder.file("blob"))
        let file = url.appendingPathComponent("model.safetensors")
        try write("weights", to: url)
        try FileManager.default.moveItem(at: file, to: blob)
        try FileManager.default.createSymbolicLink(at: file, withDestinationURL: blob)
        try AtomicFolder.verify(url, foreign: false)
    }

    @Test(arguments: ["../../etc/passwd", "..", "/dev/zero"]) func aListNamesFilesOfItsFolderAlone(name: String) throws
    {
        let folder = try TemporaryFolder()
        try Data(#"{"\#(name)":{"bytes":1,"sha256":"00"}}"#.utf8).write(to: folder.file("checksums.json"))
        #expect(
            message { try AtomicFolder.verify(folder.url, foreign: false) }
                == "damaged: it lists '\(name)'; wanted files of the folder itself")
    }

    @Test func aListNamesPlainFilesAlone() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createSymbolicLink(
            at: folder.file("model.safetensors"), withDestinationURL: URL(fileURLWithPath: "/dev/zero"))
        try Data(#"{"model.safetensors":{"bytes":0,"sha256":"00"}}"#.utf8).write(to: folder.file("checksums.json"))
        #expect(
            message { try AtomicFolder.verify(folder.url, foreign: false) } == "no plain file; checksums.json lists it")
    }

    @Test func anotherProgramsFolderNeedsNoChecksums() throws {
        let folder = try TemporaryFolder()
        try AtomicFolder.verify(folder.url, foreign: true)
        #expect(throws: CheckpointError.self) { try AtomicFolder.verify(folder.url, foreign: false) }
        try Data("{}".utf8).write(to: folder.file("checksums.json"))
        for foreign in [true, false] {
            #expect(
                message(in: folder.url) { try AtomicFolder.verify(folder.url, foreign: foreign) }
                    == "checksums.json: damaged: no list of checksums; use an older checkpoint")
        }
    }

    /// A file system of one megabyte; needs root, as CI has.
    @Test(.enabled(if: getuid() == 0, "mounting a small file system needs root"))
    func aFullDiskLeavesTheOlderCheckpointIntact() throws {
        let folder = try TemporaryFolder()
        let disk = folder.file("disk")
        try FileManager.default.createDirectory(at: disk, withIntermediateDirectories: true)
        guard mount("tmpfs", disk.path, "tmpfs", 0, "size=1m") == 0 else {
            try Test.cancel("tmpfs cannot be mounted here: \(String(cString: strerror(errno)))")
        }
        defer { umount(disk.path) }
        let url = disk.appendingPathComponent("step-1")
        try CheckpointsTests.write(
            ["a": ([1000], Array(repeating: 1, count: 1000))], to: disk.appendingPathComponent("x"))
        try write("old", to: url)
        let big = Array(repeating: Float(1), count: 1 << 20)
        let found = message(in: disk) {
            try AtomicFolder.write(to: url) {
                try CheckpointsTests.write(["a": ([1 << 20], big)], to: $0.appendingPathComponent("model.safetensors"))
            }
        }
        #expect(found == ".partial-step-1/model.safetensors: cannot write 4194304 bytes: disk full")
        try AtomicFolder.verify(url, foreign: false)
        #expect(try String(contentsOf: url.appendingPathComponent("model.safetensors"), encoding: .utf8) == "old")
    }

    /// Where names cannot be exchanged, an older folder steps aside: killed then, it is all that there is.
    @Test func aFolderThatSteppedAsideComesBack() throws {
        let folder = try TemporaryFolder()
        let (aside, url) = (folder.file(".partial-replaced-run"), folder.file("run"))
        try write("old", to: url)
        try FileManager.default.moveItem(at: url, to: aside)
        _ = try RunFolder(folder.url)
        #expect(try String(contentsOf: url.appendingPathComponent("model.safetensors"), encoding: .utf8) == "old")
        try FileManager.default.copyItem(at: url, to: aside)
        _ = try RunFolder(folder.url)
        #expect(!FileManager.default.fileExists(atPath: aside.path), "the new one had come")
    }
}
