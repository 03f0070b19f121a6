import Foundation
import Testing

@testable import Training

@Suite struct ProgramBuildTests {
    /// A file with a segment of notes, of which the second is the linker's mark.
    private func file(notes: [UInt8], kind: UInt8 = 4) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 64 + 56)
        bytes.replaceSubrange(0..<6, with: [0x7F, 0x45, 0x4C, 0x46, 2, 1])
        (bytes[32], bytes[54], bytes[56]) = (64, 56, 1)
        (bytes[64], bytes[72], bytes[96]) = (kind, 120, UInt8(notes.count))
        return bytes + notes
    }

    private func note(_ kind: UInt8, _ mark: [UInt8]) -> [UInt8] {
        [4, 0, 0, 0, UInt8(mark.count), 0, 0, 0, kind, 0, 0, 0] + "GNU\0".utf8 + mark
    }

    private func build(_ file: [UInt8]) -> String? {
        ProgramBuild.buildID { Array(file.dropFirst($0).prefix($1)) }
    }

    @Test func theLinkersMarkIsFound() {
        let mark = note(3, [0x52, 0xD1, 0x79, 0x22, 0x54, 0xB4, 0xF2, 0xA5])
        #expect(build(file(notes: note(1, [0, 0, 0, 0]) + mark)) == "52d17922")
        #expect(build(file(notes: note(1, [0, 0, 0, 0]))) == nil && build(file(notes: mark, kind: 1)) == nil)
    }

    /// Whatever its bytes say.
    @Test func aDamagedFileHasNone() {
        let whole = file(notes: note(3, [1, 2, 3, 4]))
        #expect(build(whole) == "01020304")
        for count in whole.indices { #expect(build(Array(whole.prefix(count))) == nil) }
        for index in whole.indices {
            var damaged = whole
            damaged[index] = 0xFF
            _ = build(damaged)
        }
    }

    @Test func thisProgramNamesItself() {
        #expect(ProgramBuild.name.wholeMatch(of: /yoso 0\.\d+\.\d+(, build [0-9a-f]{8})?/) != nil)
    }
}
