import Foundation
import JSON

/// A `tokenizer.json` as transformers reads it.
struct TokenizerFile {
    enum Model {
        case wordPiece(WordPieceModel)
        case unigram(UnigramModel)
        case merges(MergeModel)
    }

    private(set) var pipeline: TextPipeline
    let model: Model
    /// In the order of their ids, added tokens too; empty where there is none.
    let pieces: [String]
    let unknown: String
    /// As of `AddedTokens`; not found in texts, but by `findSpecial`.
    let special: [(token: TextPipeline.AddedToken, problem: TokenizationError?)]
    /// What puts special tokens around texts.
    let postProcessor: TokenizerPart

    /// - Throws: `TokenizationError` that names what is damaged, or what it says and we do not implement.
    init(_ data: Data, place: String) throws {
        let json: JSONValue
        do { json = try JSONValue(Array(data)) } catch {
            throw TokenizationError(place, "damaged: no JSON from byte \(error.byte) on")
        }
        func part(_ key: String) -> TokenizerPart { TokenizerPart(value: json[key], place: "\(place): \(key)") }
        let model = part("model")
        // Files of before 2021 do not say the type of WordPiece.
        let type = model.value["type"].text ?? "WordPiece"
        let vocabulary = type == "WordPiece" ? try Self.pieces(model) : nil
        let added = try AddedTokens(part("added_tokens"), vocabulary: vocabulary)
        special = added.special
        pipeline = TextPipeline(
            normalizers: try TextNormalizer.steps(part("normalizer")),
            splitters: try part("pre_tokenizer").steps("pretokenizers").map(WordSplitter.init), added: added.ofTexts)
        postProcessor = part("post_processor")
        switch type {
        case "WordPiece":
            try model.allow("unk_token", "continuing_subword_prefix", "max_input_chars_per_word", "vocab")
            (pieces, unknown) = (try added.joined(vocabulary ?? []), try model.text("unk_token"))
            guard try model.text("continuing_subword_prefix") == "##" else {
                throw model.refusal(
                    "'continuing_subword_prefix' is \(model.value["continuing_subword_prefix"]); wanted ##")
            }
            let longest = model.value["max_input_chars_per_word"]
            guard let longestWord = longest == .null ? WordPieceModel.longestWord : longest.integer, longestWord >= 0
            else { throw model.refusal("'max_input_chars_per_word' is \(longest); wanted a number") }
            self.model = .wordPiece(
                WordPieceModel(
                    vocabulary ?? [], unknown: try Self.id(of: unknown, pieces, model), longestWord: longestWord))
        case "Unigram":
            guard let list = model.value["vocab"].list, let unknownID = model.value["unk_id"].integer,
                list.indices.contains(unknownID)
            else { throw model.refusal("wanted 'vocab' and 'unk_id'") }
            guard try !model.truth("byte_fallback", false) else {
                throw model.refusal("'byte_fallback' is not implemented")
            }
            let scored = list.map { ($0.list?.first?.text ?? "", $0.list?.last?.number ?? 0) }
            (pieces, unknown) = (scored.map(\.0), scored[unknownID].0)
            self.model = .unigram(UnigramModel(scored, unknown: Int32(unknownID)))
        case "BPE":
            try model.allow("dropout", "unk_token", "fuse_unk", "byte_fallback", "ignore_merges", "vocab", "merges")
            guard model.value["dropout"] == .null, try !model.truth("byte_fallback", false),
                try !model.truth("ignore_merges", false), try model.truth("fuse_unk", false)
            else { throw model.refusal("wanted no dropout, byte_fallback or ignore_merges, but fuse_unk") }
            (pieces, unknown) = (try Self.pieces(model), try model.text("unk_token"))
            self.model = .merges(try Self.merges(model, pieces, unknown))
        default: throw model.refusal("type is '\(type)'; wanted WordPiece")
        }
    }

    /// Finds the special tokens of a model's own in texts, such as marks of entities: no text steers it by the five, which every
    /// model has, that are `common`.
    ///
    /// - Throws: `TokenizationError` where one is to be found in a way that is not implemented.
    mutating func findSpecial(but common: [String]) throws {
        for (token, problem) in special where !common.contains(token.content) {
            if let problem { throw problem }
            pipeline.added.append(token)
        }
    }

    /// Ids without special tokens.
    func encode(_ text: String) -> [Int32] {
        var ids: [Int32] = []
        pipeline.eachPart(of: text) { part in
            switch (part, model) {
            case (.added(let id), _): ids.append(id)
            case (.word(let word), .wordPiece(let model)): model.append(word, to: &ids)
            case (.word(let word), .unigram(let model)): model.append(word, to: &ids)
            case (.word(let word), .merges(let model)): model.append(word, to: &ids)
            }
        }
        return ids
    }

    /// The most ids, as of `vocab_size`.
    private static let mostPieces = 10_000_000

    /// Pieces by id from `vocab`.
    private static func pieces(_ model: TokenizerPart) throws -> [String] {
        guard let members = model.value["vocab"].members else { throw model.refusal("wanted 'vocab', pieces with ids") }
        let ids = members.map { $0.value.integer ?? -1 }
        guard let last = ids.max(), let first = ids.min(), first >= 0, last < mostPieces else {
            throw model.refusal("'vocab' has ids that are no numbers from 0 to \(mostPieces - 1)")
        }
        var pieces = [String](repeating: "", count: last + 1)
        for (member, id) in zip(members, ids) {
            guard pieces[id].isEmpty else {
                throw model.refusal("'vocab' gives '\(pieces[id])' and '\(member.key)' the id \(id)")
            }
            pieces[id] = member.key
        }
        return pieces
    }

    private static func id(of piece: String, _ pieces: [String], _ model: TokenizerPart) throws -> Int32 {
        guard let id = pieces.firstIndex(where: { $0.utf8.elementsEqual(piece.utf8) }) else {
            throw model.refusal("'vocab' has no piece '\(piece)'")
        }
        return Int32(id)
    }

    private static func merges(_ model: TokenizerPart, _ pieces: [String], _ unknown: String) throws -> MergeModel {
        var ids: [[UInt8]: Int32] = [:]
        for (id, piece) in pieces.enumerated() { ids[Array(piece.utf8)] = Int32(id) }
        let merges = try (model.value["merges"].list ?? []).map { pair -> (MergeModel.Merge, Int32) in
            let texts = pair.list?.compactMap(\.text).map { Array($0.utf8) } ?? []
            guard texts.count == 2, let left = ids[texts[0]], let right = ids[texts[1]],
                let id = ids[texts[0] + texts[1]]
            else { throw model.refusal("the merge \(pair) is not of pieces") }
            return (MergeModel.Merge(left: left, right: right), id)
        }
        return MergeModel(ids: ids, merges: merges, unknown: try id(of: unknown, pieces, model))
    }
}
