import Autograd
import Foundation
import Tensors
import Testing

@testable import Attention

/// The attentions that people compare with, by their definitions: where one is softmax attention in a limit, against it;
/// elsewhere against plain loops. Their gradients are in `GradientTests`.
@Suite struct ComparisonTests {
    private let pool = StoragePool()
    private let lengths = [1, 40, 7, 70]
    private let width = 16

    /// Of two heads, with the numbers that `prepare` writes into the parameters.
    private func output(
        _ choice: AttentionChoice, _ projections: Tensor,
        prepare: (_ layout: ParameterLayout, Tensor) -> Void = { _, _ in }
    ) -> [Float] {
        let parameters = ParameterLayout()
        let attention = choice.attention(heads: 2, headWidth: width, dropout: 0, parameters.scope("self"))
        let block = parameters.initialBlock(seed: 1, from: pool)
        prepare(parameters, block)
        let tape = Tape(parameters: block, mode: .inference, pool: pool)
        return attention(tape.variable(projections), BatchLayout(lengths: lengths)).value.values
    }

    /// Projections whose scores differ by a few units.
    private func projections(scale: Float = 3) -> Tensor {
        let projections = drawn(lengths.reduce(0, +), 6 * width, "projections", pool)
        projections.scale(by: scale)
        return projections
    }

    /// Σ_j w_ij v_j / Σ_j w_ij by its definition, for weights of the head's query and key and their positions.
    private func quotient(
        _ projections: Tensor, _ weight: (_ query: [Double], _ key: [Double], _ i: Int, _ j: Int) -> Double
    ) -> [Float] {
        sums(projections) { part, length in
            (0..<length).map { i in
                let weights = (0..<length).map { weight(part(i, 0), part($0, 1), i, $0) }
                let total = weights.reduce(0, +)
                return weights.map { $0 / total }
            }
        }
    }

    /// Σ_j w_ij v_j by its definition, for the weights [n, n] of a head over a sequence of n tokens; `part(row, 0 or 1)` is a
    /// row's query or key.
    private func sums(
        _ projections: Tensor, _ weights: (_ part: (Int, Int) -> [Double], _ length: Int) -> [[Double]]
    ) -> [Float] {
        let values = projections.values.map(Double.init)
        var output = [Float](repeating: 0, count: projections.rows * 2 * width)
        var first = 0
        for length in lengths {
            for head in 0..<2 {
                func part(_ row: Int, _ which: Int) -> [Double] {
                    let start = (first + row) * 6 * width + (2 * which + head) * width
                    return Array(values[start..<start + width])
                }
                for (i, row) in weights(part, length).enumerated() {
                    for (j, weight) in row.enumerated() {
                        for (column, value) in part(j, 2).enumerated() {
                            output[(first + i) * 2 * width + head * width + column] += Float(weight * value)
                        }
                    }
                }
            }
            first += length
        }
        return output
    }

    private func softmaxWeight(_ query: [Double], _ key: [Double]) -> Double {
        exp(zip(query, key).reduce(0) { $0 + $1.0 * $1.1 } / Double(width).squareRoot())
    }

    @Test func softmaxIsItsDefinition() {
        let x = projections()
        let expected = quotient(x) { query, key, _, _ in softmaxWeight(query, key) }
        #expect(distance(output(.softmax, x), expected) < 1e-5)
    }

    @Test func noneIsTheValues() {
        let x = projections()
        let values = (0..<x.rows).flatMap {
            x.view(at: $0 * x.columns, rows: 1, columns: x.columns).values.suffix(2 * width)
        }
        #expect(output(.init(ValuesOnlyOptions()), x) == values)
    }

    @Test func linearIsAKernelOfEluPlusOne() {
        let x = projections()
        func feature(_ x: Double) -> Double { x > 0 ? x + 1 : exp(x) }
        let expected = quotient(x) { query, key, _, _ in
            zip(query, key).reduce(0) { $0 + feature($1.0) * feature($1.1) }
        }
        #expect(distance(output(.init(LinearOptions()), x), expected) < 1e-5)
    }

    @Test(arguments: [false, true], [false, true]) func flowIsItsDefinition(competition: Bool, allocation: Bool) {
        let x = projections()
        func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
        func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        let expected = sums(x) { part, length in
            let q = (0..<length).map { part($0, 0).map(sigmoid) }
            let k = (0..<length).map { part($0, 1).map(sigmoid) }
            let incoming = q.map { q in k.reduce(0) { $0 + dot(q, $1) } }
            let outgoing = k.map { k in q.reduce(0) { $0 + dot($1, k) } }
            let allocated = q.map { q in zip(k, outgoing).reduce(0) { $0 + dot(q, $1.0) / $1.1 } }
            let powers = k.map { k in exp(min(1, zip(q, incoming).reduce(0) { $0 + dot($1.0, k) / $1.1 })) }
            return (0..<length).map { i in
                (0..<length).map { j in
                    let weight = competition ? powers[j] * Double(length) / powers.reduce(0, +) : 1
                    return (allocation ? sigmoid(allocated[i]) : 1) / incoming[i] * dot(q[i], k[j]) * weight
                }
            }
        }
        let options = FlowOptions { ($0.competition, $0.allocation) = (competition, allocation) }
        #expect(distance(output(.init(options), x), expected) < 1e-5)
    }

    @Test(arguments: [1, 8, 64, 200]) func localIsSoftmaxOverTheWindowAndTheFirst(window: Int) {
        let x = projections()
        let expected = quotient(x) { query, key, i, j in
            abs(i - j) <= window || j == 0 || i == 0 ? softmaxWeight(query, key) : 0
        }
        #expect(distance(output(.init(LocalOptions(window: window)), x), expected) < 1e-5)
    }

    @Test(arguments: [false, true]) func multiresolutionOfAllBlocksIsSoftmax(isSparse: Bool) {
        let x = projections()
        #expect(
            distance(output(.init(MultiresolutionOptions(blocks: 3, isSparse: isSparse)), x), output(.softmax, x))
                < 1e-5)
        #expect(
            distance(output(.init(MultiresolutionOptions(blocks: 1, isSparse: isSparse)), x), output(.softmax, x))
                > 1e-2)
    }

    /// Own blocks of 32 exactly, all others by the means of their queries and keys, or not at all.
    @Test(arguments: [false, true]) func multiresolutionIsCoarseElsewhere(isSparse: Bool) {
        let x = projections()
        let expected = sums(x) { part, length in
            let blocks = segments(length, (length + 31) / 32)
            let of = (0..<length).map { row in blocks.firstIndex { $0.contains(row) } ?? 0 }
            let means = (0...1).map { which in blocks.map { mean($0.map { part($0, which) }) } }
            return (0..<length).map { i in
                normalized(
                    (0..<length).map { j in
                        if of[i] == of[j] { return softmaxWeight(part(i, 0), part(j, 1)) }
                        return isSparse ? 0 : softmaxWeight(means[0][of[i]], means[1][of[j]])
                    })
            }
        }
        #expect(distance(output(.init(MultiresolutionOptions(blocks: 1, isSparse: isSparse)), x), expected) < 1e-5)
    }

    /// softmax(Q K̃ᵀ) pinv(softmax(Q̃ K̃ᵀ)) softmax(Q̃ Kᵀ) with the six steps of the inverse, over the means of eight segments.
    @Test func nystromIsItsDefinition() {
        let x = projections(scale: 1)
        let expected = sums(x) { part, length in
            let parts = segments(length, min(length, 8))
            let (queries, keys) = ((0..<length).map { part($0, 0) }, (0..<length).map { part($0, 1) })
            let means = [queries, keys].map { rows in parts.map { mean($0.map { rows[$0] }) } }
            func softmax(_ a: [[Double]], _ b: [[Double]]) -> [[Double]] {
                a.map { query in normalized(b.map { softmaxWeight(query, $0) }) }
            }
            let middle = softmax(means[0], means[1])
            let norm = middle[0].indices.map { column in middle.reduce(0) { $0 + $1[column] } }.max() ?? 1
            var z = middle.indices.map { row in middle.map { $0[row] / norm } }
            for _ in 0..<6 {
                let az = product(middle, z)
                let inner = product(az, difference(15, product(az, difference(7, az))))
                z = product(z, difference(13, inner)).map { $0.map { $0 / 4 } }
            }
            return product(product(softmax(queries, means[1]), z), softmax(means[0], keys))
        }
        #expect(distance(output(.init(NystromOptions(landmarks: 8)), x), expected) < 1e-4)
    }

    /// Σ_t c_t V_{i + t - w/2} beside an attention, with a kernel a head and zeros beyond the ends.
    @Test func aConvolutionIsAddedHeadByHead() {
        let x = projections(scale: 1)
        let kernels: [Float] = [0.5, -1, 2, 0.25, 3, 1, 0, -0.5, 4, -2]
        let plain = output(.init(NystromOptions(landmarks: 8)), x)
        let convolved = output(.convolved(width: 5, beside: .init(NystromOptions(landmarks: 8))), x) { layout, block in
            for (index, value) in kernels.enumerated() { block[layout.parameters[0].offset + index] = value }
        }
        var heads = [1, 0]
        let expected = sums(x) { _, length in
            heads.reverse()
            return (0..<length).map { i in
                (0..<length).map { abs($0 - i) <= 2 ? Double(kernels[5 * heads[0] + $0 - i + 2]) : 0 }
            }
        }
        #expect(distance(zip(convolved, plain).map { $0 - $1 }, expected) < 1e-5)
    }

    private func segments(_ length: Int, _ count: Int) -> [Range<Int>] {
        (0..<count).map { $0 * length / count..<($0 + 1) * length / count }
    }

    private func mean(_ rows: [[Double]]) -> [Double] {
        (0..<width).map { column in rows.reduce(0) { $0 + $1[column] } / Double(rows.count) }
    }

    private func normalized(_ weights: [Double]) -> [Double] { weights.map { $0 / weights.reduce(0, +) } }

    private func product(_ a: [[Double]], _ b: [[Double]]) -> [[Double]] {
        a.map { row in b[0].indices.map { column in row.indices.reduce(0) { $0 + row[$1] * b[$1][column] } } }
    }

    /// d I - A.
    private func difference(_ d: Double, _ a: [[Double]]) -> [[Double]] {
        a.indices.map { i in a.indices.map { (i == $0 ? d : 0) - a[i][$0] } }
    }

    @Test func nystromOfAllTokensAsLandmarksIsSoftmax() {
        let x = projections()
        // Keys near their queries: a kernel near the unit matrix, whose pseudo-inverse the iteration finds.
        for row in 0..<x.rows {
            let q = x.rows(row..<row + 1)
            for column in 0..<2 * width { q[2 * width + column] = q[column] }
        }
        let choice = AttentionChoice(NystromOptions(landmarks: 70))
        #expect(distance(output(choice, x), output(.softmax, x)) < 1e-2)
        #expect(distance(output(.init(NystromOptions(landmarks: 8)), x), output(.softmax, x)) > 0.1)
    }

    @Test func linformerOfTheUnitMatrixIsSoftmax() {
        let x = projections()
        // Rank and length are equal, and columns beyond a sequence's length give keys of zeros: the one weight more that
        // each of them has is exp(0).
        let expected = quotient(x) { query, key, _, _ in softmaxWeight(query, key) }
        let actual = output(.init(LinformerOptions(rank: 70, length: 70)), x) { layout, block in
            for parameter in layout.parameters {
                for index in 0..<parameter.count {
                    block[parameter.offset + index] = index / 70 % 70 == index % 70 ? 1 : 0
                }
            }
        }
        let last = (x.rows - 70) * 2 * width
        #expect(distance(Array(actual[last...]), Array(expected[last...])) < 1e-5)
    }

    @Test func performerNearsSoftmaxWithItsFeatures() {
        let x = projections(scale: 1)
        let softmax = output(.softmax, x)
        let errors = [16, 256, 4096].map { distance(output(.init(PerformerOptions(features: $0)), x), softmax) }
        #expect(errors[1] < errors[0] / 2 && errors[2] < errors[1] / 2, "\(errors)")
        #expect(errors[2] < 0.08)
    }

    @Test func theGraphFilterAddsItsPower() {
        let x = projections()
        let once = output(.softmax, x)
        let again = pool.copy(x)
        for row in 0..<x.rows {
            for column in 0..<2 * width {
                again[row * 6 * width + 4 * width + column] = once[row * 2 * width + column]
            }
        }
        let twice = output(.softmax, again)
        let order: Float = 3
        let weights: [Float] = [0.5, -2]
        let expected = once.indices.map { index in
            once[index] + weights[index / width % 2] * (once[index] + (order - 1) * (twice[index] - once[index]))
        }
        let actual = output(.gfsa(order: 3, over: .softmax), x) { layout, block in
            for (head, weight) in weights.enumerated() { block[layout.parameters[0].offset + head] = weight }
        }
        #expect(distance(actual, expected) < 1e-6)
        #expect(output(.gfsa(order: 3, over: .softmax), x) == once)
    }
}
