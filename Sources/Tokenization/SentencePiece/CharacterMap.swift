import Foundation

/// The compiled normalization of a SentencePiece model: a double-array trie (Darts-clone) over UTF-8, whose leaves are
/// offsets into a block of NUL-terminated replacements.
struct CharacterMap: Sendable {
    private let units: [UInt32]
    private let replacements: ArraySlice<UInt8>

    /// u32 size of the trie in bytes, the trie, and the replacements, all little-endian.
    init(_ bytes: [UInt8]) {
        let size = bytes.count < 4 ? 0 : bytes[0..<4].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard size > 0, size % 1024 == 0, 4 + size <= bytes.count else {
            (units, replacements) = ([], [])
            return
        }
        units = stride(from: 4, to: 4 + size, by: 4).map { start in
            UInt32(bytes[start]) | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2]) << 16
                | UInt32(bytes[start + 3]) << 24
        }
        replacements = bytes[(4 + size)...]
    }

    /// Bytes of the longest replacement.
    var longestReplacement: Int { replacements.split(separator: 0).map(\.count).max() ?? 0 }

    static func bytes(base64: String) -> [UInt8]? { Data(base64Encoded: base64).map { Array($0) } }

    /// Whether every node that a text can reach lies inside the trie, and every leaf inside the replacements: the
    /// library checks neither, and follows a damaged map out of bounds.
    var isSound: Bool {
        guard !units.isEmpty, replacements.last == 0 else { return false }
        // The trie shares nodes, so it is walked as a graph.
        var visited = [Bool](repeating: false, count: units.count)
        var open = [Self.offset(units[0])]
        while let base = open.popLast() {
            guard base | 255 < units.count else { return false }
            if visited[base] { continue }
            visited[base] = true
            // A text may have a NUL too.
            for label in 0...255 {
                let unit = units[base ^ label]
                guard unit & 0x8000_00FF == UInt32(label) else { continue }
                let child = (base ^ label) ^ Self.offset(unit)
                guard child | 255 < units.count else { return false }
                if unit >> 8 & 1 == 1, Int(units[child] & 0x7FFF_FFFF) >= replacements.count { return false }
                open.append(child)
            }
        }
        return true
    }

    /// `text` as the `Precompiled` normalizer of a `tokenizer.json` maps it: a user-perceived character of less than six bytes as
    /// a whole, where the map knows its beginning, and else character by character.
    ///
    /// - Precondition: the map is sound.
    func normalized(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: text)
        return String(view).flatMap { character -> [Unicode.Scalar] in
            let bytes = Array(character.utf8)
            if bytes.count < 6, let replacement = replacement(of: bytes) { return replacement }
            return character.unicodeScalars.flatMap { replacement(of: Array(String($0).utf8)) ?? [$0] }
        }
    }

    /// What takes the place of the shortest beginning of `bytes` that the map knows.
    private func replacement(of bytes: [UInt8]) -> [Unicode.Scalar]? {
        var node = Self.offset(units[0])
        for byte in bytes where byte != 0 {
            node ^= Int(byte)
            let unit = units[node]
            guard unit & 0x8000_00FF == UInt32(byte) else { return nil }
            node ^= Self.offset(unit)
            if unit >> 8 & 1 == 1 {
                let start = replacements.startIndex + Int(units[node] & 0x7FFF_FFFF)
                return Array(String(decoding: replacements[start...].prefix { $0 != 0 }, as: UTF8.self).unicodeScalars)
            }
        }
        return nil
    }

    private static func offset(_ unit: UInt32) -> Int { Int(unit >> 10) << Int((unit & 1 << 9) >> 6) }
}
