import Digests
import Foundation
import Tasks
import Testing

@testable import Glue

@Suite struct DownloadTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("yoso-\(UUID().uuidString)")
    private let content = Data((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) })

    private func download(_ server: LocalServer, digest: String? = nil) -> Download {
        let digest = digest ?? SHA256.hexadecimal(of: content)
        var download = Download(
            server.url, to: folder.appendingPathComponent("a.zip"),
            digest: digest)
        (download.pieceSize, download.timeout, download.limit) = (30_000, 1, 1 << 20)
        return download
    }

    /// What a download from `server` says; the server lives as long.
    private func problem(_ server: LocalServer, digest: String? = nil) -> String? {
        withExtendedLifetime(server) {
            do {
                try download(server, digest: digest).run { _, _ in }
                return nil
            } catch { return (error as? TaskError)?.problem }
        }
    }

    private var file: Data? { try? Data(contentsOf: folder.appendingPathComponent("a.zip")) }
    private var partial: Data? { try? Data(contentsOf: folder.appendingPathComponent("a.zip.partial")) }

    @Test func aFileComesWholeInPieces() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try LocalServer(content, .ranges)
        var seen: [Int] = []
        try withExtendedLifetime(server) {
            try download(server).run { bytes, total in
                #expect(total == 100_000)
                seen.append(bytes)
            }
        }
        #expect(seen == [30_000, 60_000, 90_000, 100_000])
        #expect(file == content && partial == nil)
        // Again: it is there.
        try download(server).run { _, _ in Issue.record("fetched twice") }
    }

    /// What a killed writer left has the name that the next one takes away.
    @Test func writtenWholeAndNothingIsLeft() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let tables = folder.appendingPathComponent("diagnostic")
        try FileManager.default.createDirectory(at: tables, withIntermediateDirectories: true)
        try content.write(to: folder.appendingPathComponent("AX.tsv"))
        try Data("half".utf8).write(to: tables.appendingPathComponent(".partial-diagnostic.tsv"))
        let source = try #require(OfficialSource.all.first { $0.task == "ax" })
        try source.unpack(folder, into: folder)
        #expect(try FileManager.default.contentsOfDirectory(atPath: tables.path) == ["diagnostic.tsv"])
        #expect(try Data(contentsOf: tables.appendingPathComponent("diagnostic.tsv")) == content)
    }

    @Test func aServerMayNotKnowOfRanges() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(problem(try LocalServer(content, .ignoresRanges)) == nil)
        #expect(file == content)
    }

    @Test func whatWasFetchedStaysAndTheRestFollows() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let short = problem(try LocalServer(content, .truncates(50_000)))
        #expect(short == "the server ended after 50000 of 100000 bytes; try again")
        #expect(partial == content.prefix(50_000) && file == nil)
        let server = try LocalServer(content, .ranges)
        var fetched = 0
        try withExtendedLifetime(server) { try download(server).run { bytes, _ in fetched += bytes > 50_000 ? 1 : 0 } }
        #expect(fetched == 2 && file == content)
    }

    @Test func otherBytesAreRefusedAndRemoved() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try LocalServer(content, .ranges)
        let wrong = problem(server, digest: String(repeating: "0", count: 64))
        #expect(wrong?.hasPrefix("not the official file: SHA-256 ") == true)
        #expect(partial == nil && file == nil)
        #expect(problem(server) == nil)
    }

    @Test func aMissingFileASlowServerAndNoServerAreSaid() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(problem(try LocalServer(content, .missing)) == "the server says 404")
        let slow = problem(try LocalServer(content, .slow))
        #expect(slow == "no answer within 1 seconds; try again")
        let nobody = Download(
            try LocalServer(content, .ranges).url, to: folder.appendingPathComponent("b.zip"), digest: "")
        let error = #expect(throws: TaskError.self) { try nobody.run { _, _ in } }
        #expect(error?.problem.hasSuffix("is there a network?") == true)
    }

    /// What came before it stopped stays, and the rest is asked for.
    @Test func aServerThatStopsIsAskedAgain() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let server = try LocalServer(content, .stalls(10_000))
        var seen: [Int] = []
        try withExtendedLifetime(server) { try download(server).run { bytes, _ in seen.append(bytes) } }
        #expect(seen == [10_000, 40_000, 70_000, 100_000] && file == content)
    }

    @Test func aServerWithoutEndIsCutOff() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        #expect(problem(try LocalServer(content, .endless)) == "the server sends more than 1 MB; wanted less")
        #expect(problem(try LocalServer(content, .claims(1 << 60))) == "the server sends more than 1 MB; wanted less")
    }

    /// Whoever has the folder cannot have another file written.
    @Test func nothingIsWrittenThroughALink() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let victim = folder.appendingPathComponent("victim")
        try Data("mine".utf8).write(to: victim)
        for name in ["a.zip.partial", "a.zip.head"] {
            try FileManager.default.createSymbolicLink(
                at: folder.appendingPathComponent(name), withDestinationURL: victim)
        }
        let server = try LocalServer(content, .ranges)
        #expect(problem(server) == "cannot be written: too many levels of symbolic links")
        try FileManager.default.removeItem(at: folder.appendingPathComponent("a.zip.partial"))
        #expect(problem(server) == nil && file == content)
        #expect(try Data(contentsOf: victim) == Data("mine".utf8))
    }

    @Test func digestsAreWhole() {
        #expect(OfficialSource.all.flatMap(\.files).allSatisfy { $0.digest.count == 64 })
    }

    @Test func archivesAreUnpackedInsideTheirFolder() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let archive = folder.appendingPathComponent("a.zip")
        let files = [("SST-2/dev.tsv", "a"), ("SST-2/readme.txt", "b"), ("__MACOSX/SST-2/._dev.tsv", "c")]
        try ZipArchive.write(files.map { ($0.0, Data($0.1.utf8)) }, to: archive)
        try OfficialSource.unpack(archive, into: folder)
        let found = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }.sorted()
        #expect(found == ["SST-2", "SST-2/dev.tsv", "a.zip"])
        try ZipArchive.write([("../dev.tsv", Data("a".utf8))], to: archive)
        let error = #expect(throws: TaskError.self) { try OfficialSource.unpack(archive, into: folder) }
        #expect(error?.problem == "the name '../dev.tsv' leaves the folder")
    }

    /// Microsoft's files have a byte-order mark, Windows line ends, and rows of dev among those of training.
    @Test func paraphrasesBecomeTheBenchmarksTables() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let header = "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String"
        let files = [
            "msr_paraphrase_train.txt":
                "\u{FEFF}\(header)\r\n1\t7\t8\tHe \"said\tso.\r\n0\t3\t4\ta\u{2028}b\tc\r\n1\t8\t7\td\te\r\n",
            "msr_paraphrase_test.txt": "\u{FEFF}\(header)\r\n1\t1\t2\tf\tg\r\n0\t5\t6\th\ti\r\n",
            "mrpc_dev_ids.tsv": "3\t4\n",
        ]
        for (name, text) in files {
            try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
        }
        let source = try #require(OfficialSource.all.first { $0.task == "mrpc" })
        try source.unpack(folder, into: folder)
        func table(_ name: String) throws -> String {
            try String(contentsOf: folder.appendingPathComponent("MRPC/\(name).tsv"), encoding: .utf8)
        }
        #expect(try table("train") == "\(header)\n1\t7\t8\tHe \"said\tso.\n1\t8\t7\td\te\n")
        #expect(try table("dev") == "\(header)\n0\t3\t4\ta\u{2028}b\tc\n")
        #expect(try table("test") == "index\t#1 ID\t#2 ID\t#1 String\t#2 String\n0\t1\t2\tf\tg\n1\t5\t6\th\ti\n")

        try "9\t9\n".write(to: folder.appendingPathComponent("mrpc_dev_ids.tsv"), atomically: true, encoding: .utf8)
        let other = #expect(throws: TaskError.self) { try source.unpack(folder, into: folder) }
        #expect(other?.problem == "has 0 of the 1 pairs of mrpc_dev_ids.tsv")
        try "3 4\n".write(to: folder.appendingPathComponent("mrpc_dev_ids.tsv"), atomically: true, encoding: .utf8)
        let columns = #expect(throws: TaskError.self) { try source.unpack(folder, into: folder) }
        #expect(columns?.problem == "1 columns, wanted 2" && columns?.place.hasSuffix("mrpc_dev_ids.tsv:1") == true)
    }
}
