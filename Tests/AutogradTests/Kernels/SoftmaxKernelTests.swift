import CKernels
import Foundation
import Tensors
import Testing

/// Softmax and cross-entropy against plain loops in double, and at the ends of float32's range.
struct SoftmaxKernelTests {
    /// Shorter than, equal to and longer than the sixteen lanes in which the maximum is sought.
    static let lengths = [1, 2, 15, 16, 17, 31, 32, 100]

    @Test(arguments: lengths, [Float(1), 0.125])
    func softmaxAndItsRowSum(length: Int, factor: Float) {
        let scores = RandomStream(seed: 1).symmetric(3 * length, 30)
        var (weights, logSums) = (scores, Array(repeating: Float(0), count: 3))
        ck_softmax(3, Int64(length), factor, &weights, &logSums)
        var again = scores
        ck_softmax_again(3, Int64(length), factor, logSums, &again)
        for row in 0..<3 {
            let exact = scores[row * length..<(row + 1) * length].map { exp(Double(factor) * Double($0)) }
            let sum = exact.reduce(0, +)
            #expect(abs(Double(logSums[row]) - log(sum)) < 4e-6)
            for column in 0..<length {
                let (found, other) = (weights[row * length + column], again[row * length + column])
                #expect(abs(Double(found) * sum / exact[column] - 1) < 4e-6)
                #expect(abs(Double(other) * sum / exact[column] - 1) < 8e-6)
            }
        }
    }

    @Test(arguments: lengths)
    func theLargestScoreMayStandAnywhere(length: Int) {
        for place in 0..<length {
            var scores = Array(repeating: Float(-300), count: length)
            scores[place] = 300
            var (logSum, again): ([Float], [Float]) = ([0], scores)
            ck_softmax(1, Int64(length), 1, &scores, &logSum)
            #expect(scores[place] == 1)
            #expect(scores.reduce(0, +) == 1)
            #expect(logSum == [300])
            // Not a little more, which would not be normal after a division.
            #expect(scores.filter { $0 != 0 } == [1])
            ck_softmax_again(1, Int64(length), 1, logSum, &again)
            #expect(again == scores)
        }
    }

    @Test(arguments: lengths)
    func crossEntropy(length: Int) {
        let logits = RandomStream(seed: 2).symmetric(length, 8)
        let exact = logits.map { exp(Double($0)) }
        let sum = exact.reduce(0, +)
        for label in 0..<length {
            var (gradient, correct) = (logits, Int64(0))
            let loss = ck_cross_entropy(1, Int64(length), [Int32(label)], 0.25, &gradient, &correct)
            #expect(abs(loss - log(sum / exact[label])) < 4e-6)
            #expect((correct == 1) == (logits[label] == logits.max()))
            for column in 0..<length {
                let wanted = 0.25 * (exact[column] / sum - (column == label ? 1 : 0))
                #expect(abs(Double(gradient[column]) - wanted) < 1e-6)
            }
        }
    }

    @Test(arguments: [Float(80), 1e4, 1e30])
    func crossEntropyOfExtremeLogits(extreme: Float) {
        let row = [extreme, -extreme, 0]
        var (logits, correct) = (row + row, Int64(0))
        #expect(ck_cross_entropy(2, 3, [0, 1], 1, &logits, &correct) == Double(2 * extreme))
        #expect(correct == 1)
        for value in logits[..<3] { #expect(abs(value) < 1e-30) }
        #expect(logits[3] == 1 && logits[4] == -1)
        #expect(abs(logits[5]) < 1e-30)
    }

    @Test func equalLogitsCountTheFirstAsTheGuess() {
        var (logits, correct) = ([Float](repeating: -80, count: 8), Int64(0))
        #expect(abs(ck_cross_entropy(2, 4, [3, 0], 1, &logits, &correct) - 2 * log(4)) < 1e-6)
        #expect(correct == 1)
        #expect(logits == [0.25, 0.25, 0.25, -0.75, -0.75, 0.25, 0.25, 0.25])
    }
}
