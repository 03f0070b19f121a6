import Checkpoints
import Foundation
import Testing

@Suite struct SafeTensorsTests {
    /// A file with this header and so many bytes of data.
    private func file(_ header: String, dataBytes: Int, in folder: borrowing TemporaryFolder) throws -> URL {
        var data = Data()
        withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { data.append(contentsOf: $0) }
        data.append(Data(header.utf8))
        data.append(Data(repeating: 0, count: dataBytes))
        let url = folder.file("x.safetensors")
        try data.write(to: url)
        return url
    }

    @Test func whatIsWrittenIsReadBack() throws {
        let folder = try TemporaryFolder()
        let url = folder.file("model.safetensors")
        try write(["b.weight": ([2, 3], [1, 2, 3, 4, 5, 6]), "a": ([2], [-1, .pi]), "empty": ([0], [])], to: url)
        let file = try SafeTensorsFile(url)
        #expect(file.names == ["a", "b.weight", "empty"])
        #expect(file.shape(of: "b.weight") == [2, 3])
        #expect(try file.floats("b.weight") == [1, 2, 3, 4, 5, 6])
        #expect(try file.floats("a") == [-1, .pi])
        #expect(file.metadata == ["format": "pt"])
    }

    @Test func dataBeginAtAMultipleOf64AndEqualTensorsGiveEqualBytes() throws {
        let folder = try TemporaryFolder()
        let tensors: [String: (shape: [Int], values: [Float])] = ["x": ([1], [1]), "y": ([2], [2, 3])]
        try write(tensors, to: folder.file("1"))
        try write(tensors, to: folder.file("2"))
        let data = try Data(contentsOf: folder.file("1"))
        #expect(data == (try Data(contentsOf: folder.file("2"))))
        let header = Int(data[0]) | Int(data[1]) << 8
        #expect((header + 8) % 64 == 0)
    }

    @Test(arguments: [
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 7, "truncated: 69 bytes, the header wants 70"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 9, "damaged: 71 bytes"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, 12, "damaged: a begins at byte"),
        (#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8, "damaged: a takes bytes 0 to 8"),
        (#"{"a":{"dtype":"f32","shape":[2],"data_offsets":[0,8]}}"#, 8, "damaged: a is of type f32"),
        (
            #"{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}"#, 1,
            "damaged: a takes bytes 0 to 1; its shape wants 1"
        ),
        (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8, "damaged: the header is no JSON"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8, "damaged: a has no proper data_offsets"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#, 8, "damaged: a has no proper data_offsets"),
        (#"{"a":{"dtype":"F32","shape":[4294967295,4294967295,4294967295],"data_offsets":[0,8]}}"#, 8, "overflows"),
        (#"{"a":{"shape":[2],"data_offsets":[0,8]}}"#, 8, "damaged: the header is no JSON"),
        (#"{"__metadata__":{"x":1}}"#, 0, "damaged: the header is no JSON"),
        (
            #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#,
            4, "begins at byte"
        ),
        (
            #"{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}"#,
            4, "damaged: 'a' stands twice in the header"
        ),
        (
            #"{"a":{"dtype":"F16","shape":[2],"shape":[1],"data_offsets":[0,4]}}"#, 4,
            "damaged: 'a.shape' stands twice in the header"
        ),
        (#"[1, 2]"#, 0, "damaged: the header is no JSON"),
        (#"{"#, 0, "damaged: the header is no JSON"),
    ])
    func everyRuleOfTheFormatIsHeld(header: String, dataBytes: Int, expected: String) throws {
        let folder = try TemporaryFolder()
        let url = try file(header, dataBytes: dataBytes, in: folder)
        let found = message { _ = try SafeTensorsFile(url) }
        #expect(found?.contains(expected) == true, "\(found ?? "accepted")")
    }

    /// A checkpoint may hold what nobody reads.
    @Test func aTensorOfAnyTypeOfTheFormatIsAllowedAndReadingItIsRefused() throws {
        let folder = try TemporaryFolder()
        let types = [
            ("F4", 4), ("F6_E2M3", 6), ("F6_E3M2", 6), ("U8", 8), ("I8", 8), ("F8_E5M2", 8), ("F8_E4M3", 8),
            ("F8_E8M0", 8), ("F8_E4M3FNUZ", 8), ("F8_E5M2FNUZ", 8), ("BOOL", 8), ("I16", 16), ("U16", 16),
            ("U32", 32), ("C64", 64), ("U64", 64),
        ]
        for (type, bits) in types {
            let header = #"{"a":{"dtype":"\#(type)","shape":[4],"data_offsets":[0,\#(bits / 2)]}}"#
            let tensors = try SafeTensorsFile(try file(header, dataBytes: bits / 2, in: folder))
            #expect(tensors.shape(of: "a") == [4])
            #expect(
                message { _ = try tensors.floats("a") } == "a is of type \(type); wanted F32, F16, BF16 or F64")
        }
    }

    @Test func filesThatAreTooShortOrMissingAreNamed() throws {
        let folder = try TemporaryFolder()
        try Data([1, 2, 3]).write(to: folder.file("short"))
        #expect(message { _ = try SafeTensorsFile(folder.file("short")) } == "3 bytes are no safetensors file")
        #expect(message { _ = try SafeTensorsFile(folder.file("none")) } == "no such file")
        try Data([255, 0, 0, 0, 0, 0, 0, 0, 1]).write(to: folder.file("cut"))
        #expect(
            message { _ = try SafeTensorsFile(folder.file("cut")) }
                == "truncated: the header should take 255 of 9 bytes")
    }

    @Test func halfPrecisionAndIntegersAreRead() throws {
        let folder = try TemporaryFolder()
        let header =
            #"{"b":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},"h":{"dtype":"F16","shape":[3],"data_offsets":[4,10]},"i":{"dtype":"I64","shape":[1],"data_offsets":[10,18]}}"#
        let url = try file(header, dataBytes: 0, in: folder)
        var data = try Data(contentsOf: url)
        data.append(contentsOf: [0x80, 0x3F, 0x20, 0xC0])  // 1, -2.5
        data.append(contentsOf: [0x00, 0x3C, 0x01, 0x00, 0x00, 0xFC])  // 1, 2⁻²⁴, -∞
        data.append(contentsOf: [0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])  // -2
        try data.write(to: url)
        let tensors = try SafeTensorsFile(url)
        #expect(try tensors.floats("b") == [1, -2.5])
        #expect(try tensors.floats("h") == [1, 0x1p-24, -.infinity])
        #expect(try tensors.integers("i") == [-2])
        #expect(message { _ = try tensors.floats("i") } == "i is of type I64; wanted F32, F16, BF16 or F64")
        #expect(message { _ = try tensors.floats("z") } == "has no tensor z")
    }
}
