import JSON

/// `[CLS] A [SEP]` and `[CLS] A [SEP] B [SEP]` with segment ids: the `post_processor` of a `tokenizer.json`.
struct SpecialTemplate {
    let first: String
    let last: String

    /// A special token, or the text A or B, and its segment.
    private struct Step: Equatable {
        let key: String
        let name: String
        let segment: Int
    }

    private var single: [Step] { [token(first, 0), Step(key: "Sequence", name: "A", segment: 0), token(last, 0)] }
    private var pair: [Step] { single + [Step(key: "Sequence", name: "B", segment: 1), token(last, 1)] }

    private func token(_ name: String, _ segment: Int) -> Step {
        Step(key: "SpecialToken", name: name, segment: segment)
    }

    func json(_ special: SpecialTokens) -> JSONValue {
        func list(_ steps: [Step]) -> JSONValue {
            .list(
                steps.map { step in
                    let value: JSONValue = ["id": .text(step.name), "type_id": .integer(step.segment)]
                    return .object([JSONValue.Member(key: step.key, value: value)])
                })
        }
        func entry(_ name: String, _ id: Int32) -> JSONValue.Member {
            JSONValue.Member(
                key: name, value: ["id": .text(name), "ids": [.integer(Int(id))], "tokens": [.text(name)]])
        }
        return [
            "type": "TemplateProcessing", "single": list(single), "pair": list(pair),
            "special_tokens": .object([entry(first, special.classification), entry(last, special.separator)]),
        ]
    }

    /// - Parameters:
    ///   - mayBeMissing: whether a part that says nothing leaves it to the tokenizer's class, which does so.
    ///   - special: the ids that these tokens have in the vocabulary.
    /// - Throws: where `part` puts other special tokens around texts, or none, or by other ids.
    func check(_ part: TokenizerPart, mayBeMissing: Bool, _ special: SpecialTokens) throws {
        func steps(_ key: String) -> [Step]? {
            part.value[key].list?.compactMap { step -> Step? in
                guard let member = step.members?.first, let segment = member.value["type_id"].integer else {
                    return nil
                }
                return Step(key: member.key, name: member.value["id"].text ?? "", segment: segment)
            }
        }
        let isSame =
            switch part.type {
            case "TemplateProcessing": steps("single") == single && steps("pair") == pair
            case "BertProcessing":
                part.value["cls"].list?.first?.text == first && part.value["sep"].list?.first?.text == last
            default: part.value == .null && mayBeMissing
            }
        guard isSame else {
            let found = part.value == .null ? "nothing" : part.type
            throw part.refusal(
                "\(found) is not \(first) A \(last) B \(last) with segments 0 and 1, which alone is implemented")
        }
        // It has ids of its own, which the tokenizers library takes in the place of the vocabulary's.
        for (key, name, id) in [("cls", first, special.classification), ("sep", last, special.separator)] {
            let ids =
                switch part.type {
                case "TemplateProcessing": part.value["special_tokens"][name]["ids"].list ?? []
                case "BertProcessing": part.value[key].list?.dropFirst().map { $0 } ?? []
                default: [JSONValue.integer(Int(id))]
                }
            guard ids == [.integer(Int(id))] else {
                throw part.refusal(
                    "\(name) has the ids \(JSONValue.list(ids)) there; wanted [\(id)], as in the vocabulary")
            }
        }
    }
}
