import Tensors
import Testing

struct RandomStreamTests {
    let stream = RandomStream(seed: 7)

    /// A run is repeatable by later versions only while these stay. (Computed by another program from the formulas.)
    @Test func drawsTheSameNumbersForEver() {
        #expect((0..<4).map { stream.word($0) } == [145_169_221, 2_820_828_292, 1_765_991_506, 3_836_263_288])
        #expect(stream.key == 13_419_779_825_826_515_364)
        #expect(stream.stream(3).key == 12_200_816_981_277_023_625)
        #expect(stream.stream("bert.pooler.dense.weight").key == 12_897_754_632_424_676_545)
        #expect(RandomStream(seed: 0).key == 9_370_218_965_779_684_112)
    }

    @Test func everySeedIndexAndNameHasItsOwnStream() {
        var keys: Set<UInt64> = []
        for seed in 0..<100 as Range<UInt64> {
            let stream = RandomStream(seed: seed)
            keys.insert(stream.key)
            for index in 0..<100 as Range<UInt64> { keys.insert(stream.stream(index).key) }
            for name in ["a", "b", "ab", "ba", ""] { keys.insert(stream.stream(name).key) }
        }
        #expect(keys.count == 100 * 106)
    }

    @Test func theOrderOfNestedStreamsMatters() {
        #expect(stream.stream(1).stream(2) != stream.stream(2).stream(1))
        #expect(stream.stream(0).stream(0) != stream.stream(0))
    }

    @Test func neighbouringStreamsShareNoNumbers() {
        let streams = (0..<8).map { stream.stream($0) }
        let words = streams.map { stream in Set((0..<1000).map { stream.word($0) }) }
        for first in words.indices {
            for second in words.indices where second > first {
                // Two sets of 1000 of 2³² share a number once in 4300 pairs.
                #expect(words[first].intersection(words[second]).count <= 1)
            }
        }
    }

    @Test func uniformNumbersFillTheOpenUnitInterval() {
        let numbers = (0..<10_000).map { stream.uniform($0) }
        #expect(numbers.allSatisfy { $0 > 0 && $0 < 1 })
        let mean = numbers.reduce(0, +) / 10_000
        let variance = numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 10_000
        // Four standard errors: 1/√12 of 100, and √(1/180) of 100.
        #expect(abs(mean - 1 / 2) < 4 * 0.00289)
        #expect(abs(variance - 1 / 12) < 4 * 0.000745)
    }

    @Test func everyBitOfTheWordsIsFair() {
        let count = 1 << 14
        var ones = Array(repeating: 0, count: 32)
        for index in 0..<count {
            let word = stream.word(UInt32(index))
            for bit in 0..<32 { ones[bit] += Int(word >> UInt32(bit) & 1) }
        }
        let deviation = Double(count).squareRoot() / 2
        for (bit, ones) in ones.enumerated() {
            #expect(abs(Double(ones) - Double(count) / 2) < 4.5 * deviation, "bit \(bit)")
        }
    }

    /// Counters, and keys of neighbouring streams, differ in few bits: their words must differ in half of theirs.
    @Test func oneBitOfCounterOrStreamChangesHalfOfTheWord() {
        var (byCounter, byStream) = (0, 0)
        for index in 0..<1024 as Range<UInt32> {
            byCounter += (stream.word(index) ^ stream.word(index ^ 1)).nonzeroBitCount
            byStream += (stream.stream(0).word(index) ^ stream.stream(1).word(index)).nonzeroBitCount
        }
        // 32 · 1024 fair bits deviate by 91.
        #expect(abs(byCounter - 16 * 1024) < 4 * 91 * 2, "pairs repeat, so their deviation is √2 as large")
        #expect(abs(byStream - 16 * 1024) < 4 * 91)
    }
}
