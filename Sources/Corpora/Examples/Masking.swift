import Tokenization

/// Chooses what is predicted and puts something in its place (Devlin et al. 2019, section 3.1).
struct Masking: Sendable {
    private let options: MaskingOptions
    private let special: SpecialTokens
    private let specials: [Int32]
    private let continuesWord: [Bool]

    /// `continuesWord` of every id of the vocabulary.
    init(_ options: MaskingOptions, _ special: SpecialTokens, _ continuesWord: [Bool]) {
        self.options = options
        (self.special, specials) = (special, special.all)
        self.continuesWord = continuesWord
    }

    /// Masks a sequence that still has all its tokens: round(share · maskable) of them, at least one.
    func mask(
        _ ids: [Int32], segments: [Int32], isOrdered: Bool?, _ random: inout RandomSequence
    ) -> PretrainingExample {
        var maskable: [Int] = []
        maskable.reserveCapacity(ids.count)
        for position in ids.indices where ids[position] != special.classification && ids[position] != special.separator
        {
            maskable.append(position)
        }
        let count = min(maskable.count, max(1, Int((options.share * Double(maskable.count)).rounded())))
        let chosen = choose(count, of: maskable, ids, &random)
        var (masked, positions, labels) = (ids, [Int32](), [Int32]())
        positions.reserveCapacity(count)
        labels.reserveCapacity(count)
        var (last, what) = (Self.none, Replacement.nothing)
        for position in ids.indices where chosen[position] != Self.none {
            // A span is replaced in one way (SpanBERT, section 3.1).
            if options.unit != .span || chosen[position] != last { what = replacement(&random) }
            last = chosen[position]
            masked[position] = token(in: what, of: ids[position], &random)
            positions.append(Int32(position))
            labels.append(ids[position])
        }
        return PretrainingExample(
            ids: masked, segments: segments, maskedPositions: positions, maskedLabels: labels, isOrdered: isOrdered)
    }

    private static let none: Int32 = -1

    /// Of every position of `ids` the number of its draw, if it is predicted.
    private func choose(_ count: Int, of maskable: [Int], _ ids: [Int32], _ random: inout RandomSequence) -> [Int32] {
        var chosen = [Int32](repeating: Self.none, count: ids.count)
        switch options.unit {
        case .token:
            var positions = maskable
            for index in 0..<count {
                positions.swapAt(index, index + random.below(positions.count - index))
                chosen[positions[index]] = 0
            }
        case .word:
            var words = words(of: maskable, ids)
            random.shuffle(&words)
            take(count, words, &chosen)
        case .span:
            take(count, spansOf: words(of: maskable, ids), &chosen, &random)
        }
        return chosen
    }

    /// Whole words until `count` tokens are reached; a word that would exceed it is passed over, unless nothing fits.
    private func take(_ count: Int, _ words: [Range<Int>], _ chosen: inout [Int32]) {
        var taken = 0
        for word in words where taken + word.count <= count {
            for position in word { chosen[position] = 0 }
            taken += word.count
        }
        if taken == 0 { for position in words.first ?? 0..<0 { chosen[position] = 0 } }
    }

    /// Words of a span: geometric with p = 0.2, of the lengths up to 10 (3.8 in the mean; SpanBERT, Joshi et al. 2020, section 3.1).
    private static func spanLength(_ random: inout RandomSequence) -> Int {
        while true {
            var length = 1
            while length <= 10, random.uniform() >= 0.2 { length += 1 }
            if length <= 10 { return length }
        }
    }

    /// Spans of words from random places, until `count` tokens are reached. A span ends before a word that would exceed it, unless nothing fits.
    private func take(
        _ count: Int, spansOf words: [Range<Int>], _ chosen: inout [Int32], _ random: inout RandomSequence
    ) {
        var taken = 0
        for draw in 0..<Int32(20 * words.count) where taken < count {
            let length = Self.spanLength(&random)
            for word in words[random.below(words.count)...].prefix(length) where chosen[word.lowerBound] == Self.none {
                guard taken + word.count <= count else { break }
                for position in word { chosen[position] = draw }
                taken += word.count
            }
        }
        if taken == 0, !words.isEmpty {
            for position in words[random.below(words.count)] { chosen[position] = 0 }
        }
    }

    /// Longer ones are lines of a language that is written without spaces.
    private static let longestWord = 16

    /// Positions grouped by word; those of a line without spaces stand by themselves.
    private func words(of maskable: [Int], _ ids: [Int32]) -> [Range<Int>] {
        var words: [Range<Int>] = []
        words.reserveCapacity(maskable.count)
        for position in maskable {
            if let last = words.last, last.upperBound == position, continuesWord[Int(ids[position])] {
                words[words.count - 1] = last.lowerBound..<position + 1
            } else {
                words.append(position..<position + 1)
            }
        }
        guard words.contains(where: { $0.count > Self.longestWord }) else { return words }
        return words.flatMap { word in
            word.count > Self.longestWord ? word.map { $0..<$0 + 1 } : [word]
        }
    }

    private enum Replacement { case mask, random, nothing }

    private func replacement(_ random: inout RandomSequence) -> Replacement {
        let draw = random.uniform()
        if draw < options.replacedByMask { return .mask }
        return draw < options.replacedByMask + options.replacedByRandom ? .random : .nothing
    }

    private func token(in place: Replacement, of id: Int32, _ random: inout RandomSequence) -> Int32 {
        switch place {
        case .mask: return special.mask
        case .nothing: return id
        case .random: break
        }
        while true {
            let word = Int32(random.below(continuesWord.count))
            if !specials.contains(word) { return word }
        }
    }
}

extension SpecialTokens {
    var all: [Int32] { [padding, unknown, classification, separator, mask] }
}
