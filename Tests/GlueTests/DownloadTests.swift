import Digests
import Foundation
import Testing

@testable import Glue

@Suite struct DownloadTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("yoso-\(UUID().uuidString)")
    private let content = Data((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7919 >> 3) })

    private func download(_ server: LocalServer, digest: String? = nil) -> Download {
        let digest = digest ?? SHA256.hexadecimal(of: content)
        var download = Download(
            server.url, to: folder.appendingPathComponent("a.zip"),
            digest: (String(digest.prefix(8)), String(digest.suffix(4))))
        (download.pieceSize, download.timeout) = (30_000, 1)
        return download
    }

    /// What a download from `server` says; the server lives as long.
    private func problem(_ server: LocalServer, digest: String? = nil) -> String? {
        withExtendedLifetime(server) {
            do {
                try download(server, digest: digest).run { _, _ in }
                return nil
            } catch { return (error as? GlueError)?.problem }
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
            try LocalServer(content, .ranges).url, to: folder.appendingPathComponent("b.zip"), digest: ("", ""))
        let error = #expect(throws: GlueError.self) { try nobody.run { _, _ in } }
        #expect(error?.problem.hasSuffix("is there a network?") == true)
    }

    @Test func archivesAreUnpackedInsideTheirFolder() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let archive = folder.appendingPathComponent("a.zip")
        let files = [("SST-2/dev.tsv", "a"), ("SST-2/readme.txt", "b"), ("__MACOSX/SST-2/._dev.tsv", "c")]
        try ZipArchive.write(files.map { ($0.0, Data($0.1.utf8)) }, to: archive)
        try OfficialArchive.unpack(archive, into: folder)
        let found = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }.sorted()
        #expect(found == ["SST-2", "SST-2/dev.tsv", "a.zip"])
        try ZipArchive.write([("../dev.tsv", Data("a".utf8))], to: archive)
        let error = #expect(throws: GlueError.self) { try OfficialArchive.unpack(archive, into: folder) }
        #expect(error?.problem == "the name '../dev.tsv' leaves the folder")
    }
}
