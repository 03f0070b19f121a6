/// Whether something is praised or blamed; the raw value is the label of SST-2.
enum Polarity: Int, Sendable, CaseIterable {
    case negative, positive

    var opposite: Polarity { self == .positive ? .negative : .positive }

    /// Few and frequent words beside the many adjectives: what a reader learns first, and learns the others from.
    var liked: [String] {
        self == .positive ? ["loved", "enjoyed"] : ["hated", "disliked"]
    }

    var luckily: [String] {
        self == .positive ? ["luckily", "happily"] : ["sadly", "unluckily"]
    }

    var beautifully: [String] {
        self == .positive ? ["beautifully", "perfectly"] : ["painfully", "hopelessly"]
    }
}
