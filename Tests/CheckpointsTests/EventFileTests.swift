import Foundation
import Testing

@testable import Checkpoints

@Suite struct EventFileTests {
    /// The check value of the catalogue of Castagnoli's polynomial, and RFC 3720's 32 zeros.
    @Test func checksumsAreThoseOfTheStandard() {
        #expect(CRC32C.checksum(Data("123456789".utf8)) == 0xe306_9283)
        #expect(CRC32C.checksum(Data(count: 32)) == 0x8a91_36aa)
    }

    /// The first twelve bytes of files that TensorFlow writes: an event of 24 bytes, and the masked checksum of that.
    @Test func masksAreTensorFlows() {
        #expect(CRC32C.masked(Data([24, 0, 0, 0, 0, 0, 0, 0])) == 0x224b_7fa3)
    }

    /// Of the documentation of protocol buffers: 150 in field 1 is 08 96 01.
    @Test func fieldsAreEncodedAsDocumented() {
        let message = ProtocolBuffer {
            $0.add(1, 150)
            $0.add(2, "testing")
            $0.add(3, Float(1))
            $0.add(4, -1)
        }
        let numbers: [UInt8] = [0x1d, 0, 0, 0x80, 0x3f, 0x20] + Array(repeating: 0xff, count: 9) + [1]
        #expect(Array(message.bytes) == [0x08, 0x96, 0x01, 0x12, 7] + Array("testing".utf8) + numbers)
    }

    @Test func recordsHaveTheirLengthsAndChecksums() throws {
        let folder = try TemporaryFolder()
        let file = EventFile(in: folder.url, step: 7, settings: ["seed": "1", "kind": "x"], text: ["a": "b"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == [])
        try file.append(step: 8, [("training/loss", 2.5)])
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
        #expect(names.count == 1 && names[0].hasPrefix(EventFile.prefix))
        var rest = try Data(contentsOf: folder.url.appendingPathComponent(names[0]))
        var events: [Data] = []
        func number<Value: FixedWidthInteger>(_ data: Data, _: Value.Type) -> Value {
            data.reversed().reduce(0) { $0 << 8 | Value($1) }
        }
        while !rest.isEmpty {
            let length = Int(number(rest.prefix(8), UInt64.self))
            #expect(number(rest.dropFirst(8).prefix(4), UInt32.self) == CRC32C.masked(rest.prefix(8)))
            let event = rest.dropFirst(12).prefix(length)
            #expect(number(rest.dropFirst(12 + length).prefix(4), UInt32.self) == CRC32C.masked(event))
            events.append(event)
            rest = rest.dropFirst(16 + length)
        }
        #expect(events.count == 5)
        #expect(Array(events[0].dropFirst(9)) == [0x1a, 13] + Array("brain.Event:2".utf8), "behind the time")
        #expect(Array(events[1].dropFirst(9)) == [0x10, 8, 0x3a, 2, 8, 1], "the status of step 8")
    }
}
