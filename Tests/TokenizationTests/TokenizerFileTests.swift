import Foundation
import Testing

@testable import Tokenization

/// A `tokenizer.json` that others wrote: Fixtures/make_pipelines.py says what the `tokenizers` library makes of text with one.
@Suite struct TokenizerFileTests {
    private struct Fixture: Decodable {
        struct Case: Decodable {
            let name, file: String
            let ids: [[Int32]]
        }
        let texts: [String]
        let cases: [Case]
    }

    private func load(_ json: String) throws -> any Tokenizer {
        let folder = try TemporaryFolder()
        try Data(json.utf8).write(to: folder.file("tokenizer.json"))
        return try TokenizerFolder.load(folder.url)
    }

    @Test func everyPipelineGivesTheIdsOfTransformersAndComesBackFromWhatWeWrite() throws {
        let fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: fixture("pipelines.json")))
        #expect(fixture.cases.count == 14)
        for one in fixture.cases {
            let tokenizer = try load(one.file)
            for (text, ids) in zip(fixture.texts, one.ids) {
                #expect(tokenizer.encode(text) == ids, "\(one.name): \(text.debugDescription)")
            }
            let folder = try TemporaryFolder()
            #expect(TokenizerFolder.objection(tokenizer) == nil, "\(one.name)")
            for (name, data) in try TokenizerFolder.files(of: tokenizer) { try data.write(to: folder.file(name)) }
            #expect(try TokenizerFolder.load(folder.url).fingerprint == tokenizer.fingerprint, "\(one.name)")
        }
    }

    private static let vocabulary = #"{"[PAD]":0,"[UNK]":1,"[CLS]":2,"[SEP]":3,"[MASK]":4,"a":5}"#

    /// No text steers a model, also where its words are split at spaces alone.
    @Test func namesOfSpecialTokensAreTextLikeAnyOther() throws {
        let file = """
            {"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","vocab":\(Self.vocabulary)},
             "pre_tokenizer":{"type":"WhitespaceSplit"}}
            """
        #expect(try load(file).encode("a [SEP] [MASK] [CLS]a [PAD] a") == [5, 1, 1, 1, 1, 5])
    }

    /// Special tokens of a model's own are found, as transformers does, also where its words are written again.
    @Test func marksOfAModelsOwnAreFound() throws {
        let tokens = [("[MASK]", 4, "true"), ("<e1>", 6, "false")].map { content, id, strip in
            #"{"id":\#(id),"content":"\#(content)","special":true,"lstrip":\#(strip),"rstrip":false,"single_word":false}"#
        }
        let file = """
            {"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","vocab":\(Self.vocabulary)},
             "added_tokens":[\(tokens.joined(separator: ","))],
             "normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},
             "pre_tokenizer":{"type":"BertPreTokenizer"}}
            """
        let tokenizer = try load(file)
        #expect(tokenizer.encode("a <e1>a [MASK] A<E1>") == [5, 6, 5, 1, 1, 1, 5, 1, 1, 1])
        let folder = try TemporaryFolder()
        for (name, data) in try TokenizerFolder.files(of: tokenizer) { try data.write(to: folder.file(name)) }
        #expect(try TokenizerFolder.load(folder.url).encode("a <e1>a") == [5, 6, 5])
        let strip = file.replacing(
            #""id":6,"content":"<e1>","special":true,"lstrip":false"#,
            with: #""id":6,"content":"<e1>","special":true,"lstrip":true"#)
        #expect(message { _ = try load(strip) }?.hasSuffix("'lstrip' of '<e1>' is not implemented") == true)
    }

    /// Where its case is another, it is spelled by the pieces of the vocabulary, which it is none of; as `tokenizers` 0.23 has it.
    @Test func anAddedTokenIsNoPiece() throws {
        let pieces = [
            "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "see", "http", "##ur", "##l", "now",
        ]
        let vocabulary = "{" + pieces.enumerated().map { "\"\($1)\":\($0)" }.joined(separator: ",") + "}"
        let file = """
            {"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","vocab":\(vocabulary)},
             "added_tokens":[{"id":10,"content":"httpurl","special":true,"normalized":false},
                             {"id":11,"content":"[E 1]","special":false,"normalized":false}],
             "normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},
             "pre_tokenizer":{"type":"BertPreTokenizer"}}
            """
        func check(_ tokenizer: any Tokenizer) {
            #expect(tokenizer.encode("see httpurl now") == [5, 10, 9])
            #expect(tokenizer.encode("see HTTPURL now") == [5, 6, 7, 8, 9])
            let text = "see [E 1]. now httpurl"
            let words = tokenizer.words(of: text).map { String(decoding: Array(text.utf8)[$0], as: UTF8.self) }
            #expect(words == ["see", "[E 1]", ".", "now", "httpurl"])
        }
        let tokenizer = try load(file)
        check(tokenizer)
        let folder = try TemporaryFolder()
        for (name, data) in try TokenizerFolder.files(of: tokenizer) { try data.write(to: folder.file(name)) }
        check(try TokenizerFolder.load(folder.url))
        let written = String(decoding: try Data(contentsOf: folder.file("tokenizer.json")), as: UTF8.self)
        #expect(!written.replacing(" ", with: "").contains(#""httpurl":"#))
        #expect(written.matches(of: /"special": ?true/).count == 6)
    }

    /// A pattern of nothing is nowhere; marks beside and around letters go with those above them (`is_combining_mark`).
    @Test func emptyPatternsAndAllKindsOfMarks() {
        let text = Array("a\u{93F}b\u{488}c\u{301}".unicodeScalars)
        #expect(TextNormalizer.replace([], with: ["x"])(text) == text)
        #expect(TextNormalizer.stripAccents(text) == ["a", "b", "c"])
    }

    private func problem(_ model: String = "", _ parts: String...) -> String? {
        let parts = parts.map { ",\($0)" }.joined()
        let text = """
            {"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##"\(model),"vocab":\(Self.vocabulary)}\(parts)}
            """
        return message { _ = try load(text) }.map {
            String($0[($0.range(of: "tokenizer.json: ") ?? $0.startIndex..<$0.startIndex).upperBound...])
        }
    }

    @Test func whatIsNotImplementedIsRefusedByName() {
        #expect(problem() == nil)
        #expect(
            problem("", #""normalizer":{"type":"Nmt"}"#)?.hasPrefix("normalizer: Nmt is not implemented; wanted BertN")
                == true)
        #expect(
            problem(
                "", #""normalizer":{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Prepend","prepend":"x"}]}"#
            )
                == "normalizer: 'prepend' of Prepend is not implemented")
        #expect(
            problem("", #""normalizer":{"type":"BertNormalizer","lowercase":"yes"}"#)
                == #"normalizer: 'lowercase' is "yes"; wanted true or false"#)
        #expect(
            problem("", #""normalizer":{"type":"Replace","pattern":{"Regex":"a+"},"content":""}"#)
                == #"normalizer: the pattern {"Regex":"a+"} of Replace is not implemented"#)
        let doubles = (0..<10).map { _ in #"{"type":"Replace","pattern":{"String":"a"},"content":"aa"}"# }
        func normalizer(_ steps: [String]) -> String {
            #""normalizer":{"type":"Sequence","normalizers":[\#(steps.joined(separator: ","))]}"#
        }
        #expect(problem("", normalizer(doubles.dropLast())) == nil)
        #expect(
            problem("", normalizer(doubles))
                == "normalizer: its steps can make a text more than 1000 times as long")
        #expect(
            problem("", #""pre_tokenizer":{"type":"ByteLevel"}"#)?.hasPrefix(
                "pre_tokenizer: ByteLevel is not implemented") == true)
        #expect(
            problem(#","max_input_chars_per_word":"x""#)
                == #"model: 'max_input_chars_per_word' is "x"; wanted a number"#)
        #expect(problem(#","dropout":0.1"#) == "model: 'dropout' of WordPiece is not implemented")
        #expect(
            problem("", #""added_tokens":[{"id":6,"content":"x","lstrip":true,"special":false}]"#)
                == "added_tokens: 'lstrip' of 'x' is not implemented")
        #expect(
            problem("", #""added_tokens":[{"id":5,"content":"x"}]"#)
                == "added_tokens: 'x' has the id 5, which is 'a' in the vocabulary")
        // Which the tokenizers library gives the ids 5 and, as the first behind the vocabulary, 6 and 7.
        #expect(
            problem("", #""added_tokens":[{"id":6,"content":"a"}]"#)
                == "added_tokens: 'a' has the id 6; wanted 5, which transformers gives it")
        #expect(
            problem("", #""added_tokens":[{"id":6,"content":"x"},{"id":9,"content":"y"}]"#)
                == "added_tokens: 'y' has the id 9; wanted 7, which transformers gives it")
        #expect(
            problem("", #""post_processor":{"type":"RobertaProcessing","sep":["</s>",2],"cls":["<s>",0]}"#)?.hasPrefix(
                "post_processor: RobertaProcessing is not [CLS] A [SEP] B [SEP]") == true)
        #expect(
            problem("", #""post_processor":{"type":"BertProcessing","sep":["[SEP]",3],"cls":["[CLS]",2]}"#) == nil)
        // Which the tokenizers library takes in the place of the vocabulary's.
        #expect(
            problem("", #""post_processor":{"type":"BertProcessing","sep":["[SEP]",3],"cls":["[CLS]",3]}"#)
                == "post_processor: [CLS] has the ids [3] there; wanted [2], as in the vocabulary")
        func text(_ name: String, _ segment: Int) -> String {
            #"{"Sequence":{"id":"\#(name)","type_id":\#(segment)}}"#
        }
        func token(_ name: String, _ segment: Int) -> String {
            #"{"SpecialToken":{"id":"[\#(name)]","type_id":\#(segment)}}"#
        }
        let single = [token("CLS", 0), text("A", 0), token("SEP", 0)].joined(separator: ",")
        let template = { (ids: String) in
            #""post_processor":{"type":"TemplateProcessing","single":[\#(single)],"pair":[\#(single),"#
                + #"\#(text("B", 1)),\#(token("SEP", 1))],"special_tokens":{"[CLS]":{"id":"[CLS]","ids":[2],"#
                + #""tokens":["[CLS]"]},"[SEP]":{"id":"[SEP]","ids":\#(ids),"tokens":["[SEP]"]}}}"#
        }
        #expect(problem("", template("[3]")) == nil)
        #expect(
            problem("", template("[3,3]"))
                == "post_processor: [SEP] has the ids [3,3] there; wanted [3], as in the vocabulary")
        #expect(
            message { _ = try load(#"{"model":{"type":"WordPiece","vocab":{"a":99999999999}}}"#) }?.hasSuffix(
                "model: 'vocab' has ids that are no numbers from 0 to 9999999") == true)
        #expect(
            message { _ = try load(#"{"model":{"type":"WordLevel"}}"#) }?.hasSuffix(
                "type is 'WordLevel'; wanted WordPiece") == true)
        #expect(message { _ = try load("{\"model\": \u{1}}") }?.hasSuffix("damaged: no JSON from byte 11 on") == true)
        #expect(
            message { _ = try load(String(repeating: "[", count: 100_000)) }?.hasSuffix(
                "damaged: no JSON from byte 101 on") == true)
    }

    /// As transformers 5.24 has it: a BERT tokenizer has its own normalizer, of its own defaults.
    @Test(
        arguments: [
            ("{}", [5, 6]), (#"{"model_max_length":512}"#, [7, 7]), (#"{"do_lower_case":false}"#, [5, 6]),
            (#"{"tokenizer_class":"BertTokenizerFast"}"#, [7, 7]),
            (#"{"tokenizer_class":"PreTrainedTokenizerFast"}"#, [5, 6]),
        ] as [(String, [Int32])])
    func aBertTokenizerHasItsOwnDefaults(configuration: String, ids: [Int32]) throws {
        let folder = try TemporaryFolder()
        let vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "é", "E", "e"].enumerated().map {
            "\"\($1)\":\($0)"
        }
        let cased =
            #"{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":false}"#
        let processor = #"{"type":"BertProcessing","sep":["[SEP]",3],"cls":["[CLS]",2]}"#
        let model =
            #"{"type":"WordPiece","unk_token":"[UNK]","max_input_chars_per_word":100,"continuing_subword_prefix":"#
            + "\"##\",\"vocab\":{\(vocabulary.joined(separator: ","))}}"
        let json =
            #"{"normalizer":\#(cased),"pre_tokenizer":{"type":"BertPreTokenizer"},"post_processor":\#(processor),"#
            + "\"model\":\(model)}"
        try Data(json.utf8).write(to: folder.file("tokenizer.json"))
        try Data(configuration.utf8).write(to: folder.file("tokenizer_config.json"))
        #expect(try TokenizerFolder.load(folder.url).encode("é E") == ids)
        // Special tokens are the class's too, where it is no mere reader of the file.
        try Data(json.replacing(processor, with: "null").utf8).write(to: folder.file("tokenizer.json"))
        let refusal = message { _ = try TokenizerFolder.load(folder.url) }
        #expect((refusal != nil) == configuration.contains("PreTrainedTokenizerFast"))
        #expect(refusal?.contains("post_processor: nothing is not [CLS] A [SEP] B [SEP] with segments") != false)
        // A BERT beside it is read by that class, where none is said.
        try Data(#"{"model_type":"bert"}"#.utf8).write(to: folder.file("config.json"))
        try Data(json.utf8).write(to: folder.file("tokenizer.json"))
        let isCased = configuration.contains("PreTrained") || configuration.contains("do_lower_case")
        #expect(try TokenizerFolder.load(folder.url).encode("é E") == (isCased ? [5, 6] : [7, 7]))
    }

    @Test func theConfigurationBesideItIsHeeded() throws {
        let folder = try TemporaryFolder()
        try Data("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\né\nE\ne\n".utf8).write(to: folder.file("vocab.txt"))
        func ids(_ configuration: String) throws -> [Int32] {
            try Data(configuration.utf8).write(to: folder.file("tokenizer_config.json"))
            return try TokenizerFolder.load(folder.url).encode("é E")
        }
        #expect(try ids("{}") == [7, 7])
        #expect(try ids(#"{"do_lower_case":false}"#) == [5, 6])
        #expect(try ids(#"{"do_lower_case":false,"strip_accents":true}"#) == [7, 6])
        #expect(try ids(#"{"strip_accents":false,"unk_token":{"content":"E"}}"#) == [5, 7])
        for (configuration, problem) in [
            (#"{"tokenizer_class":"RobertaTokenizer"}"#, "tokenizer_class is 'RobertaTokenizer'; wanted BertTokenizer"),
            (#"{"do_basic_tokenize":false}"#, "'do_basic_tokenize' is false, which is not implemented"),
            (#"{"never_split":["x"]}"#, "'never_split' is not implemented"),
            (#"{"sep_token":"</s>"}"#, "has no piece '</s>'"),
        ] {
            #expect(message { _ = try ids(configuration) }?.hasSuffix(problem) == true, "\(configuration)")
        }
    }
}
