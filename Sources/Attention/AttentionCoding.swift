/// What is wrong with the attention of a checkpoint, by the key of a recipe below `model`.
public struct AttentionProblem: Error {
    public let key: String
    public let text: String
}

/// As checkpoints say it: `{"linear":{}}`, `{"gfsa":{"order":3,"over":{"convolved":{"width":33,"beside":{"linear":{}}}}}}`.
extension AttentionChoice {
    private struct Name: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }

        static let filter = Name(stringValue: "gfsa")
        static let (order, over) = (Name(stringValue: "order"), Name(stringValue: "over"))
        static let convolution = Name(stringValue: "convolved")
        static let (width, beside) = (Name(stringValue: "width"), Name(stringValue: "beside"))
        /// Around the options of YOSO, once the unnamed value of a case.
        static let unnamed = Name(stringValue: "_0")
    }

    /// - Throws: `AttentionProblem` where a filter or a convolution stands around another, and what decoding throws.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Name.self)
        if container.contains(.filter) {
            let filter = try container.nestedContainer(keyedBy: Name.self, forKey: .filter)
            self = try filter.decode(Self.self, forKey: .over)
            guard filterOrder == nil else {
                throw AttentionProblem(key: "filterOrder", text: "stands over another filter; wanted one")
            }
            filterOrder = try filter.decode(Int.self, forKey: .order)
        } else if container.contains(.convolution) {
            let convolved = try container.nestedContainer(keyedBy: Name.self, forKey: .convolution)
            self = try convolved.decode(Self.self, forKey: .beside)
            guard convolution == nil, filterOrder == nil else {
                throw AttentionProblem(
                    key: "attention.convolution",
                    text: "stands beside another one or a filter; wanted a plain attention")
            }
            convolution = try convolved.decode(Int.self, forKey: .width)
        } else {
            guard let name = container.allKeys.first, container.allKeys.count == 1,
                let kind = attentions.first(where: { $0.codedNames.contains(name.stringValue) })
            else {
                throw DecodingError.dataCorrupted(
                    DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "no attention"))
            }
            let options = try container.nestedContainer(keyedBy: Name.self, forKey: name)
            self.init(
                options.contains(.unnamed)
                    ? try options.decode(kind, forKey: .unnamed) : try container.decode(kind, forKey: name))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Name.self)
        var inner = self
        if let filterOrder {
            inner.filterOrder = nil
            var filter = container.nestedContainer(keyedBy: Name.self, forKey: .filter)
            try filter.encode(filterOrder, forKey: .order)
            try filter.encode(inner, forKey: .over)
        } else if let convolution {
            inner.convolution = nil
            var convolved = container.nestedContainer(keyedBy: Name.self, forKey: .convolution)
            try convolved.encode(convolution, forKey: .width)
            try convolved.encode(inner, forKey: .beside)
        } else if family == .yoso {
            var options = container.nestedContainer(keyedBy: Name.self, forKey: Name(stringValue: kind.codedName))
            try options.encode(kind, forKey: .unnamed)
        } else {
            try container.encode(kind, forKey: Name(stringValue: kind.codedName))
        }
    }
}
