import Foundation

/// The cyclic redundancy check of Castagnoli (RFC 3720, appendix B.4).
enum CRC32C {
    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value >> 1 ^ (value & 1 == 1 ? 0x82F6_3B78 : 0) }
    }

    static func checksum(_ data: Data) -> UInt32 {
        ~data.reduce(~UInt32(0)) { $0 >> 8 ^ table[Int(($0 ^ UInt32($1)) & 0xff)] }
    }

    /// As records have it, where checksums of data with checksums in it would be weak.
    static func masked(_ data: Data) -> UInt32 {
        let sum = checksum(data)
        return (sum >> 15 | sum << 17) &+ 0xa282_ead8
    }
}
