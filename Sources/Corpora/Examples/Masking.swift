import Tokenization

/// Chooses what is predicted and puts something in its place (Devlin et al. 2019, section 3.1).
struct Masking: Sendable {
    private let options: MaskingOptions
    private let special: SpecialTokens
    private let continuesWord: [Bool]

    /// `continuesWord` of every id of the vocabulary.
    init(_ options: MaskingOptions, _ special: SpecialTokens, _ continuesWord: [Bool]) {
        self.options = options
        self.special = special
        self.continuesWord = continuesWord
    }

    /// Masks a sequence that still has all its tokens: round(share · maskable) of them, at least one.
    func mask(
        _ ids: [Int32], segments: [Int32], isOrdered: Bool?, _ random: inout RandomSequence
    ) -> PretrainingExample {
        let maskable = ids.indices.filter { ids[$0] != special.classification && ids[$0] != special.separator }
        let count = min(maskable.count, max(1, Int((options.share * Double(maskable.count)).rounded())))
        let chosen = choose(count, of: maskable, ids, &random).sorted()
        var masked = ids
        for position in chosen { masked[position] = replacement(of: ids[position], &random) }
        return PretrainingExample(
            ids: masked, segments: segments, maskedPositions: chosen.map(Int32.init),
            maskedLabels: chosen.map { ids[$0] }, isOrdered: isOrdered)
    }

    private func choose(_ count: Int, of maskable: [Int], _ ids: [Int32], _ random: inout RandomSequence) -> [Int] {
        switch options.unit {
        case .token:
            var positions = maskable
            for index in 0..<count { positions.swapAt(index, index + random.below(positions.count - index)) }
            return Array(positions.prefix(count))
        case .word:
            var words = words(of: maskable, ids)
            random.shuffle(&words)
            return take(count, words)
        case .span:
            return spans(count, words(of: maskable, ids), &random)
        }
    }

    /// Whole words until `count` tokens are reached; a word that would exceed it is passed over, unless nothing fits.
    private func take(_ count: Int, _ words: [[Int]]) -> [Int] {
        var chosen: [Int] = []
        for word in words where chosen.count + word.count <= count { chosen += word }
        return chosen.isEmpty ? Array(words.first ?? []) : chosen
    }

    /// Spans of words whose number is geometric with p = 0.2, at most 10, from random places (SpanBERT, Joshi et al.
    /// 2020, section 3.1), until `count` tokens are reached.
    private func spans(_ count: Int, _ words: [[Int]], _ random: inout RandomSequence) -> [Int] {
        var chosen = Set<Int>()
        for _ in 0..<20 * words.count where chosen.count < count {
            var length = 1
            while length < 10, random.uniform() >= 0.2 { length += 1 }
            for word in words[random.below(words.count)...].prefix(length) where chosen.count < count {
                chosen.formUnion(word)
            }
        }
        return Array(chosen)
    }

    /// Positions grouped by word.
    private func words(of maskable: [Int], _ ids: [Int32]) -> [[Int]] {
        maskable.reduce(into: [[Int]]()) { words, position in
            if let last = words.last?.last, last == position - 1, continuesWord[Int(ids[position])] {
                words[words.count - 1].append(position)
            } else {
                words.append([position])
            }
        }
    }

    private func replacement(of id: Int32, _ random: inout RandomSequence) -> Int32 {
        let draw = random.uniform()
        if draw < options.replacedByMask { return special.mask }
        guard draw < options.replacedByMask + options.replacedByRandom else { return id }
        while true {
            let word = Int32(random.below(continuesWord.count))
            if !special.all.contains(word) { return word }
        }
    }
}

extension SpecialTokens {
    var all: [Int32] { [padding, unknown, classification, separator, mask] }
}
