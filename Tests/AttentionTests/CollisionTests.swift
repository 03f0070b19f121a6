import Foundation
import Tensors
import Testing

@testable import Attention

/// Every route against the plain loops over queries, keys and hashes.
@Suite struct CollisionTests {
    private let pool = StoragePool()

    struct Shape: Sendable, CustomTestStringConvertible {
        let length: Int
        var width = 64
        var bits = 9
        var hashes = 8
        var testDescription: String { "\(length) tokens of \(width), \(hashes) hashes of \(bits) bits" }
    }

    static let shapes = [
        Shape(length: 1), Shape(length: 2, bits: 1), Shape(length: 3, bits: 2), Shape(length: 7, bits: 2),
        Shape(length: 33, width: 24, bits: 4), Shape(length: 33, width: 8, bits: 3, hashes: 32),
        Shape(length: 100, width: 128, bits: 16), Shape(length: 100, width: 100, bits: 5),
        Shape(length: 511, width: 32, bits: 6), Shape(length: 513, width: 16, bits: 8, hashes: 3),
        // Buckets about as long as a place can say, and longer.
        Shape(length: 62, width: 32, bits: 1, hashes: 5), Shape(length: 200, width: 40, bits: 2, hashes: 3),
    ]

    /// B by its definition, of all queries or of some.
    private func shares(_ head: HashedHead, of some: [Int]? = nil) -> [[Double]] {
        let (queries, keys, n) = (head.queries.values, head.keys.values, head.length)
        return (some ?? Array(0..<n)).map { i in
            (0..<n).map { j in
                let hits = (0..<head.hashes).count { queries[$0 * n + i] == keys[$0 * n + j] }
                return Double(hits) / Double(head.hashes)
            }
        }
    }

    private func naiveSums(_ shares: [[Double]], _ values: Tensor) -> [Float] {
        let rows = values.values
        return shares.flatMap { row in
            var sum = [Double](repeating: 0, count: values.columns)
            for (j, share) in row.enumerated() where share != 0 {
                for c in 0..<values.columns { sum[c] += share * Double(rows[j * values.columns + c]) }
            }
            return sum.map { Float($0) }
        }
    }

    /// How far sums by products of this precision may lie: bf16 keeps eight bits of every factor.
    private static let precisions = [(Precision.fp32, 1e-6), (.bf16, 4e-3)].filter { $0.0.isAvailable }

    @Test(arguments: shapes, precisions) func everyRouteSumsTheSame(shape: Shape, products: (Precision, Double)) {
        let head = hashed(shape.length, width: shape.width, bits: shape.bits, hashes: shape.hashes, pool).head
        let values = drawn(shape.length, shape.width, "values", pool)
        let shares = shares(head)
        let expected = naiveSums(shares, values)
        for route in YosoRoute.allCases {
            let sums = pool.tensor(shape.length, shape.width)
            head.sums(of: values.matrix, into: sums.matrix, by: route, Products(products.0, from: pool))
            let isNarrow = PackedRows(values.matrix, pool).narrowed(for: Products(products.0, from: pool)) != nil
            let isRounded = route == .dense || route == .collisions && isNarrow
            #expect(distance(sums.values, expected) < (isRounded ? products.1 : 1e-6), "\(route)")
        }
    }

    @Test(arguments: shapes, CollisionGradient.allCases.flatMap { form in precisions.map { (form, $0) } })
    func everyRouteHasTheSameGradients(shape: Shape, form: (CollisionGradient, (Precision, Double))) {
        let (gradient, products) = form
        let (n, d) = (shape.length, shape.width)
        let (head, query, key) = hashed(n, width: d, bits: shape.bits, hashes: shape.hashes, pool)
        let (value, dSums) = (drawn(n, d, "values", pool), drawn(n, d, "gradient", pool))
        let delta = drawn(1, n, "delta", pool)
        let (dQuery, dKey) = naiveGradients(head, gradient, query, key, value, dSums, delta)
        let shares = shares(head)
        let dValue = naiveSums((0..<n).map { j in shares.map { $0[j] } }, dSums)
        for route in YosoRoute.allCases {
            let (q, k) = (PackedRows(like: query.matrix, pool), PackedRows(like: key.matrix, pool))
            let v = PackedRows(like: value.matrix, pool)
            let parts = [query, key, value, dSums].map { PackedRows($0.matrix, pool) }
            head.writeGradients(
                PairRows(query: parts[0], key: parts[1], value: parts[2]), gradient, parts[3], delta,
                into: PairRows(query: q, key: k, value: v), by: route, Products(products.0, from: pool))
            // What has no tables enumerates.
            let isNarrow = parts[1].narrowed(for: Products(products.0, from: pool)) != nil
            let most = route == .dense || isNarrow ? 10 * products.1 : 1e-5
            #expect(distance(plain(q.matrix), dQuery) < most, "\(route)")
            #expect(distance(plain(k.matrix), dKey) < most, "\(route)")
            #expect(distance(plain(v.matrix), dValue) < most, "\(route)")
        }
    }

    private func plain(_ matrix: Matrix) -> [Float] {
        (0..<matrix.rows).flatMap { row in (0..<matrix.columns).map { matrix[row, $0] } }
    }

    private func naiveGradients(
        _ head: HashedHead, _ gradient: CollisionGradient, _ query: Tensor, _ key: Tensor, _ value: Tensor,
        _ dSums: Tensor, _ delta: Tensor
    ) -> ([Float], [Float]) {
        let (n, d, bits) = (head.length, query.columns, Double(head.bits))
        let (q, k, v, g, shifts) = (query.values, key.values, value.values, dSums.values, delta.values)
        func dot(_ a: [Float], _ i: Int, _ b: [Float], _ j: Int) -> Double {
            (0..<d).reduce(0) { $0 + Double(a[i * d + $1]) * Double(b[j * d + $1]) }
        }
        var (dQuery, dKey) = ([Double](repeating: 0, count: n * d), [Double](repeating: 0, count: n * d))
        for (i, row) in shares(head).enumerated() {
            for (j, share) in row.enumerated() where share > 0 {
                let x = min(max(dot(q, i, k, j), -1 + 1e-6), 1 - 1e-6)
                let slope =
                    gradient == .lowerBound ? bits / 2 : bits / ((Double.pi - acos(x)) * (1 - x * x).squareRoot())
                let weight = (dot(g, i, v, j) - Double(shifts[i])) * share * slope
                for c in 0..<d {
                    dQuery[i * d + c] += weight * Double(k[j * d + c])
                    dKey[j * d + c] += weight * Double(q[i * d + c])
                }
            }
        }
        return (dQuery.map { Float($0) }, dKey.map { Float($0) })
    }

    @Test func theMassIsTheRowsSum() {
        let head = hashed(60, width: 32, bits: 4, hashes: 5, pool).head
        let mass = pool.tensor(1, 60)
        head.writeMass(mass, pool)
        #expect(distance(mass.values, shares(head).map { Float($0.reduce(0, +)) }) < 1e-6)
    }

    @Test func collisionsAreCounted() {
        let head = hashed(60, width: 32, bits: 4, hashes: 5, pool).head
        let expected = shares(head).joined().reduce(0) { $0 + 5 * $1 }
        #expect(head.collisions(ofHashes: head.hashes, pool) == Int(expected.rounded()))
    }

    /// Rows that are gathered as bf16 numbers are those numbers, and all else is as with rows of float32.
    @Test(arguments: [32, 64, 96, 128], [false, true])
    func narrowRowsAreRoundedAndNothingElse(width: Int, isConditional: Bool) {
        let (head, query, key) = hashed(301, width: width, bits: 5, hashes: 12, pool)
        let (value, dSums) = (drawn(301, width, "values", pool), drawn(301, width, "gradient", pool))
        for rows in [key, value] { rows.roundToBFloat16() }
        let delta = drawn(1, 301, "delta", pool)
        let law =
            isConditional
            ? PairLaw(kernelBits: 16, gradient: .exact, selection: PairSelection(hashes: 12, hashBits: 5)) : nil
        let sampled = SampledHead(hashed: head, law: law)
        let parts = [query, key, value, dSums].map { PackedRows($0.matrix, pool) }
        let rows = PairRows(query: parts[0], key: parts[1], value: parts[2])
        let results = [Precision.fp32, .bf16].map { precision in
            let products = Products(precision, from: pool)
            #expect((parts[1].narrowed(for: products) != nil) == (precision == .bf16))
            let (sums, mass) = (pool.tensor(301, width), pool.zeros(1, 301))
            if law == nil {
                head.sums(of: value.matrix, into: sums.matrix, by: .collisions, products)
            } else {
                _ = sampled.sum(rows, into: sums.matrix, mass: mass, by: .collisions, products, pool)
            }
            let gradient = (0..<3).map { PackedRows(like: parts[$0].matrix, pool) }
            sampled.writeGradients(
                rows, parts[3], delta, YosoOptions(gradient: .exact),
                into: PairRows(query: gradient[0], key: gradient[1], value: gradient[2]), by: .collisions, products,
                pool)
            return [sums.values, mass.values] + gradient.map { plain($0.matrix) }
        }
        // Whether a product is fused with its sum is the compiler's affair; a number rounded once more is off by 1e-3.
        for (wide, narrow) in zip(results[0], results[1]) { #expect(distance(wide, narrow) < 3e-6) }
        #expect(results[0][0].contains { $0 != 0 } && results[0][2].contains { $0 != 0 })
    }

    @Test func rowsThatDoNotFillWordsStayWide() {
        for width in [8, 16, 48, 80] {
            #expect(PackedRows(pool.zeros(3, width).matrix, pool).narrowed(for: Products(.bf16, from: pool)) == nil)
        }
    }

    /// Numbers of queries that remember a token begin anew after 65,535.
    @Test func moreQueriesThanNumbersMeetEveryTokenOnce() {
        let (n, bits) = (65_540, 16)
        // The first five and the last five are pairs, and all others alone in their buckets.
        let codes = IntegerVector<UInt16>(2 * n, from: pool)
        codes.withPointer { for index in 0..<2 * n { $0[index] = UInt16(index % n % 65_535) } }
        let head = HashedHead(length: n, bits: bits, hashes: 2, queries: codes, keys: codes)
        let rows = PackedRows(pool.zeros(n, 16).matrix, pool)
        let (sums, mass) = (pool.tensor(n, 16), pool.tensor(1, n))
        let law = PairLaw(kernelBits: 16, gradient: .exact, selection: PairSelection(hashes: 2, hashBits: 16))
        let met = head.sumSelected(
            PairRows(query: rows, key: rows, value: rows), law, into: sums.matrix, mass: mass,
            Products(.fp32, from: pool))
        #expect(met == n + 10)
    }

    /// All routes agree, and every 512th query with the plain loops.
    @Test func routesAgreeAtLength4097() {
        let (n, d, bits) = (4097, 16, 12)
        let (head, query, key) = hashed(n, width: d, bits: bits, hashes: 4, pool)
        let (value, dSums) = (drawn(n, d, "values", pool), drawn(n, d, "gradient", pool))
        let some = Array(stride(from: 0, to: n, by: 512))
        let shares = shares(head, of: some)
        #expect(shares.allSatisfy { $0.contains { $0 > 0 } })
        let expectedSums = naiveSums(shares, value)
        // B_ij (g_i · v_j) τ / 2 in the place of B_ij.
        let (v, g) = (value.values, dSums.values)
        let weights = zip(some, shares).map { i, row in
            row.enumerated().map { j, share in
                guard share > 0 else { return 0.0 }
                return share * Double(bits) / 2
                    * (0..<d).reduce(0) { $0 + Double(g[i * d + $1]) * Double(v[j * d + $1]) }
            }
        }
        let expectedGradient = naiveSums(weights, key)
        let parts = [query, key, value, dSums].map { PackedRows($0.matrix, pool) }
        let results = YosoRoute.allCases.map { route in
            let sums = pool.tensor(n, d)
            head.sums(of: value.matrix, into: sums.matrix, by: route, Products(.fp32, from: pool))
            let (q, k) = (PackedRows(like: query.matrix, pool), PackedRows(like: key.matrix, pool))
            let v = PackedRows(like: value.matrix, pool)
            head.writeGradients(
                PairRows(query: parts[0], key: parts[1], value: parts[2]), .lowerBound, parts[3], pool.zeros(1, n),
                into: PairRows(query: q, key: k, value: v), by: route, Products(.fp32, from: pool))
            return [sums.values, plain(q.matrix), plain(k.matrix), plain(v.matrix)]
        }
        for result in results {
            for (one, other) in zip(result, results[0]) { #expect(distance(one, other) < 1e-5) }
            for (values, expected) in zip(result, [expectedSums, expectedGradient]) {
                #expect(distance(some.flatMap { values[$0 * d..<($0 + 1) * d] }, expected) < 1e-5)
            }
        }
    }
}
