import Foundation

/// The files that make a vocabulary a Hugging Face `PreTrainedTokenizerFast`, which needs no SentencePiece to run.
enum TokenizerJSON {
    /// `tokenizer.json` of a unigram model: its character map as a precompiled normalizer, Metaspace, and scores.
    static func unigram(_ tokenizer: SentencePieceTokenizer) throws -> Data {
        let model = tokenizer.model
        var steps: [JSONValue] = []
        if !model.characterMap.isEmpty {
            let map = Data(model.characterMap).base64EncodedString()
            steps.append(["type": "Precompiled", "precompiled_charsmap": .text(map)])
        }
        steps.append(["type": "Strip", "strip_left": true, "strip_right": true])
        steps.append(["type": "Replace", "pattern": ["Regex": " {2,}"], "content": " "])
        let metaspace: JSONValue = [
            "type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true,
        ]
        return try file(
            tokenizer, normalizer: ["type": "Sequence", "normalizers": .list(steps)], preTokenizer: metaspace,
            decoder: metaspace,
            model: [
                "type": "Unigram", "unk_id": .integer(Int(tokenizer.special.unknown)),
                "byte_fallback": .truth(model.fallsBackToBytes),
                "vocab": .list(model.pieces.map { [.text($0.text), .number(Double($0.score))] }),
            ])
    }

    /// `tokenizer.json` of WordPiece.
    static func wordPiece(_ tokenizer: WordPieceTokenizer) throws -> Data {
        let vocabulary = tokenizer.pieces.enumerated().map { ($1, JSONValue.integer($0)) }
        return try file(
            tokenizer,
            normalizer: [
                "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                "strip_accents": .null, "lowercase": .truth(tokenizer.lowercase),
            ], preTokenizer: ["type": "BertPreTokenizer"],
            decoder: ["type": "WordPiece", "prefix": "##", "cleanup": true],
            model: [
                "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                "max_input_chars_per_word": .integer(WordPieceTokenizer.longestWord),
                "vocab": .object(Dictionary(uniqueKeysWithValues: vocabulary)),
            ])
    }

    /// `tokenizer_config.json`: the class and the names of the special tokens.
    static func configuration(_ tokenizer: any Tokenizer) throws -> Data {
        let special = tokenizer.special
        var object: [String: JSONValue] = [
            "tokenizer_class": "PreTrainedTokenizerFast", "pad_token": .text(tokenizer.piece(special.padding)),
            "unk_token": .text(tokenizer.piece(special.unknown)),
            "cls_token": .text(tokenizer.piece(special.classification)),
            "sep_token": .text(tokenizer.piece(special.separator)),
            "mask_token": .text(tokenizer.piece(special.mask)),
            "model_input_names": ["input_ids", "token_type_ids", "attention_mask"],
        ]
        if let wordPiece = tokenizer as? WordPieceTokenizer { object["do_lower_case"] = .truth(wordPiece.lowercase) }
        return try data(.object(object))
    }

    private static func file(
        _ tokenizer: any Tokenizer, normalizer: JSONValue, preTokenizer: JSONValue, decoder: JSONValue, model: JSONValue
    ) throws -> Data {
        let special = tokenizer.special
        let all = [special.padding, special.unknown, special.classification, special.separator, special.mask]
        let added = all.sorted().map { id -> JSONValue in
            [
                "id": .integer(Int(id)), "content": .text(tokenizer.piece(id)), "special": true, "single_word": false,
                "lstrip": false, "rstrip": false, "normalized": false,
            ]
        }
        return try data([
            "version": "1.0", "truncation": .null, "padding": .null, "added_tokens": .list(added),
            "normalizer": normalizer, "pre_tokenizer": preTokenizer, "decoder": decoder, "model": model,
            "post_processor": template(tokenizer),
        ])
    }

    /// `[CLS] A [SEP]` and `[CLS] A [SEP] B [SEP]` with segment ids.
    private static func template(_ tokenizer: any Tokenizer) -> JSONValue {
        let (first, last) = (
            tokenizer.piece(tokenizer.special.classification), tokenizer.piece(tokenizer.special.separator)
        )
        func token(_ name: String, _ segment: Int) -> JSONValue {
            ["SpecialToken": ["id": .text(name), "type_id": .integer(segment)]]
        }
        func sequence(_ name: String, _ segment: Int) -> JSONValue {
            ["Sequence": ["id": .text(name), "type_id": .integer(segment)]]
        }
        func entry(_ name: String, _ id: Int32) -> JSONValue {
            ["id": .text(name), "ids": [.integer(Int(id))], "tokens": [.text(name)]]
        }
        let single = [token(first, 0), sequence("A", 0), token(last, 0)]
        return [
            "type": "TemplateProcessing", "single": .list(single),
            "pair": .list(single + [sequence("B", 1), token(last, 1)]),
            "special_tokens": .object([
                first: entry(first, tokenizer.special.classification), last: entry(last, tokenizer.special.separator),
            ]),
        ]
    }

    private static func data(_ value: JSONValue) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }
}
