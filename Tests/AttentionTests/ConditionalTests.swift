import Foundation
import Tensors
import Testing

@testable import Attention

/// The conditional estimator W = A E / P against its definition, pair by pair.
@Suite struct ConditionalTests {
    private let pool = StoragePool()

    /// s, E and P of a cosine in double precision.
    private func exact(_ x: Double, _ law: PairLaw) -> (weight: Double, probability: Double, closeness: Double) {
        let s = 1 - acos(min(max(x, -1 + 1e-6), 1 - 1e-6)) / Double.pi
        let e = pow(s, Double(law.kernelBits))
        guard let selection = law.selection else { return (e, 1, s) }
        let one = pow(s, Double(selection.hashBits)) / Double(1 << selection.drawnBits)
        // Not 1 - (1 - q)^m, which would lose digits here too.
        let probability = -expm1(Double(selection.hashes) * log1p(-one))
        return (e, probability, s)
    }

    /// W of one query and keys at these cosines, all of them met.
    private func weights(_ cosines: [Double], _ law: PairLaw) -> [Float] {
        let rows = cosines.flatMap { [Float($0), Float((1 - $0 * $0).squareRoot())] }
        let identity = pool.zeros(cosines.count, cosines.count)
        for index in cosines.indices { identity[index * (cosines.count + 1)] = 1 }
        // A sequence has as many queries as keys.
        let queries = pool.zeros(cosines.count, 2)
        queries[0] = 1
        let keys = pool.tensor(cosines.count, 2, rows)
        let (sums, mass) = (pool.tensor(cosines.count, cosines.count), pool.tensor(1, cosines.count))
        WeighedPairs(
            query: queries.matrix, key: keys.matrix, value: identity.matrix, law: law, selected: nil,
            products: Products(.fp32, from: pool), pool: pool
        ).sum(into: sums.matrix, mass: mass)
        return Array(sums.values[..<cosines.count])
    }

    static let selections = [
        PairSelection(hashes: 1, hashBits: 1), PairSelection(hashes: 2, hashBits: 4),
        PairSelection(hashes: 3, hashBits: 16), PairSelection(hashes: 16, hashBits: 6),
        PairSelection(hashes: 32, hashBits: 8), PairSelection(hashes: 31, hashBits: 11),
        PairSelection(hashes: 1024, hashBits: 5), PairSelection(hashes: 32, hashBits: 4, drawnBits: 5),
        PairSelection(hashes: 32, hashBits: 0, drawnBits: 10),
    ]

    @Test(arguments: selections) func theWeightIsEOverP(selection: PairSelection) {
        let law = PairLaw(kernelBits: 16, gradient: .exact, selection: selection)
        let cosines = stride(from: -0.9, through: 0.999, by: 0.002).map { $0 }
        for (x, weight) in zip(cosines, weights(cosines, law)) {
            let (e, probability, _) = exact(x, law)
            // float32 rounds 1 - q, and m of its digits are lost.
            let tolerance = 2e-5 + 6e-7 * Double(selection.hashes)
            #expect(abs(Double(weight) * probability / e - 1) < tolerance, "\(selection) at \(x)")
            if selection.drawnBits == 0 { #expect(weight <= 1) }
        }
    }

    /// Over many Gaussian hashes W has mean E and variance E² (1 - P) / P, within three standard errors; and the slope has mean
    /// dE/dx, which it would not have were P differentiated too.
    @Test(arguments: [20.0, 45, 60, 75, 90]) func meanAndVarianceAreThoseOfTheory(degrees: Double) {
        let (draws, x) = (3000, cos(degrees * .pi / 180))
        let selection = PairSelection(hashes: 32, hashBits: 8)
        let law = PairLaw(kernelBits: 16, gradient: .exact, selection: selection)
        // One pair in 32 dimensions.
        let (query, key) = (pool.zeros(1, 32), pool.zeros(1, 32))
        query[3] = 1
        (key[3], key[17]) = (Float(x), Float((1 - x * x).squareRoot()))
        var met = 0
        for draw in 0..<draws {
            let function = HashFunction(
                .gaussian, bits: 8, hashes: 32, width: 32, RandomStream(seed: UInt64(draw)).stream("pair"), pool)
            let head = HashedHead(function, queries: query.matrix, keys: key.matrix)
            met += head.nearest(queries: 0, 1, step: 1, pool).values == [0] ? 1 : 0
        }
        let (e, probability, s) = exact(x, law)
        let weight = Double(weights([x], law)[0])
        let share = Double(met) / Double(draws)
        let error = (probability * (1 - probability) / Double(draws)).squareRoot()
        #expect(abs(share - probability) < 3 * error)
        #expect(abs(share * weight - e) < 3 * error * weight + 1e-4 * e)
        let variance = weight * weight * share * (1 - share)
        #expect(
            abs(variance / (e * e * (1 - probability) / probability) - 1) < 3 * error / probability
                * (1 + 1 / (1 - probability)) + 1e-3)
        let slope = slope(x, law)
        let derivative = 16 * pow(s, 15) / (Double.pi * sin(degrees * .pi / 180))
        #expect(abs(share * slope - derivative) < 3 * error * slope + 1e-4 * derivative)
        // d(E / P)/dx = (E' - W P') / P.
        let steepness = 32 * pow(1 - pow(s, 8), 31) * 8 * pow(s, 7) / (Double.pi * sin(degrees * .pi / 180))
        let wrong = (derivative - weight * steepness) / probability
        #expect(degrees < 30 || abs(share * wrong - derivative) > 6 * error * abs(wrong), "a check that cannot fail")
    }

    /// The gradient of a cosine of a pair that is met, with 1 flowing in.
    private func slope(_ x: Double, _ law: PairLaw) -> Double {
        let query = pool.tensor(1, 2, [1, 0])
        let key = pool.tensor(1, 2, [Float(x), Float((1 - x * x).squareRoot())])
        let one = pool.tensor(1, 1, [1])
        let (dQuery, dKey, dValue) = (pool.tensor(1, 2), pool.tensor(1, 2), pool.tensor(1, 1))
        WeighedPairs(
            query: query.matrix, key: key.matrix, value: one.matrix, law: law, selected: nil,
            products: Products(.fp32, from: pool), pool: pool
        ).writeGradients(
            one.matrix, pool.zeros(1, 1),
            into: HeadSlices(query: dQuery.matrix, key: dKey.matrix, value: dValue.matrix))
        return Double(dKey.values[0])
    }

    /// With as many bits in the kernel as in a hash, W is what the share of colliding hashes is on average, given that the pair was met.
    @Test func withEqualBitsItIsTheConditionalExpectationOfCounts() {
        let (draws, x, bits, hashes) = (4000, 0.6, 4, 8)
        let law = PairLaw(
            kernelBits: bits, gradient: .lowerBound, selection: PairSelection(hashes: hashes, hashBits: bits))
        let (query, key) = (pool.zeros(1, 16), pool.zeros(1, 16))
        query[0] = 1
        (key[0], key[1]) = (Float(x), Float((1 - x * x).squareRoot()))
        var shares: [Double] = []
        for draw in 0..<draws {
            let function = HashFunction(
                .gaussian, bits: bits, hashes: hashes, width: 16, RandomStream(seed: UInt64(draw)).stream("pair"), pool)
            let share = HashedHead(function, queries: query.matrix, keys: key.matrix).shares(0, 1, pool).scalar
            if share > 0 { shares.append(Double(share)) }
        }
        let mean = shares.reduce(0, +) / Double(shares.count)
        let deviation = shares.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(shares.count)
        let error = (deviation / Double(shares.count)).squareRoot()
        #expect(abs(mean - Double(weights([x], law)[0])) < 3 * error)
    }

    struct Shape: Sendable, CustomTestStringConvertible {
        let length: Int
        let width: Int
        let selection: PairSelection
        var testDescription: String { "\(length) tokens of \(width), \(selection)" }
    }

    static let shapes = [
        Shape(length: 1, width: 16, selection: PairSelection(hashes: 4, hashBits: 2)),
        Shape(length: 2, width: 64, selection: PairSelection(hashes: 4, hashBits: 1)),
        Shape(length: 3, width: 64, selection: PairSelection(hashes: 8, hashBits: 3)),
        Shape(length: 7, width: 24, selection: PairSelection(hashes: 8, hashBits: 2)),
        Shape(length: 33, width: 100, selection: PairSelection(hashes: 16, hashBits: 4)),
        Shape(length: 300, width: 64, selection: PairSelection(hashes: 32, hashBits: 8)),
        Shape(length: 511, width: 128, selection: PairSelection(hashes: 5, hashBits: 6)),
        Shape(length: 513, width: 64, selection: PairSelection(hashes: 16, hashBits: 10)),
    ]

    /// Both routes are the plain loops over queries, keys and hashes, forward and all gradients.
    @Test(arguments: shapes, CollisionGradient.allCases)
    func everyRouteIsThePlainLoops(shape: Shape, gradient: CollisionGradient) {
        let (n, d) = (shape.length, shape.width)
        let (hashed, query, key) = hashed(
            n, width: d, bits: shape.selection.hashBits, hashes: shape.selection.hashes, pool)
        let law = PairLaw(kernelBits: 16, gradient: gradient, selection: shape.selection)
        let (value, dSums) = (drawn(n, d, "values", pool), drawn(n, d, "gradient", pool))
        let delta = drawn(1, n, "delta", pool)
        let expected = plainLoops(hashed, law, query, key, value, dSums, delta)
        let head = SampledHead(hashed: hashed, law: law)
        let rows = [query, key, value, dSums].map { PackedRows($0.matrix, pool) }
        let options = YosoOptions(gradient: gradient)
        for route in [YosoRoute.dense, .collisions] {
            let (sums, mass) = (pool.tensor(n, d), pool.tensor(1, n))
            let pairs = PairRows(query: rows[0], key: rows[1], value: rows[2])
            let met = head.sum(
                pairs, into: sums.matrix, mass: mass, by: route, Products(.fp32, from: pool), pool)
            let outputs = rows[..<3].map { PackedRows(like: $0.matrix, pool) }
            head.writeGradients(
                pairs, rows[3], delta, options,
                into: PairRows(query: outputs[0], key: outputs[1], value: outputs[2]), by: route,
                Products(.fp32, from: pool), pool)
            #expect(met == expected.met)
            let results = [sums.values, mass.values] + outputs.map { plain($0.matrix) }
            for (index, (one, other)) in zip(results, expected.results).enumerated() {
                #expect(distance(one, other) < 2e-5, "\(route), \(index)")
            }
        }
    }

    private func plain(_ matrix: Matrix) -> [Float] {
        (0..<matrix.rows).flatMap { row in (0..<matrix.columns).map { matrix[row, $0] } }
    }

    private func plainLoops(
        _ head: HashedHead, _ law: PairLaw, _ query: Tensor, _ key: Tensor, _ value: Tensor, _ dSums: Tensor,
        _ delta: Tensor
    ) -> (met: Int, results: [[Float]]) {
        let (n, d, to, from) = (head.length, query.columns, head.queries.values, head.keys.values)
        let (q, k, v, g, shifts) = (query.values, key.values, value.values, dSums.values, delta.values)
        func dot(_ a: [Float], _ i: Int, _ b: [Float], _ j: Int) -> Double {
            (0..<d).reduce(0) { $0 + Double(a[i * d + $1]) * Double(b[j * d + $1]) }
        }
        var results = [n * d, n, n * d, n * d, n * d].map { [Double](repeating: 0, count: $0) }
        var met = 0
        for i in 0..<n {
            for j in 0..<n where (0..<head.hashes).contains(where: { to[$0 * n + i] == from[$0 * n + j] }) {
                met += 1
                let x = min(max(dot(q, i, k, j), -1 + 1e-6), 1 - 1e-6)
                let (e, probability, s) = exact(x, law)
                let weight = e / probability
                let bits = Double(law.kernelBits)
                let slope =
                    law.gradient == .lowerBound ? bits / 2 : bits / (Double.pi * s * (1 - x * x).squareRoot())
                let dDot = (dot(g, i, v, j) - Double(shifts[i])) * weight * slope
                results[1][i] += weight
                for c in 0..<d {
                    results[0][i * d + c] += weight * Double(v[j * d + c])
                    results[2][i * d + c] += dDot * Double(k[j * d + c])
                    results[3][j * d + c] += dDot * Double(q[i * d + c])
                    results[4][j * d + c] += weight * Double(g[i * d + c])
                }
            }
        }
        return (met, results.map { $0.map { Float($0) } })
    }
}
