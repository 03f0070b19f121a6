/// A SentencePiece `ModelProto`, read and checked by us before the library sees it.
struct SentencePieceModel: Sendable {
    struct Piece: Equatable, Sendable {
        let text: String
        let score: Float
        let kind: Kind
    }

    enum Kind: UInt64, Sendable {
        case normal = 1
        case unknown, control, userDefined, unused, byte
    }

    let pieces: [Piece]
    private let type: UInt64
    var isUnigram: Bool { type == 1 }
    var isBytePairs: Bool { type == 2 }
    let fallsBackToBytes: Bool
    /// The normalizer's compiled map; empty for the identity.
    let characterMap: [UInt8]

    /// - Throws: `TokenizationError` at `place` where the bytes are no model, or one that would crash the library.
    init(_ bytes: [UInt8], _ place: String) throws {
        var pieces: [Piece] = []
        var (type, fallsBackToBytes) = (UInt64(1), false)
        var characterMap: [UInt8] = []
        var reader = ProtobufReader(bytes[...])
        while let (field, value) = reader.next() {
            switch (field, value) {
            case (1, .bytes(let message)):
                guard let piece = Self.piece(message) else {
                    throw TokenizationError(place, "damaged: piece \(pieces.count) cannot be read")
                }
                pieces.append(piece)
            case (2, .bytes(let message)):
                for case (let field, .varint(let number)) in ProtobufReader(message) {
                    if field == 3 { type = number }
                    if field == 35 { fallsBackToBytes = number == 1 }
                }
            case (3, .bytes(let message)):
                for case (2, .bytes(let map)) in ProtobufReader(message) { characterMap = Array(map) }
            default: break
            }
        }
        guard !reader.isDamaged, !pieces.isEmpty else {
            throw TokenizationError(place, bytes.isEmpty ? "empty" : "no SentencePiece model, or a damaged one")
        }
        try Self.check(pieces, place)
        guard characterMap.isEmpty || CharacterMap(characterMap).isSound else {
            throw TokenizationError(place, "damaged: its character map points outside of itself")
        }
        self.pieces = pieces
        self.type = type
        self.fallsBackToBytes = fallsBackToBytes
        self.characterMap = characterMap
    }

    private static func piece(_ message: ArraySlice<UInt8>) -> Piece? {
        var text: String?
        var score: Float = 0
        var kind = Kind.normal
        var reader = ProtobufReader(message)
        while let (field, value) = reader.next() {
            switch (field, value) {
            case (1, .bytes(let bytes)): text = String(validating: bytes, as: UTF8.self)
            case (2, .fixed32(let bits)): score = Float(bitPattern: bits)
            case (3, .varint(let number)):
                guard let known = Kind(rawValue: number) else { return nil }
                kind = known
            default: break
            }
        }
        guard let text, !text.isEmpty, score.isFinite, !reader.isDamaged else { return nil }
        return Piece(text: text, score: score, kind: kind)
    }

    private static func check(_ pieces: [Piece], _ place: String) throws {
        let unknown = pieces.count { $0.kind == .unknown }
        guard unknown == 1 else { throw TokenizationError(place, "damaged: \(unknown) unknown pieces, wanted 1") }
        // By bytes: to String, composed and decomposed characters are equal.
        var seen = Set<[UInt8]>()
        for piece in pieces where !seen.insert(Array(piece.text.utf8)).inserted {
            throw TokenizationError(place, "damaged: the piece '\(piece.text)' occurs twice")
        }
    }
}
