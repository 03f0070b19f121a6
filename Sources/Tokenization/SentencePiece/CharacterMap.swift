/// The compiled normalization of a SentencePiece model: a double-array trie (Darts-clone) over UTF-8, whose leaves are
/// offsets into a block of NUL-terminated replacements.
struct CharacterMap {
    private let units: [UInt32]
    private let replacements: Int
    private let endsWithNul: Bool

    /// u32 size of the trie in bytes, the trie, and the replacements, all little-endian.
    init(_ bytes: [UInt8]) {
        let size = bytes.count < 4 ? 0 : bytes[0..<4].reversed().reduce(0) { $0 << 8 | Int($1) }
        guard size > 0, size % 1024 == 0, 4 + size <= bytes.count else {
            (units, replacements, endsWithNul) = ([], 0, false)
            return
        }
        units = stride(from: 4, to: 4 + size, by: 4).map { start in
            UInt32(bytes[start]) | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2]) << 16
                | UInt32(bytes[start + 3]) << 24
        }
        replacements = bytes.count - 4 - size
        endsWithNul = bytes.last == 0
    }

    /// Whether every node that a text can reach lies inside the trie, and every leaf inside the replacements: the
    /// library checks neither, and follows a damaged map out of bounds.
    var isSound: Bool {
        guard !units.isEmpty, endsWithNul else { return false }
        // The trie shares nodes, so it is walked as a graph.
        var visited = [Bool](repeating: false, count: units.count)
        var open = [Self.offset(units[0])]
        while let base = open.popLast() {
            guard base | 255 < units.count else { return false }
            if visited[base] { continue }
            visited[base] = true
            for label in 1...255 {
                let unit = units[base ^ label]
                guard unit & 0x8000_00FF == UInt32(label) else { continue }
                let child = (base ^ label) ^ Self.offset(unit)
                guard child | 255 < units.count else { return false }
                if unit >> 8 & 1 == 1, Int(units[child] & 0x7FFF_FFFF) >= replacements { return false }
                open.append(child)
            }
        }
        return true
    }

    private static func offset(_ unit: UInt32) -> Int { Int(unit >> 10) << Int((unit & 1 << 9) >> 6) }
}
