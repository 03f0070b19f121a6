import Foundation

/// The program that runs: what it computes may be other numbers than those of another build.
public enum ProgramBuild {
    public static let version = "0.2.0"

    /// `yoso 0.2.0, build 52d17922`, without the build where its file bears no mark of one.
    public static let name = "yoso \(version)" + (build.map { ", build \($0)" } ?? "")

    /// What computes, down to what bits depend on: kernels, and behind them this program.
    static func computing(by kernels: String) -> String { "\(kernels) (\(name))" }

    /// The kernels alone, of whatever program; earlier ones did not name themselves.
    static func kernels(in arithmetic: String) -> Substring {
        arithmetic.firstRange(of: " (yoso ").map { arithmetic[..<$0.lowerBound] } ?? arithmetic[...]
    }

    /// The first digits of what the linker marked the file with, a digest of its contents (System V ABI, note `NT_GNU_BUILD_ID`).
    private static let build = (try? FileHandle(forReadingFrom: URL(fileURLWithPath: "/proc/self/exe"))).flatMap {
        file in
        defer { try? file.close() }
        return buildID { offset, count in
            guard (try? file.seek(toOffset: UInt64(offset))) != nil, let data = try? file.read(upToCount: count) else {
                return []
            }
            return Array(data)
        }
    }

    /// Nil where the bytes are no ELF file of 64 bits, or hold no such note.
    static func buildID(_ read: (_ offset: Int, _ count: Int) -> [UInt8]) -> String? {
        let head = read(0, 64)
        guard head.count == 64, head.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]) else { return nil }
        let (table, size, count) = (number(head, 32, 8), number(head, 54, 2), number(head, 56, 2))
        for index in 0..<count where size >= 56 {
            let segment = read(table + index * size, 56)
            let isNotes = segment.count == 56 && number(segment, 0, 4) == 4
            guard isNotes else { continue }
            var notes = read(number(segment, 8, 8), min(number(segment, 32, 8), 1 << 16))[...]
            while notes.count >= 12 {
                let note = Array(notes)
                let (name, mark) = (number(note, 0, 4), number(note, 4, 4))
                let first = 12 + (name + 3) / 4 * 4
                guard first + mark <= note.count else { break }
                if number(note, 8, 4) == 3, note[12..<12 + name].elementsEqual("GNU\0".utf8), mark >= 4 {
                    return note[first..<first + 4].map { String(format: "%02x", $0) }.joined()
                }
                notes = notes.dropFirst(first + (mark + 3) / 4 * 4)
            }
        }
        return nil
    }

    /// Little-endian; of what is too large for any offset here the largest.
    private static func number(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> Int {
        let value = bytes[offset..<offset + count].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Int(min(value, 1 << 40))
    }
}
