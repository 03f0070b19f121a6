import CKernels
import Foundation
import Tensors
import Testing

@testable import Attention

/// A head whose pairs all weigh by their cosines, by the kernel for AVX2 or AVX-512, against its definition in float64: lengths and
/// widths at either side of where registers, panels and tiles end, and fewer queries than keys.
@Suite(.enabled(if: ["AVX2", "AVX-512"].contains(String(cString: ck_level())), "the kernel wants AVX2 or AVX-512"))
struct PairKernelTests {
    private let pool = StoragePool()

    struct Shape: Sendable, CustomTestStringConvertible {
        let queries, keys, width, values: Int
        var testDescription: String { "\(queries) queries, \(keys) keys, \(width) and \(values) columns" }
    }

    static let shapes =
        [1, 6, 12, 13, 16, 17, 33, 48, 49, 96, 97, 130].map { Shape(queries: $0, keys: $0, width: 24, values: 24) }
        + [
            Shape(queries: 1, keys: 97, width: 32, values: 32), Shape(queries: 50, keys: 481, width: 8, values: 8),
            Shape(queries: 480, keys: 480, width: 33, values: 33),
            Shape(queries: 100, keys: 961, width: 16, values: 16),
            Shape(queries: 20, keys: 60, width: 8, values: 40), Shape(queries: 20, keys: 60, width: 40, values: 8),
        ]

    static let laws = [
        PairLaw(kernelBits: 9, gradient: .lowerBound), PairLaw(kernelBits: 16, gradient: .exact),
        PairLaw(kernelBits: 16, gradient: .lowerBound, selection: PairSelection(hashes: 32, hashBits: 6)),
    ]

    @Test(arguments: shapes, [0, 1, 2]) func theKernelIsTheDefinition(shape: Shape, law index: Int) {
        let law = Self.laws[index]
        let (n, m, width) = (shape.queries, shape.keys, shape.width)
        let (query, key) = (drawnUnits(n, width, "queries", pool), drawnUnits(m, width, "keys", pool))
        let value = drawn(m, shape.values, "values", pool)
        let (g, delta) = (drawn(n, shape.values, "gradient", pool), drawn(1, n, "delta", pool))
        // What is not written is not zero by chance.
        func unwritten(_ rows: Int, _ columns: Int) -> Tensor {
            pool.tensor(rows, columns, Array(repeating: .nan, count: rows * columns))
        }
        let (sums, mass) = (unwritten(n, shape.values), unwritten(1, n))
        let (dQuery, dKey, dValue) = (unwritten(n, width), unwritten(m, width), unwritten(m, shape.values))
        let pairs = WeighedPairs(
            query: query.matrix, key: key.matrix, value: value.matrix, law: law, selected: nil,
            products: Products(.fp32, from: pool), pool: pool)
        #expect(HeadKernel.serves(pairs.products))
        #expect(pairs.sum(into: sums.matrix, mass: mass) == n * m)
        pairs.writeGradients(
            g.matrix, delta, into: HeadSlices(query: dQuery.matrix, key: dKey.matrix, value: dValue.matrix))

        func product(_ a: Tensor, transposed: Bool = false, _ b: Tensor) -> Tensor {
            let result = pool.tensor(transposed ? a.columns : a.rows, b.columns)
            let (x, y) = (a.values.map(Double.init), b.values.map(Double.init))
            for i in 0..<result.rows {
                for j in 0..<result.columns {
                    var sum = 0.0
                    for k in 0..<b.rows {
                        sum += x[transposed ? k * a.columns + i : i * a.columns + k] * y[k * b.columns + j]
                    }
                    result[i * result.columns + j] = Float(sum)
                }
            }
            return result
        }
        func transposed(_ a: Tensor) -> Tensor {
            pool.tensor(a.columns, a.rows, (0..<a.count).map { a[$0 % a.rows * a.columns + $0 / a.rows] })
        }
        let (weights, slopes) = (product(query, transposed(key)), product(g, transposed(value)))
        withPointers(delta, weights, slopes) { ck_pair_gradients(Int64(n), Int64(m), law.c, nil, $0, $1, $2) }
        let ones = pool.tensor(m, 1, Array(repeating: 1, count: m))
        for (name, ours, wanted) in [
            ("sums", sums, product(weights, value)), ("mass", mass, product(weights, ones)),
            ("dQuery", dQuery, product(slopes, key)), ("dKey", dKey, product(slopes, transposed: true, query)),
            ("dValue", dValue, product(weights, transposed: true, g)),
        ] { #expect(distance(ours.values, wanted.values) < 4e-6, "\(name)") }
    }
}
