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
                for case (let field, .varint(let number)) in try Self.fields(message, "trainer", place) {
                    if field == 3 { type = number }
                    if field == 35 { fallsBackToBytes = number == 1 }
                }
            case (3, .bytes(let message)): characterMap = try Self.map(message, "normalizer", place) ?? characterMap
            // What the library puts texts back together by.
            case (5, .bytes(let message)): _ = try Self.map(message, "denormalizer", place)
            default: break
            }
        }
        guard !reader.isDamaged, !pieces.isEmpty else {
            throw TokenizationError(place, bytes.isEmpty ? "empty" : "no SentencePiece model, or a damaged one")
        }
        try Self.check(pieces, place)
        self.pieces = pieces
        self.type = type
        self.fallsBackToBytes = fallsBackToBytes
        self.characterMap = characterMap
    }

    /// All fields of a message in the model: behind one that cannot be read the library may still find others.
    private static func fields(
        _ message: ArraySlice<UInt8>, _ name: String, _ place: String
    ) throws -> [ProtobufReader.Element] {
        var reader = ProtobufReader(message)
        var fields: [ProtobufReader.Element] = []
        while let field = reader.next() { fields.append(field) }
        guard !reader.isDamaged else { throw TokenizationError(place, "damaged: its \(name) cannot be read") }
        return fields
    }

    /// The last character map of a normalizer, each of which is sound; nil where it has none.
    private static func map(_ message: ArraySlice<UInt8>, _ name: String, _ place: String) throws -> [UInt8]? {
        var last: [UInt8]?
        for case (2, .bytes(let map)) in try fields(message, name, place) {
            guard map.isEmpty || CharacterMap(Array(map)).isSound else {
                throw TokenizationError(place, "damaged: the character map of its \(name) points outside of itself")
            }
            last = Array(map)
        }
        return last
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
