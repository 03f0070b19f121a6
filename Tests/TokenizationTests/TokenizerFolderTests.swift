import Foundation
import Testing
import Tokenization

@Suite struct TokenizerFolderTests {
    private func message(_ folder: URL, _ body: () throws -> Void) -> String? {
        TokenizationTests.message(body)?.replacingOccurrences(of: folder.path + "/", with: "")
    }

    @Test func aSentencePieceComesBackFromItsFolder() throws {
        let folder = try TemporaryFolder()
        let tokenizer = try sampleVocabulary()
        for (name, data) in try TokenizerFolder.files(of: tokenizer) { try data.write(to: folder.file(name)) }
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted()
        #expect(files == ["spiece.model", "tokenizer.json", "tokenizer_config.json"])
        #expect(try TokenizerFolder.load(folder.url).fingerprint == tokenizer.fingerprint)
        #expect(try TokenizerFolder.load(folder.file("spiece.model")).fingerprint == tokenizer.fingerprint)
    }

    @Test(arguments: [true, false]) func aWordPieceComesBackFromEachOfItsFiles(lowercase: Bool) throws {
        let folder = try TemporaryFolder()
        let pieces = try String(contentsOf: fixture("pieces.txt"), encoding: .utf8).split(separator: "\n").map(
            String.init)
        let tokenizer = try WordPieceTokenizer(pieces: pieces, lowercase: lowercase, place: "pieces.txt")
        for (name, data) in try TokenizerFolder.files(of: tokenizer) { try data.write(to: folder.file(name)) }
        #expect(try TokenizerFolder.load(folder.url).fingerprint == tokenizer.fingerprint)
        // What another program left may hold tokenizer.json alone.
        try FileManager.default.removeItem(at: folder.file("vocab.txt"))
        #expect(try TokenizerFolder.load(folder.url).fingerprint == tokenizer.fingerprint)
    }

    /// A reader's text does not steer a model.
    @Test func namesOfSpecialTokensAreTextInATextOfEveryTokenizer() throws {
        let folder = try TemporaryFolder()
        let pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[", "]", "mask", "sep", "cls", "a"]
        let words = try WordPieceTokenizer(pieces: pieces, lowercase: true, place: "pieces.txt")
        for (name, data) in try TokenizerFolder.files(of: words) { try data.write(to: folder.file(name)) }
        for tokenizer in [words, try TokenizerFolder.load(folder.url), try sampleVocabulary()] as [any Tokenizer] {
            let special = tokenizer.special
            let ids = tokenizer.encode("a [MASK] a[SEP] [CLS]")
            #expect(!ids.isEmpty)
            #expect(Set(ids).isDisjoint(with: [special.mask, special.separator, special.classification]))
        }
        #expect(words.encode("a [MASK]") == [10, 5, 7, 6])
    }

    @Test func whatIsMissingOrDamagedIsNamed() throws {
        let folder = try TemporaryFolder()
        #expect(
            message(folder.url) { _ = try TokenizerFolder.load(folder.file("none")) }
                == "none: no such vocabulary; make one with `yoso vocab train --input TEXT --size 16000 --output none`"
        )
        #expect(
            TokenizationTests.message { _ = try TokenizerFolder.load(folder.url) }?.hasSuffix(
                ": no vocabulary: wanted spiece.model, vocab.txt or tokenizer.json") == true)
        try Data(#"{"yoso": {"benchmark": "lra"}}"#.utf8).write(to: folder.file("config.json"))
        #expect(
            TokenizationTests.message { _ = try TokenizerFolder.load(folder.url) }?.hasSuffix(
                ": a model of the Long Range Arena, which has no vocabulary; yoso evaluate takes it") == true)
        try Data([0xFF, 0x0A]).write(to: folder.file("vocab.txt"))
        #expect(message(folder.url) { _ = try TokenizerFolder.load(folder.url) } == "vocab.txt: not UTF-8")
        try Data("[".utf8).write(to: folder.file("tokenizer_config.json"))
        #expect(
            message(folder.url) { _ = try TokenizerFolder.load(folder.url) }
                == "tokenizer_config.json: damaged: no JSON object")
        try FileManager.default.removeItem(at: folder.file("vocab.txt"))
        try FileManager.default.removeItem(at: folder.file("tokenizer_config.json"))
        try Data("{\"model\":{\"vocab\":{}}}".utf8).write(to: folder.file("tokenizer.json"))
        #expect(
            message(folder.url) { _ = try TokenizerFolder.load(folder.url) }
                == "tokenizer.json: model: 'vocab' has ids that are no numbers from 0 to 9999999")
    }

    /// As transformers 5.24 has the ids of `the <mask>`: files beside a vocabulary, with and without a `tokenizer.json`.
    @Test(arguments: [true, false]) func theMapNamesSpecialTokens(withJSON: Bool) throws {
        let folder = try TemporaryFolder()
        let (mask, config) = (#"{"mask_token": "<mask>"}"#, "tokenizer_config.json")
        try write(folder, withJSON: withJSON, ["special_tokens_map.json": mask])
        #expect(try TokenizerFolder.load(folder.url).special.mask == 7)
        try write(folder, withJSON: withJSON, ["special_tokens_map.json": mask, config: #"{"mask_token": "[MASK]"}"#])
        #expect(try TokenizerFolder.load(folder.url).special.mask == 7)
        // Which then is all that counts.
        let decoder = #"{"added_tokens_decoder": {"4": {"content": "[MASK]", "special": true}}}"#
        try write(folder, withJSON: withJSON, ["special_tokens_map.json": mask, config: decoder])
        #expect(try TokenizerFolder.load(folder.url).special.mask == 4)
    }

    @Test(
        arguments: [true, false],
        [
            (
                "special_tokens_map.json", #"{"additional_special_tokens": ["[SEP]", "<e1>"]}"#,
                " of 'additional_special_tokens'"
            ),
            (
                "tokenizer_config.json", #"{"extra_special_tokens": {"image_token": "<e1>"}}"#,
                " of 'extra_special_tokens'"
            ),
            ("tokenizer_config.json", #"{"bos_token": {"content": "<e1>"}}"#, " of 'bos_token'"),
            (
                "tokenizer_config.json", #"{"added_tokens_decoder": {"8": {"content": "<e1>"}}}"#,
                " of 'added_tokens_decoder'"
            ),
            ("added_tokens.json", #"{"<e1>": 8}"#, ""),
        ])
    func tokensThatAFileAddsAreRefused(withJSON: Bool, file: (name: String, text: String, key: String)) throws {
        let folder = try TemporaryFolder()
        try write(folder, withJSON: withJSON, [file.name: file.text])
        #expect(
            message(folder.url) { _ = try TokenizerFolder.load(folder.url) }
                == "\(file.name): '<e1>'\(file.key) is a token of its own; wanted a tokenizer.json that has it")
        try write(folder, withJSON: withJSON, [file.name: file.text.replacingOccurrences(of: "<e1>", with: "[MASK]")])
        let problem = message(folder.url) { _ = try TokenizerFolder.load(folder.url) }
        #expect(
            problem
                == (file.text.contains("8")
                    ? "\(file.name): '[MASK]'\(file.key) has the id 8, which is 4 in the vocabulary" : nil))
    }

    @Test(
        arguments: [true, false],
        [
            ("tokenizer_config.json", #"{"mask_token": 4}"#, "'mask_token' is 4; wanted a token"),
            (
                "tokenizer_config.json", #"{"pad_token": {"text": "[PAD]"}}"#,
                #"'pad_token' is {"text":"[PAD]"}; wanted a token"#
            ),
            (
                "tokenizer_config.json", #"{"model_max_length": "512"}"#,
                #"'model_max_length' is "512"; wanted a number"#
            ),
            ("tokenizer_config.json", #"{"max_len": "512"}"#, #"'max_len' is "512"; wanted a number"#),
            (
                "tokenizer_config.json", #"{"model_input_names": ["input_ids", 1]}"#,
                #"'model_input_names' is ["input_ids",1]; wanted names"#
            ),
            ("tokenizer_config.json", #"{"never_split": "x"}"#, #"'never_split' is "x"; wanted a list"#),
            ("tokenizer_config.json", #"{"tokenizer_class": 1}"#, "'tokenizer_class' is 1; wanted a name"),
            (
                "tokenizer_config.json", #"{"do_lower_case": true, "do_lower_case": false}"#,
                "the key 'do_lower_case' stands twice"
            ),
            (
                "tokenizer_config.json", #"{"added_tokens_decoder": {"x": {"content": "[MASK]"}}}"#,
                #"'added_tokens_decoder' is {"x":{"content":"[MASK]"}}; wanted tokens by their ids"#
            ),
            (
                "special_tokens_map.json", #"{"additional_special_tokens": "<e1>"}"#,
                #"'additional_special_tokens' is "<e1>"; wanted tokens"#
            ),
            ("added_tokens.json", #"{"[MASK]": "4"}"#, #"'[MASK]' is "4"; wanted an id"#),
        ])
    func whatAFileSaysInAnotherFormIsRefused(withJSON: Bool, file: (name: String, text: String, problem: String)) throws
    {
        let folder = try TemporaryFolder()
        try write(folder, withJSON: withJSON, [file.name: file.text])
        #expect(message(folder.url) { _ = try TokenizerFolder.load(folder.url) } == "\(file.name): \(file.problem)")
        // Of no role, and what says nothing.
        try write(folder, withJSON: withJSON, [file.name: #"{"add_bos_token": false, "mask_token": null}"#])
        if file.name != "added_tokens.json" { #expect(try TokenizerFolder.load(folder.url).special.mask == 4) }
    }

    @Test func whatChangesIdsElsewhereIsRefused() throws {
        let folder = try TemporaryFolder()
        let config = "tokenizer_config.json"
        try write(folder, withJSON: false, [config: #"{"truncation_side": "left"}"#])
        #expect(
            message(folder.url) { _ = try TokenizerFolder.load(folder.url) }
                == #"tokenizer_config.json: 'truncation_side' is "left"; wanted "right""#)
        // As transformers finds the class of an older folder.
        let japanese = #"{"tokenizer_class": "BertJapaneseTokenizer"}"#
        try write(folder, withJSON: false, ["config.json": japanese])
        #expect(
            message(folder.url) { _ = try TokenizerFolder.load(folder.url) }
                == "config.json: tokenizer_class is 'BertJapaneseTokenizer'; wanted BertTokenizer")
        try write(folder, withJSON: false, ["config.json": #"{"tokenizer_class": ["Bert"]}"#])
        #expect(
            message(folder.url) { _ = try TokenizerFolder.load(folder.url) }
                == #"config.json: 'tokenizer_class' is ["Bert"]; wanted a name"#)
        try write(folder, withJSON: false, ["config.json": japanese, config: #"{"tokenizer_class": "BertTokenizer"}"#])
        #expect(message(folder.url) { _ = try TokenizerFolder.load(folder.url) } == nil)
    }

    /// What another program saved beside a model of ours, which it does not read.
    @Test func aTokenizerJSONOfOthersHasThePiecesOfTheModelBesideIt() throws {
        let folder = try TemporaryFolder()
        let files = try TokenizerFolder.files(of: sampleVocabulary())
        for (name, data) in files { try data.write(to: folder.file(name)) }
        let json = String(decoding: try #require(files["tokenizer.json"]), as: UTF8.self)
        func problem(_ text: String) throws -> String? {
            #expect(text != json)
            try Data(text.utf8).write(to: folder.file("tokenizer.json"))
            return message(folder.url) { _ = try TokenizerFolder.load(folder.url) }
        }
        let added = #""added_tokens":[{"id":999999,"content":"<ent>","special":false,"normalized":true},"#
        #expect(
            try problem(json.replacingOccurrences(of: #""added_tokens":["#, with: added))
                == "tokenizer.json: '<ent>' is a token of its own, which spiece.model beside it does not have")
        #expect(
            try problem(json.replacingOccurrences(of: #"["▁the","#, with: #"["▁teh","#))
                == "tokenizer.json: its pieces are not those of the spiece.model beside it")
    }

    /// As transformers would read a text with it.
    @Test(arguments: [
        (#""normalizer":{"#, #""normalizer":null,"unused":{"#, "transformers would read"),
        (#""prepend_scheme":"first""#, #""prepend_scheme":"never""#, "transformers would read"),
        (
            #""normalizers":["#,
            #""normalizers":[{"type":"Replace","pattern":{"Regex":"a+"},"content":" "},"#,
            #"normalizer: the pattern {"Regex":"a+"} of Replace is not implemented"#
        ),
        (#""unk_id":1"#, #""unk_id":5"#, "its scores or its unk_id are not those of the spiece.model beside it"),
        (#"["▁the",-"#, #"["▁the",-1"#, "its scores or its unk_id are not those of the spiece.model beside it"),
        (#""post_processor":{"#, #""post_processor":null,"unused":{"#, "post_processor: nothing is not [CLS] A [SEP]"),
        (
            #""[SEP]":{"id":"[SEP]","ids":["#, #""[SEP]":{"id":"[SEP]","ids":[7,"#,
            "post_processor: [SEP] has the ids [7,"
        ),
    ]) func aTokenizerJSONOfOthersSaysWhatTheModelBesideItSays(text: String, other: String, problem: String) throws {
        let folder = try TemporaryFolder()
        let files = try TokenizerFolder.files(of: sampleVocabulary())
        for (name, data) in files { try data.write(to: folder.file(name)) }
        #expect(message(folder.url) { _ = try TokenizerFolder.load(folder.url) } == nil)
        let json = String(decoding: try #require(files["tokenizer.json"]), as: UTF8.self)
        #expect(json.contains(text))
        try Data(json.replacingOccurrences(of: text, with: other).utf8).write(to: folder.file("tokenizer.json"))
        let said = message(folder.url) { _ = try TokenizerFolder.load(folder.url) }
        #expect(said?.hasPrefix("tokenizer.json: \(problem)") == true, "\(said ?? "nothing")")
    }

    /// As transformers 4.57 and 5.24 give `token_type_ids`, or differ about them.
    @Test(arguments: [
        ("{}", PairSegments.two), (#"{"tokenizer_class": "BertTokenizer"}"#, .two),
        (#"{"tokenizer_class": "DistilBertTokenizerFast"}"#, .one),
        (#"{"tokenizer_class": "PreTrainedTokenizerFast"}"#, .unsaid),
        (#"{"tokenizer_class": "TokenizersBackend", "model_input_names": ["input_ids", "token_type_ids"]}"#, .two),
        (#"{"tokenizer_class": "BertTokenizer", "model_input_names": ["input_ids", "attention_mask"]}"#, .one),
    ]) func theFilesSayWhichSegmentsAPairHas(text: String, wanted: PairSegments) throws {
        let folder = try TemporaryFolder()
        try write(folder, withJSON: true, ["tokenizer_config.json": text])
        #expect(try PairSegments(of: folder.url) == wanted)
        #expect(try TokenizerFolder.load(folder.url).vocabularySize == 8)
    }

    /// As transformers 5.24: the new name counts where it stands, whatever it says.
    @Test(arguments: [
        (#"{"max_len": 64}"#, 64), (#"{"max_len": 64, "model_max_length": 32}"#, 32),
        (#"{"max_len": 64, "model_max_length": null}"#, nil), ("{}", nil),
    ]) func theLongestInputHasTwoNames(text: String, wanted: Int?) throws {
        let folder = try TemporaryFolder()
        try write(folder, withJSON: true, ["tokenizer_config.json": text])
        #expect(try TokenizerFolder.longestInput(of: folder.url) == wanted)
    }

    @Test func onlyAVocabularyOfOursIsReplaced() throws {
        let folder = try TemporaryFolder()
        #expect(try TokenizerFolder.strangeFile(in: folder.url) == nil)
        for (name, data) in try TokenizerFolder.files(of: sampleVocabulary()) { try data.write(to: folder.file(name)) }
        #expect(try TokenizerFolder.strangeFile(in: folder.url) == "spiece.model")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
        let list = names.map { #""\#($0)": {"bytes": 1, "sha256": ""}"# }.joined(separator: ", ")
        try Data("{\(list)}".utf8).write(to: folder.file("checksums.json"))
        #expect(try TokenizerFolder.strangeFile(in: folder.url) == nil)
    }

    /// A vocabulary of which `<mask>` is a piece, with `files` beside it.
    private func write(_ folder: borrowing TemporaryFolder, withJSON: Bool, _ files: [String: String]) throws {
        let pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "a", "<mask>"]
        let tokenizer = try WordPieceTokenizer(pieces: pieces, lowercase: true, place: "pieces.txt")
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.url.path) {
            try FileManager.default.removeItem(at: folder.file(name))
        }
        for (name, data) in try TokenizerFolder.files(of: tokenizer) where withJSON || name == "vocab.txt" {
            try data.write(to: folder.file(name))
        }
        for (name, text) in files { try Data(text.utf8).write(to: folder.file(name)) }
    }
}
