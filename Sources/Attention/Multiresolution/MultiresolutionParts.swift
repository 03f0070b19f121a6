import CKernels
import Tensors

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What MRA-2 makes of one sequence and head, made alike in forward and backward.
///
/// Exponents are taken less a row's maximum, which cancels in the quotient; a column of ones beside V carries the
/// denominator through the same products.
struct MultiresolutionParts {
    let attention: MultiresolutionAttention
    let slices: HeadSlices
    let pool: StoragePool
    let segments: Segments
    /// Means of queries and keys, [blocks, d].
    let query: Tensor
    let key: Tensor
    /// V and ones, [n, d + 1], and their sums over blocks.
    let value: Tensor
    let blockValue: Tensor
    /// exp(μ - the row's maximum) where a block is not computed exactly, zero elsewhere, [blocks, blocks].
    let coarse: Tensor
    /// coarse · blockValue, [blocks, d + 1].
    let coarseSums: Tensor
    private let maxima: [Float]
    private let exact: [[Int]]

    init(_ attention: MultiresolutionAttention, _ slices: HeadSlices, _ pool: StoragePool) {
        (self.attention, self.slices, self.pool) = (attention, slices, pool)
        let length = MultiresolutionAttention.blockLength
        segments = Segments(slices.query.rows, (slices.query.rows + length - 1) / length)
        query = segments.means(of: slices.query, pool)
        key = segments.means(of: slices.key, pool)
        let width = slices.value.columns
        value = pool.tensor(slices.value.rows, width + 1)
        value.fill(1)
        copyRows(slices.value, into: value.matrix.columns(0, width))
        blockValue = segments.sums(of: value.matrix, pool)
        let count = segments.count
        coarse = pool.tensor(count, count)
        multiply(query.matrix, key.matrix.transposed, into: coarse.matrix, scale: attention.scale)
        exact = Self.largest(coarse, attention.blocks)
        maxima = Self.exponentiate(coarse, exact, isSparse: attention.isSparse)
        coarseSums = pool.tensor(count, width + 1)
        multiply(coarse.matrix, blockValue.matrix, into: coarseSums.matrix)
    }

    /// The blocks of each row that are computed exactly: its own, and the largest of all, ties to the first.
    static func largest(_ logits: Tensor, _ perRow: Int) -> [[Int]] {
        let count = logits.rows
        // What is no number is not the largest.
        var values = logits.values.map { $0.isNaN ? -.infinity : $0 }
        for block in 0..<count { values[block * count + block] = -.infinity }
        var places = min(count * (perRow - 1), count * (count - 1))
        var rows = (0..<count).map { [$0] }
        guard places > 0 else { return rows }
        let least = largest(places, of: values)
        places -= values.count { $0 > least }
        for (index, value) in values.enumerated() where value >= least && index / count != index % count {
            if value == least {
                guard places > 0 else { continue }
                places -= 1
            }
            rows[index / count].append(index % count)
        }
        return rows.map { $0.sorted() }
    }

    /// The value at place `place`, from 1, of `values` from the largest down: in linear time (Hoare 1961).
    private static func largest(_ place: Int, of values: [Float]) -> Float {
        var (rest, place) = (values, place)
        while true {
            // The median of three: blocks near one another are alike.
            let pivot = [rest[0], rest[rest.count / 2], rest[rest.count - 1]].sorted()[1]
            let (above, equal) = (rest.count { $0 > pivot }, rest.count { $0 == pivot })
            if place <= above {
                rest = rest.filter { $0 > pivot }
            } else if place <= above + equal {
                return pivot
            } else {
                rest = rest.filter { $0 < pivot }
                place -= above + equal
            }
        }
    }

    /// Leaves exp(μ - maximum) of what is not exact; returns the maxima.
    private static func exponentiate(_ logits: Tensor, _ exact: [[Int]], isSparse: Bool) -> [Float] {
        exact.enumerated().map { row, columns in
            let logits = logits.rows(row..<row + 1)
            var values = logits.values
            for column in isSparse ? Array(values.indices) : columns { values[column] = -.infinity }
            let maximum = values.max() ?? -.infinity
            logits.copy(from: values.map { $0 == -.infinity ? 0 : exp($0 - maximum) })
            return maximum
        }
    }

    /// Queries of one block and the keys that they meet exactly.
    struct Block {
        let index: Int
        let rows: Range<Int>
        let keys: [Range<Int>]
        /// exp(scores - a query's maximum), [queries, keys].
        let weights: Tensor
        /// exp(the coarse maximum - a query's maximum), [1, queries].
        let coarseFactors: Tensor
    }

    func eachBlock(_ body: (Block) -> Void) {
        for index in 0..<segments.count {
            let rows = segments.rows(index)
            let keys = exact[index].map(segments.rows)
            let weights = pool.tensor(rows.count, keys.reduce(0) { $0 + $1.count })
            let queries = slices.query.rows(rows.lowerBound, rows.count)
            eachKeys(keys) { column, keys in
                multiply(
                    queries, slices.key.rows(keys.lowerBound, keys.count).transposed,
                    into: weights.matrix.columns(column, keys.count), scale: attention.scale)
            }
            let factors = pool.tensor(1, rows.count)
            withPointers(weights.matrix, factors) { ck_exponentiate_rows(maxima[index], $0, $1) }
            body(Block(index: index, rows: rows, keys: keys, weights: weights, coarseFactors: factors))
        }
    }

    /// Visits the parts of a block's keys with the column that each starts at.
    func eachKeys(_ keys: [Range<Int>], _ body: (_ column: Int, _ keys: Range<Int>) -> Void) {
        var column = 0
        for part in keys {
            body(column, part)
            column += part.count
        }
    }

    /// Numerators and denominators of a block's queries, [queries, d + 1].
    func sums(_ block: Block) -> Tensor {
        let sums = pool.tensor(block.rows.count, value.columns)
        multiply(block.coarseFactors.matrix.transposed, coarseSums.matrix.rows(block.index, 1), into: sums.matrix)
        eachKeys(block.keys) { column, keys in
            multiply(
                block.weights.matrix.columns(column, keys.count), value.matrix.rows(keys.lowerBound, keys.count),
                into: sums.matrix, accumulate: true)
        }
        return sums
    }
}
