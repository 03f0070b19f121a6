import Foundation
import Tensors
import Testing

@testable import Attention

@Suite struct HashFunctionTests {
    private let pool = StoragePool()

    init() { OpenBLAS.useOneThread() }

    /// Small integers, so that every sum is exact in any order and the codes must agree to the bit.
    @Test(arguments: [(8, 3), (16, 16), (24, 5), (32, 9), (64, 9), (64, 16), (100, 12), (128, 1), (128, 16)])
    func hadamardCodesAreThoseOfADenseReference(width: Int, bits: Int) {
        let (rows, hashes) = (37, 11)
        let x = drawn(rows, width, "integers", pool)
        for index in 0..<x.count { x[index] = (8 * x[index]).rounded() }
        let random = RandomStream(seed: 5).stream("hash")
        let function = HashFunction(.hadamard, bits: bits, hashes: hashes, width: width, random, pool)
        let codes = function.codes(of: x.matrix).values
        let size = [16, 32, 64].first { $0 >= width } ?? 128
        for row in 0..<rows {
            let values = x.view(at: row * width, rows: 1, columns: width).values.map(Double.init)
            var expected: [UInt16] = []
            var part: UInt32 = 0
            while expected.count < hashes {
                var y = values + Array(repeating: 0, count: size - width)
                for diagonal in 0..<UInt32(3) {
                    y = (0..<size).map { i in
                        let word = random.word((part * 3 + diagonal) * UInt32(size) + UInt32(i))
                        return word >> 31 == 1 ? -y[i] : y[i]
                    }
                    // H_ij = (-1)^(number of bits that i and j share)
                    y = (0..<size).map { i in
                        (0..<size).reduce(0) { $0 + (($1 & i).nonzeroBitCount % 2 == 0 ? y[$1] : -y[$1]) }
                    }
                }
                for hash in 0..<size / bits {
                    expected.append(
                        (0..<bits).reduce(0) { $0 | (y[hash * bits + $1] > 0 ? 1 << UInt16($1) : 0) })
                }
                part += 1
            }
            #expect((0..<hashes).map { codes[$0 * rows + row] } == Array(expected.prefix(hashes)))
        }
    }

    @Test func gaussianCodesAreSignsOfProjections() {
        let (rows, width, bits, hashes) = (300, 24, 7, 5)
        let x = drawn(rows, width, "x", pool)
        let random = RandomStream(seed: 5)
        let function = HashFunction(.gaussian, bits: bits, hashes: hashes, width: width, random, pool)
        let codes = function.codes(of: x.matrix).values
        #expect(codes.allSatisfy { $0 < 128 })
        for bit in 0..<bits {
            let ones = codes.count { $0 >> UInt16(bit) & 1 == 1 }
            #expect(abs(Double(ones) / Double(codes.count) - 0.5) < 0.1)
        }
        // A row and its opposite have opposite codes.
        let opposite = pool.copy(x)
        opposite.scale(by: -1)
        #expect(function.codes(of: opposite.matrix).values == codes.map { ~$0 & 127 })
    }

    /// P(collision) = (1 - arccos(x) / π)^bits (Charikar 2002), over 2,000 seeds.
    @Test(arguments: [0.95, 0.8, 0.5, 0.0, -0.5]) func gaussianHashesCollideAsTheExpectationSays(cosine: Double) {
        let (width, bits, seeds) = (16, 3, 2000)
        let pair = pool.zeros(2, width)
        pair[0] = 1
        pair[width] = Float(cosine)
        pair[width + 1] = Float((1 - cosine * cosine).squareRoot())
        var hits = 0
        for seed in 0..<seeds {
            let random = RandomStream(seed: UInt64(seed))
            let function = HashFunction(.gaussian, bits: bits, hashes: 1, width: width, random, pool)
            let codes = function.codes(of: pair.matrix).values
            if codes[0] == codes[1] { hits += 1 }
        }
        let probability = pow(1 - acos(cosine) / Double.pi, Double(bits))
        let sigma = (probability * (1 - probability) / Double(seeds)).squareRoot()
        #expect(abs(Double(hits) / Double(seeds) - probability) < 3 * sigma)
    }

    @Test func codesDependOnTheRowAlone() {
        let x = drawn(50, 64, "x", pool)
        for hash in YosoOptions.Hash.allCases {
            let function = HashFunction(hash, bits: 9, hashes: 4, width: 64, RandomStream(seed: 1), pool)
            let all = function.codes(of: x.matrix).values
            for row in [0, 15, 16, 49] {
                let alone = function.codes(of: x.matrix.rows(row, 1)).values
                #expect(alone == (0..<4).map { all[$0 * 50 + row] }, "\(hash), row \(row)")
            }
        }
    }
}
