import Autograd
import Tensors
import Testing

@testable import Attention

/// Rows of uniform numbers in ±1.
func drawn(_ rows: Int, _ columns: Int, _ name: String, _ pool: StoragePool) -> Tensor {
    let stream = RandomStream(seed: 11).stream(name)
    return pool.tensor(rows, columns, (0..<rows * columns).map { Float(2 * stream.uniform(UInt32($0)) - 1) })
}

/// The same with every row of length 1.
func drawnUnits(_ rows: Int, _ columns: Int, _ name: String, _ pool: StoragePool) -> Tensor {
    let tensor = drawn(rows, columns, name, pool)
    for row in 0..<rows {
        let values = tensor.view(at: row * columns, rows: 1, columns: columns)
        values.scale(by: 1 / values.values.reduce(0) { $0 + $1 * $1 }.squareRoot())
    }
    return tensor
}

/// |a - b| / |b| over all elements; |a| where b is zero.
func distance(_ a: [Float], _ b: [Float]) -> Double {
    #expect(a.count == b.count && !a.isEmpty)
    var (difference, size) = (0.0, 0.0)
    for (a, b) in zip(a, b) {
        difference += Double((a - b) * (a - b))
        size += Double(b * b)
    }
    return difference.squareRoot() / (size > 0 ? size.squareRoot() : 1)
}

/// Queries and keys of one sequence and head, hashed.
func hashed(
    _ length: Int, width: Int, bits: Int, hashes: Int, _ pool: StoragePool
) -> (head: HashedHead, query: Tensor, key: Tensor) {
    let (query, key) = (drawnUnits(length, width, "query", pool), drawnUnits(length, width, "key", pool))
    let function = HashFunction(
        .hadamard, bits: bits, hashes: hashes, width: width, RandomStream(seed: 3).stream("hash"), pool)
    return (HashedHead(function, queries: query.matrix, keys: key.matrix), query, key)
}
