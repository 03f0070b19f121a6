import CCrypto
import Foundation

/// SHA-256 (FIPS 180-4) by OpenSSL, of bytes as they come.
public struct SHA256: ~Copyable {
    private let context: OpaquePointer?

    public init() {
        context = EVP_MD_CTX_new()
        EVP_DigestInit_ex(context, EVP_sha256(), nil)
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Appends `bytes` to what is digested.
    public func update(_ bytes: UnsafeRawBufferPointer) {
        EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    }

    /// The digest of all bytes so far, as 64 lower-case hexadecimal digits.
    public consuming func hexadecimal() -> String {
        var digest = [UInt8](repeating: 0, count: 32)
        EVP_DigestFinal_ex(context, &digest, nil)
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// The digest of `data`.
    public static func hexadecimal(of data: Data) -> String {
        let digest = SHA256()
        data.withUnsafeBytes { digest.update($0) }
        return digest.hexadecimal()
    }

    /// The digest of a file, read in pieces.
    ///
    /// - Throws: what opening or reading the file throws.
    public static func hexadecimal(ofFile url: URL) throws -> String {
        let file = try FileHandle(forReadingFrom: url)
        defer { try? file.close() }
        let digest = SHA256()
        while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty {
            piece.withUnsafeBytes { digest.update($0) }
        }
        return digest.hexadecimal()
    }
}
