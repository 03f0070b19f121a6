/// Puts words one after another and sees to what depends on the neighbours: capitals, `a` or `an`, single spaces.
struct SentenceWriter {
    private(set) var bytes: [UInt8] = []
    private var capitalizesNext = true
    private var hasOpenArticle = false

    var text: String { String(decoding: bytes, as: UTF8.self) }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        capitalizesNext = true
        hasOpenArticle = false
    }

    /// Starts another sentence of the same paragraph.
    mutating func startSentence() {
        if !bytes.isEmpty { bytes.append(space) }
        capitalizesNext = true
    }

    mutating func capitalizeNext() {
        capitalizesNext = true
    }

    /// Leaves a place for `a ` or `an `, settled by the word that follows.
    mutating func openArticle() {
        hasOpenArticle = true
    }

    mutating func append(_ word: String) {
        append(word.utf8)
    }

    mutating func append(_ word: some Collection<UInt8>) {
        guard !word.isEmpty else { return }
        if hasOpenArticle {
            hasOpenArticle = false
            append(Article.isAn(before: word) ? an : a)
        }
        let start = bytes.count
        bytes.append(contentsOf: word)
        if capitalizesNext, let letter = bytes[start...].firstIndex(where: isLetter) {
            bytes[letter] &= 0xDF
            capitalizesNext = false
        }
    }

    private func isLetter(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte & 0xDF) }
}

private let space = UInt8(ascii: " ")
private let a = Array("a ".utf8)
private let an = Array("an ".utf8)
