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
        let isChosen = choose(count, of: maskable, ids, &random)
        var (masked, positions, labels) = (ids, [Int32](), [Int32]())
        positions.reserveCapacity(count)
        labels.reserveCapacity(count)
        for position in ids.indices where isChosen[position] {
            masked[position] = replacement(of: ids[position], &random)
            positions.append(Int32(position))
            labels.append(ids[position])
        }
        return PretrainingExample(
            ids: masked, segments: segments, maskedPositions: positions, maskedLabels: labels, isOrdered: isOrdered)
    }

    /// Of every position of `ids`, whether it is predicted.
    private func choose(_ count: Int, of maskable: [Int], _ ids: [Int32], _ random: inout RandomSequence) -> [Bool] {
        var isChosen = [Bool](repeating: false, count: ids.count)
        switch options.unit {
        case .token:
            var positions = maskable
            for index in 0..<count {
                positions.swapAt(index, index + random.below(positions.count - index))
                isChosen[positions[index]] = true
            }
        case .word:
            var words = words(of: maskable, ids)
            random.shuffle(&words)
            take(count, words, &isChosen)
        case .span:
            take(count, spansOf: words(of: maskable, ids), &isChosen, &random)
        }
        return isChosen
    }

    /// Whole words until `count` tokens are reached; a word that would exceed it is passed over, unless nothing fits.
    private func take(_ count: Int, _ words: [Range<Int>], _ isChosen: inout [Bool]) {
        var taken = 0
        for word in words where taken + word.count <= count {
            for position in word { isChosen[position] = true }
            taken += word.count
        }
        if taken == 0 { for position in words.first ?? 0..<0 { isChosen[position] = true } }
    }

    /// Spans of words whose number is geometric with p = 0.2, at most 10, from random places (SpanBERT, Joshi et al.
    /// 2020, section 3.1), until `count` tokens are reached. A span ends before a word that would exceed it, unless nothing fits.
    private func take(
        _ count: Int, spansOf words: [Range<Int>], _ isChosen: inout [Bool], _ random: inout RandomSequence
    ) {
        var taken = 0
        for _ in 0..<20 * words.count where taken < count {
            var length = 1
            while length < 10, random.uniform() >= 0.2 { length += 1 }
            for word in words[random.below(words.count)...].prefix(length) where !isChosen[word.lowerBound] {
                guard taken + word.count <= count else { break }
                for position in word { isChosen[position] = true }
                taken += word.count
            }
        }
        if taken == 0, !words.isEmpty {
            for position in words[random.below(words.count)] { isChosen[position] = true }
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

    private func replacement(of id: Int32, _ random: inout RandomSequence) -> Int32 {
        let draw = random.uniform()
        if draw < options.replacedByMask { return special.mask }
        guard draw < options.replacedByMask + options.replacedByRandom else { return id }
        while true {
            let word = Int32(random.below(continuesWord.count))
            if !specials.contains(word) { return word }
        }
    }
}

extension SpecialTokens {
    var all: [Int32] { [padding, unknown, classification, separator, mask] }
}
