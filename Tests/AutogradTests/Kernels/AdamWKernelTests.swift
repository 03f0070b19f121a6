import CKernels
import Foundation
import Tensors
import Testing

struct AdamWKernelTests {
    /// Loshchilov & Hutter 2019, algorithm 2, with the decay applied before the step as PyTorch does.
    @Test(arguments: [Float(0), 0.01])
    func twentyStepsAgreeWithTheAlgorithmInDouble(decay: Float) {
        let count = 37
        let (rate, beta1, beta2, epsilon, clip) = (0.01, 0.9, 0.999, 1e-6, 0.5)
        var value = RandomStream(seed: 1).symmetric(count, 1)
        var mean = Array(repeating: Float(0), count: count), square = mean
        var exact = value.map { (value: Double($0), mean: 0.0, square: 0.0) }
        for step in 1...20 {
            let gradient = RandomStream(seed: 2).stream(UInt64(step)).symmetric(count, 1)
            let (correction1, correction2) = (1 - pow(beta1, Double(step)), 1 - pow(beta2, Double(step)))
            ck_adamw(
                Int64(count),
                ck_adamw_step(
                    rate: Float(rate), beta1: Float(beta1), beta2: Float(beta2), epsilon: Float(epsilon),
                    correction1: Float(correction1), correction2: Float(correction2), clip: Float(clip)),
                decay, gradient, &value, &mean, &square)
            for index in 0..<count {
                let g = clip * Double(gradient[index])
                exact[index].mean = beta1 * exact[index].mean + (1 - beta1) * g
                exact[index].square = beta2 * exact[index].square + (1 - beta2) * g * g
                let root = (exact[index].square / correction2).squareRoot()
                exact[index].value *= 1 - rate * Double(decay)
                exact[index].value -= rate * exact[index].mean / correction1 / (root + epsilon)
            }
        }
        for index in 0..<count {
            #expect(abs(Double(value[index]) - exact[index].value) < 3e-6)
            #expect(abs(Double(mean[index]) - exact[index].mean) < 1e-6)
            #expect(abs(Double(square[index]) / exact[index].square - 1) < 1e-4)
        }
    }

    @Test func aZeroGradientOnlyDecays() {
        var value: [Float] = [2], mean: [Float] = [0], square: [Float] = [0]
        let step = ck_adamw_step(
            rate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-6, correction1: 0.1, correction2: 0.001, clip: 1)
        ck_adamw(1, step, 0.5, [0], &value, &mean, &square)
        #expect(abs(value[0] - 1.9) < 1e-6)
        #expect(mean == [0] && square == [0])
    }

    /// Until the means are zero, and long after; of numbers that never had a gradient too.
    @Test(arguments: [1, 15, 17, 700, 3000], [Float(0), 0.01])
    func stepsWithoutGradientsMayComeLateAndTogether(count: Int, decay: Float) {
        let steps = (1...count).map { step in
            let rate = 1e-2 * Float(count - step + 1) / Float(count)
            return ck_adamw_step(
                rate: rate, beta1: 0.9, beta2: 0.98, epsilon: 1e-6, correction1: 1 - pow(0.9, Float(step)),
                correction2: 1 - pow(0.98, Float(step)), clip: 0.5)
        }
        for size in [1, 37, 64, 200] {
            let random = RandomStream(seed: UInt64(size))
            let isFresh = { (index: Int) in size > 64 && (64..<150).contains(index) }
            var value = random.symmetric(size, 1)
            var mean = random.stream("mean").symmetric(size, 1e-2)
            var square = random.stream("square").symmetric(size, 1e-4).map(abs)
            for index in 0..<size where isFresh(index) { (mean[index], square[index]) = (0, 0) }
            var (lateValue, lateMean, lateSquare) = (value, mean, square)
            ck_adamw_late(Int64(size), Int64(count), steps, decay, &lateValue, &lateMean, &lateSquare)
            let gradient = Array(repeating: Float(0), count: size)
            for step in steps { ck_adamw(Int64(size), step, decay, gradient, &value, &mean, &square) }
            #expect(value == lateValue && mean == lateMean && square == lateSquare, "\(size)")
        }
    }

    /// Rounding keeps the least numbers of few bits as they are, and a CPU takes many times as long for each.
    @Test func momentsThatDecayEndAtZero() {
        let start: (mean: [Float], square: [Float]) = ([1e-3, -1e-3], [1e-6, 1e-6])
        let step = ck_adamw_step(
            rate: 0.1, beta1: 0.9, beta2: 0.98, epsilon: 1e-6, correction1: 1, correction2: 1, clip: 1)
        var (value, mean, square): ([Float], [Float], [Float]) = ([2, 2], start.mean, start.square)
        var lamb = start
        for _ in 0..<4000 {
            ck_adamw(2, step, 0, [0, 0], &value, &mean, &square)
            _ = ck_lamb_moments(2, step, 0, [0, 0], value, &lamb.mean, &lamb.square)
            for moment in [mean, square, lamb.mean, lamb.square] { #expect(moment.allSatisfy { !$0.isSubnormal }) }
        }
        for moment in [mean, square, lamb.mean, lamb.square] { #expect(moment == [0, 0]) }
    }
}
