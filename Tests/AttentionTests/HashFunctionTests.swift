import CKernels
import Foundation
import Tensors
import Testing

@testable import Attention

@Suite struct HashFunctionTests {
    private let pool = StoragePool()

    /// Rows of all sizes; the sums of the reference are in double, and in another order.
    @Test(arguments: [(8, 3), (16, 16), (24, 5), (32, 9), (64, 9), (64, 16), (100, 12), (128, 1), (128, 16)])
    func hadamardCodesAreThoseOfAReference(width: Int, bits: Int) {
        let (rows, hashes) = (21, 11)
        let x = drawn(rows, width, "x", pool)
        for index in 0..<x.count { x[index] *= Float(sign: .plus, exponent: index / width * 10 - 110, significand: 1) }
        // One number alone, many that are the same, and many that are halves of integers.
        for column in 0..<width {
            x[3 * width + column] = column == 5 ? -3e30 : 0
            x[4 * width + column] = 1e-20
            x[5 * width + column] = Float(column % 9) - 4
        }
        let random = RandomStream(seed: 5).stream("hash")
        let function = HashFunction(.hadamard, bits: bits, hashes: hashes, width: width, random, pool)
        let codes = function.codes(of: x.matrix).values
        let size = [16, 32, 64].first { $0 >= width } ?? 128
        for row in 0..<rows {
            let values = x.view(at: row * width, rows: 1, columns: width).values
            let expected = rotatedCodes(of: values, size: size, bits: bits, hashes: hashes, random)
            #expect((0..<hashes).map { codes[$0 * rows + row] } == expected)
        }
    }

    @Test(arguments: [16, 32, 64, 128]) func codesAreTheSameWithoutAVX2(size: Int) {
        let (rows, bits, hashes) = (45, 7, 23)
        let parts = (hashes + size / bits - 1) / (size / bits)
        let x = drawn(rows, size - 3, "x", pool)
        let factors = IntegerVector<Int32>(3 * parts * size, from: pool)
        factors.withPointer { ck_rotation_factors(Int32(size), Int64(parts), 7, $0) }
        let codes = [ck_hadamard_codes, ck_hadamard_codes_by_any_cpu].map { kernel in
            let codes = IntegerVector<UInt16>(hashes * rows, from: pool)
            withPointers(x.matrix, factors, codes) { kernel($0, Int32(size), Int32(bits), Int32(hashes), $1, $2) }
            return codes.values
        }
        #expect(codes[0] == codes[1])
        #expect(Set(codes[0]).count > 64)
    }

    /// What ck_hadamard_codes says, number by number.
    private func rotatedCodes(
        of row: [Float], size: Int, bits: Int, hashes: Int, _ random: RandomStream
    ) -> [UInt16] {
        let values = row.map(Double.init) + Array(repeating: 0, count: size - row.count)
        let exponent = values.map { $0 == 0 ? -200 : Int($0.exponent) }.max() ?? 0
        var scale = Double(sign: .plus, exponent: min(123, 7 - exponent), significand: 16)
        let squares = values.map { ($0 * scale / 16).rounded(.toNearestOrEven) }.reduce(0) { $0 + $1 * $1 }
        for power in 0..<5 where squares > Double((7 << 20) >> (2 * power)) { scale /= 2 }
        let shifts = [0, (size.trailingZeroBitCount + 1) / 2, size.trailingZeroBitCount / 2]
        var codes: [UInt16] = []
        var part: UInt32 = 0
        while codes.count < hashes {
            var y = values.map { ($0 * scale).rounded(.toNearestOrEven) }
            for diagonal in 0..<UInt32(3) {
                let power = Double(1 << shifts[Int(diagonal)])
                y = (0..<size).map { i in
                    let word = random.word((part * 3 + diagonal) * UInt32(size) + UInt32(i))
                    return ((word >> 31 == 1 ? -y[i] : y[i]) / power + 0.5).rounded(.down)
                }
                y = transformed(y)
                #expect(y.allSatisfy { (-32768...32767).contains($0) })
            }
            for hash in 0..<size / bits {
                codes.append((0..<bits).reduce(0) { $0 | (y[hash * bits + $1] > 0 ? 1 << UInt16($1) : 0) })
            }
            part += 1
        }
        return Array(codes.prefix(hashes))
    }

    /// H of 2 n is [[H, H], [H, -H]] of n.
    private func transformed(_ y: [Double]) -> [Double] {
        guard y.count > 1 else { return y }
        let (upper, lower) = (y.prefix(y.count / 2), y.suffix(y.count / 2))
        return transformed(zip(upper, lower).map { $0 + $1 }) + transformed(zip(upper, lower).map { $0 - $1 })
    }

    /// Sums of sixteen bits do not overflow: rows that add up as far as any can, in every size.
    @Test(arguments: [16, 32, 64, 128]) func codesOfTheLongestRowsAreThoseOfAReference(width: Int) {
        let random = RandomStream(seed: 8).stream("hash")
        let x = pool.tensor(20, width)
        for row in 0..<20 {
            for column in 0..<width {
                // Row by row of H D₁, whose first transform gathers all in one number; scaled over a power of four.
                let isOdd = (column & row).nonzeroBitCount % 2 == 1
                let sign: Float = isOdd != (random.word(UInt32(column)) >> 31 == 1) ? -1 : 1
                x[row * width + column] = sign * (1 + Float(row) / 13)
            }
        }
        let function = HashFunction(.hadamard, bits: 8, hashes: 5, width: width, random, pool)
        let codes = function.codes(of: x.matrix).values
        for row in 0..<20 {
            let values = x.view(at: row * width, rows: 1, columns: width).values
            let expected = rotatedCodes(of: values, size: width, bits: 8, hashes: 5, random)
            #expect((0..<5).map { codes[$0 * 20 + row] } == expected)
        }
    }

    @Test(arguments: [Float.infinity, .nan, 0]) func aRowThatIsNotFiniteIsCodedAsZeros(value: Float) {
        let x = drawn(20, 64, "x", pool)
        x[2 * 64 + 7] = value
        if value == 0 { x.view(at: 2 * 64, rows: 1, columns: 64).fill(0) }
        let random = RandomStream(seed: 5).stream("hash")
        let function = HashFunction(.hadamard, bits: 9, hashes: 4, width: 64, random, pool)
        let codes = function.codes(of: x.matrix).values
        for hash in 0..<4 {
            #expect(codes[hash * 20 + 2] == 0)
            #expect(codes[hash * 20 + 3] != 0)
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
