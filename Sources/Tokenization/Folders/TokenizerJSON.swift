import Foundation
import JSON

/// The files that make a vocabulary a Hugging Face `PreTrainedTokenizerFast`, which needs no SentencePiece to run.
enum TokenizerJSON {
    /// `tokenizer.json` of a SentencePiece model: its character map as a precompiled normalizer, Metaspace, and scores or the
    /// merges that these mean.
    static func sentencePiece(_ tokenizer: SentencePieceTokenizer) throws(TokenizationError) -> Data {
        let model = tokenizer.model
        var normalizers: [TextNormalizer] = []
        if !model.characterMap.isEmpty {
            let map = Data(model.characterMap).base64EncodedString()
            // Of a decomposed character, Precompiled maps the letter and drops the accent; composed ones it maps as the library does.
            normalizers += [.form(.composed), .compiled(CharacterMap(model.characterMap), base64: map)]
        }
        // Behind a mask a space stands where the text has one, and none where it has not.
        normalizers += [.strip(left: false, right: true), .mergeSpaces]
        let splitter = WordSplitter.metaspace(mark: "▁", prepends: .first, splits: true)
        return file(
            tokenizer, TextPipeline(normalizers: normalizers, splitters: [splitter]), decoder: splitter.json,
            model: model.isUnigram ? unigram(tokenizer) : try merges(tokenizer))
    }

    private static func unigram(_ tokenizer: SentencePieceTokenizer) -> JSONValue {
        [
            "type": "Unigram", "unk_id": .integer(Int(tokenizer.special.unknown)),
            "byte_fallback": .truth(tokenizer.model.fallsBackToBytes),
            "vocab": .list(tokenizer.model.pieces.map { [.text($0.text), .number(Double($0.score))] }),
        ]
    }

    private static func merges(_ tokenizer: SentencePieceTokenizer) throws(TokenizationError) -> JSONValue {
        guard tokenizer.model.isBytePairs else {
            throw TokenizationError(
                "tokenizer.json", "the model is of words or characters; only unigram and BPE have one")
        }
        let pieces = tokenizer.model.pieces
        return [
            "type": "BPE", "dropout": .null, "unk_token": .text(tokenizer.piece(tokenizer.special.unknown)),
            "continuing_subword_prefix": .null, "end_of_word_suffix": .null, "fuse_unk": true,
            "byte_fallback": .truth(tokenizer.model.fallsBackToBytes), "ignore_merges": false,
            "vocab": vocabulary(pieces.map(\.text)),
            "merges": .list(MergeModel.merges(of: pieces).map { [.text($0.left), .text($0.right)] }),
        ]
    }

    /// `tokenizer.json` of WordPiece.
    static func wordPiece(_ tokenizer: WordPieceTokenizer) -> Data {
        file(
            tokenizer, tokenizer.pipeline, decoder: ["type": "WordPiece", "prefix": "##", "cleanup": true],
            model: [
                "type": "WordPiece", "unk_token": .text(tokenizer.piece(tokenizer.special.unknown)),
                "continuing_subword_prefix": "##", "max_input_chars_per_word": .integer(tokenizer.model.longestWord),
                "vocab": vocabulary(tokenizer.vocabulary),
            ])
    }

    private static func vocabulary(_ pieces: [String]) -> JSONValue {
        .object(
            pieces.enumerated().filter { !$1.isEmpty }.map { JSONValue.Member(key: $1, value: .integer($0)) })
    }

    /// `tokenizer_config.json`: the class, the names of the special tokens, the model's own among them, and the tokens of an input,
    /// where somebody knows them.
    static func configuration(_ tokenizer: any Tokenizer, length: Int?) -> Data {
        let special = tokenizer.special
        let members: JSONValue = [
            "tokenizer_class": "PreTrainedTokenizerFast", "pad_token": .text(tokenizer.piece(special.padding)),
            "unk_token": .text(tokenizer.piece(special.unknown)),
            "cls_token": .text(tokenizer.piece(special.classification)),
            "sep_token": .text(tokenizer.piece(special.separator)),
            "mask_token": .text(tokenizer.piece(special.mask)),
            "model_input_names": ["input_ids", "token_type_ids", "attention_mask"],
        ]
        let longest = length.map { [JSONValue.Member(key: TokenizerConfiguration.longestKey, value: .integer($0))] }
        let own = (tokenizer as? WordPieceTokenizer)?.pipeline.added.filter(\.isSpecial).map(\.content) ?? []
        let more =
            own.isEmpty ? [] : [JSONValue.Member(key: TokensBeside.listKeys[0], value: .list(own.map { .text($0) }))]
        return JSONValue.object((members.members ?? []) + more + (longest ?? [])).data
    }

    private static func file(
        _ tokenizer: any Tokenizer, _ pipeline: TextPipeline, decoder: JSONValue, model: JSONValue
    ) -> Data {
        let special = tokenizer.special
        let all = [special.padding, special.unknown, special.classification, special.separator, special.mask]
        func added(_ id: Int32, _ content: String, special: Bool, normalized: Bool) -> JSONValue {
            [
                "id": .integer(Int(id)), "content": .text(content), "special": .truth(special), "single_word": false,
                "lstrip": false, "rstrip": false, "normalized": .truth(normalized),
            ]
        }
        let tokens =
            all.map { (id: $0, json: added($0, tokenizer.piece($0), special: true, normalized: false)) }
            + pipeline.added.map {
                (id: $0.id, json: added($0.id, $0.content, special: $0.isSpecial, normalized: $0.isNormalized))
            }
        let template = SpecialTemplate(
            first: tokenizer.piece(special.classification), last: tokenizer.piece(special.separator))
        let value: JSONValue = [
            "version": "1.0", "truncation": .null, "padding": .null,
            "added_tokens": .list(tokens.sorted { $0.id < $1.id }.map(\.json)),
            "normalizer": pipeline.normalizerJSON, "pre_tokenizer": pipeline.splitterJSON,
            "post_processor": template.json(special), "decoder": decoder, "model": model,
        ]
        return value.data
    }
}
