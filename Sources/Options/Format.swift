/// How values are read from their text and written, and what was wanted where a text is none. Scalars are read by these rules from
/// their text, never by YAML's own: `017`, `yes` and `12:30:45` are traps.
public struct Format<Value>: Sendable {
    public let wanted: String
    let spellings: [String]
    public let read: @Sendable ([String]) -> Value?
    public let texts: @Sendable (Value) -> [String]
    let problem: @Sendable (Value) -> String?

    /// Of one text or a list.
    init(
        list wanted: String, read: @escaping @Sendable ([String]) -> Value?,
        texts: @escaping @Sendable (Value) -> [String]
    ) {
        (self.wanted, spellings, self.read, self.texts) = (wanted, [], read, texts)
        problem = { _ in nil }
    }

    /// Of one text.
    public init(
        _ wanted: String, spellings: [String] = [], read: @escaping @Sendable (String) -> Value?,
        text: @escaping @Sendable (Value) -> String, problem: @escaping @Sendable (Value) -> String? = { _ in nil }
    ) {
        (self.wanted, self.spellings, self.problem) = (wanted, spellings, problem)
        self.read = { $0.count == 1 ? read($0[0]) : nil }
        texts = { [text($0)] }
    }
}

extension Format where Value: Sendable {
    /// The same of one text, or nil, which is written as `word`.
    func or(_ word: String, _ wanted: String? = nil) -> Format<Value?> {
        Format<Value?>(
            wanted ?? "\(word) or \(self.wanted)", read: { $0 == word ? .some(nil) : read([$0]).map { $0 } },
            text: { $0.map { texts($0)[0] } ?? word }, problem: { $0.flatMap(problem) })
    }
}

extension Format where Value == Int {
    public static func integer(_ range: ClosedRange<Int>) -> Self {
        Self(
            "an integer \(words(range))",
            read: { Scalar.integer($0).flatMap { range.contains($0) ? $0 : nil } }, text: { "\($0)" },
            problem: { range.contains($0) ? nil : "is \($0); wanted \(range.lowerBound) to \(range.upperBound)" })
    }

    /// A number, or 0 for nothing, which is no number of the range.
    public static func integer(_ range: ClosedRange<Int>, orZeroAs word: String) -> Self {
        let format = integer(range)
        return Self(
            "\(word) or \(format.wanted)", read: { $0 == word ? 0 : format.read([$0]) },
            text: { $0 == 0 ? word : "\($0)" }, problem: format.problem)
    }

    /// `500 steps`
    public static var steps: Self {
        Self("a number of steps such as 500 steps", read: { Scalar.count($0, of: "steps") }, text: { "\($0) steps" })
    }
}

extension Format where Value == Int? {
    /// Nil is written as `word`, which is `0` or no number.
    public static func integer(_ range: ClosedRange<Int>, or word: String) -> Self {
        Format<Int>.integer(range).or(word, word == "0" ? "an integer \(words(0...range.upperBound))" : nil)
    }

    /// Nil, which is what was before there was a choice, is written as `standard`.
    public static func integer(_ range: ClosedRange<Int>, nilAs standard: Int) -> Self {
        let format = Format<Int>.integer(range)
        return Self(
            format.wanted, read: { format.read([$0]).map { $0 == standard ? nil : $0 } },
            text: { "\($0 ?? standard)" }, problem: { $0.flatMap(format.problem) })
    }
}

extension Format where Value == UInt64 {
    public static var seed: Self {
        Self(
            "an integer from 0 to \(Int.max)", read: { Scalar.integer($0).flatMap(UInt64.init(exactly:)) },
            text: { "\($0)" })
    }
}

extension Format where Value == Float? {
    /// Nil is written as `word`.
    public static func number(_ range: ClosedRange<Double>, or word: String) -> Self {
        Format<Float>.number(range).or(word)
    }
}

extension Format where Value: BinaryFloatingPoint & Sendable {
    public static func number(_ range: ClosedRange<Double>) -> Self {
        Self(
            "a number from \(range.lowerBound) to \(range.upperBound)",
            read: { Scalar.number($0).flatMap { range.contains($0) ? Value($0) : nil } }, text: { Scalar.text($0) },
            problem: {
                (Value(range.lowerBound)...Value(range.upperBound)).contains($0)
                    ? nil : "is \($0); wanted \(range.lowerBound) to \(range.upperBound)"
            })
    }

    /// `15%` or `0.15`, within 0 … 1.
    public static var share: Self {
        Self(
            "a share such as 15% or 0.15, at most 1", read: { Scalar.share($0).map { Value($0) } },
            text: { "\(Scalar.text($0 * 100))%" })
    }
}

extension Format where Value == Bool {
    static var boolean: Self {
        Self(
            "true or false", spellings: ["true", "false"], read: { ["true": true, "false": false][$0] },
            text: { "\($0)" })
    }
}

extension Format where Value == Bool? {
    /// Nil, which is what was before there was a choice, is written as `standard`.
    public static func boolean(nilAs standard: Bool) -> Self {
        let format = Format<Bool>.boolean
        return Self(
            format.wanted, spellings: format.spellings,
            read: { format.read([$0]).map { $0 == standard ? nil : $0 } }, text: { "\($0 ?? standard)" })
    }
}

extension Format where Value == String {
    public static var text: Self { Self("a text", read: { $0.isEmpty ? nil : $0 }, text: { $0 }) }

    /// One folder below another, that neither leaves it nor hides.
    public static var folderName: Self {
        Self(
            "the name of a folder: no '/', no control characters, no '.' in front",
            read: { name in
                let isName = !name.isEmpty && !name.hasPrefix(".") && name.utf8.count <= 200
                return isName
                    && !name.unicodeScalars.contains { $0 == "/" || $0.properties.generalCategory == .control }
                    ? name : nil
            }, text: { $0 })
    }
}

extension Format where Value == String? {
    /// Nil is written as `none`.
    public static var folderNameOrNone: Self {
        Format<String>.folderName.or("none", Format<String>.folderName.wanted)
    }

    /// Nil is written as `none`.
    public static var textOrNone: Self {
        Self(
            "a text", read: { $0.isEmpty ? nil : .some($0 == "none" ? nil : $0) },
            text: { $0 ?? "none" })
    }
}

extension Format where Value == [String]? {
    /// Nil is written as `none`.
    public static var textsOrNone: Self {
        Self(
            list: "a text or a list of texts",
            read: { $0.isEmpty || $0.contains("") ? nil : .some($0 == ["none"] ? nil : $0) },
            texts: { $0 ?? ["none"] })
    }
}

extension Format where Value: Sendable {
    /// One of some values, each by its name.
    public static func oneOf(_ values: [(name: String, value: Value)], name: @escaping @Sendable (Value) -> String)
        -> Self
    {
        let names = values.map(\.name)
        let wanted = names.dropLast().joined(separator: ", ") + " or " + (names.last ?? "")
        return Self(
            wanted, spellings: names, read: { text in values.first { $0.name == text }?.value }, text: name)
    }
}

extension Format where Value: RawRepresentable<String> & CaseIterable & Sendable {
    static func oneOf() -> Self { oneOf(Value.allCases.map { ($0.rawValue, $0) }) { $0.rawValue } }
}

extension Format {
    /// Nil, which is what was before there was a choice, is written as `standard`.
    public static func oneOf<Choice: RawRepresentable<String> & CaseIterable & Sendable & Equatable>(
        nilAs standard: Choice
    ) -> Self where Value == Choice? {
        oneOf(Choice.allCases.map { ($0.rawValue, $0 == standard ? nil : $0) }) { ($0 ?? standard).rawValue }
    }
}

private func words(_ range: ClosedRange<Int>) -> String {
    range.upperBound == Int.max ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
}
