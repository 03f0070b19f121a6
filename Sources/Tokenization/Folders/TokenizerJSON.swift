import Foundation

/// The files that make a vocabulary a Hugging Face `PreTrainedTokenizerFast`, which needs no SentencePiece to run.
enum TokenizerJSON {
    /// `tokenizer.json` of a unigram model: its character map as a precompiled normalizer, Metaspace, and scores.
    static func unigram(_ tokenizer: SentencePieceTokenizer) throws -> Data {
        let model = tokenizer.model
        var steps: [[String: Any]] = []
        if !model.characterMap.isEmpty {
            let map = Data(model.characterMap).base64EncodedString()
            steps.append(["type": "Precompiled", "precompiled_charsmap": map])
        }
        steps.append(["type": "Strip", "strip_left": true, "strip_right": true])
        steps.append(["type": "Replace", "pattern": ["Regex": " {2,}"], "content": " "])
        let metaspace: [String: Any] = [
            "type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true,
        ]
        return try file(
            tokenizer, normalizer: ["type": "Sequence", "normalizers": steps], preTokenizer: metaspace,
            decoder: metaspace,
            model: [
                "type": "Unigram", "unk_id": Int(tokenizer.special.unknown),
                "byte_fallback": model.fallsBackToBytes,
                "vocab": model.pieces.map { [$0.text, Double($0.score)] as [Any] },
            ])
    }

    /// `tokenizer.json` of WordPiece.
    static func wordPiece(_ tokenizer: WordPieceTokenizer) throws -> Data {
        let vocabulary = Dictionary(uniqueKeysWithValues: tokenizer.pieces.enumerated().map { ($1, $0) })
        return try file(
            tokenizer,
            normalizer: [
                "type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true,
                "strip_accents": NSNull(), "lowercase": tokenizer.lowercase,
            ], preTokenizer: ["type": "BertPreTokenizer"],
            decoder: ["type": "WordPiece", "prefix": "##", "cleanup": true],
            model: [
                "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                "max_input_chars_per_word": WordPieceTokenizer.longestWord, "vocab": vocabulary,
            ])
    }

    /// `tokenizer_config.json`: the class and the names of the special tokens.
    static func configuration(_ tokenizer: any Tokenizer) throws -> Data {
        let special = tokenizer.special
        var object: [String: Any] = [
            "tokenizer_class": "PreTrainedTokenizerFast", "pad_token": tokenizer.piece(special.padding),
            "unk_token": tokenizer.piece(special.unknown), "cls_token": tokenizer.piece(special.classification),
            "sep_token": tokenizer.piece(special.separator), "mask_token": tokenizer.piece(special.mask),
            "model_input_names": ["input_ids", "token_type_ids", "attention_mask"],
        ]
        if let wordPiece = tokenizer as? WordPieceTokenizer { object["do_lower_case"] = wordPiece.lowercase }
        return try data(object)
    }

    private static func file(
        _ tokenizer: any Tokenizer, normalizer: [String: Any], preTokenizer: [String: Any], decoder: [String: Any],
        model: [String: Any]
    ) throws -> Data {
        let special = tokenizer.special
        let all = [special.padding, special.unknown, special.classification, special.separator, special.mask]
        let added = all.sorted().map { id -> [String: Any] in
            [
                "id": Int(id), "content": tokenizer.piece(id), "special": true, "single_word": false, "lstrip": false,
                "rstrip": false, "normalized": false,
            ]
        }
        return try data([
            "version": "1.0", "truncation": NSNull(), "padding": NSNull(), "added_tokens": added,
            "normalizer": normalizer, "pre_tokenizer": preTokenizer, "decoder": decoder, "model": model,
            "post_processor": template(tokenizer),
        ])
    }

    /// `[CLS] A [SEP]` and `[CLS] A [SEP] B [SEP]` with segment ids.
    private static func template(_ tokenizer: any Tokenizer) -> [String: Any] {
        let (first, last) = (
            tokenizer.piece(tokenizer.special.classification), tokenizer.piece(tokenizer.special.separator)
        )
        func token(_ name: String, _ segment: Int) -> [String: Any] {
            ["SpecialToken": ["id": name, "type_id": segment] as [String: Any]]
        }
        func sequence(_ name: String, _ segment: Int) -> [String: Any] {
            ["Sequence": ["id": name, "type_id": segment] as [String: Any]]
        }
        func entry(_ name: String, _ id: Int32) -> [String: Any] {
            ["id": name, "ids": [Int(id)], "tokens": [name]]
        }
        let single = [token(first, 0), sequence("A", 0), token(last, 0)]
        return [
            "type": "TemplateProcessing", "single": single, "pair": single + [sequence("B", 1), token(last, 1)],
            "special_tokens": [
                first: entry(first, tokenizer.special.classification), last: entry(last, tokenizer.special.separator),
            ],
        ]
    }

    private static func data(_ object: [String: Any]) throws -> Data {
        try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
    }
}
