import Autograd
import Tensors

/// `count` queries from `first` on, of one sequence and one head: the unit of work of a dense attention.
struct QueryTile {
    /// Which sequence of the layout.
    let index: Int
    /// The rows of that sequence, its keys.
    let sequence: Range<Int>
    /// The rows of its queries, among those that are asked.
    let queries: Range<Int>
    let head: Int
    let first: Int
    let count: Int

    var keys: Int { sequence.count }
    /// Whether an earlier tile of this sequence and head has written what keys and values gather.
    var accumulates: Bool { first > 0 }

    /// Scores kept at once: 192 KB of float32, so that a tile and its gradient stay in the L2 cache and scratch memory
    /// is linear in length.
    static let scores = 49_152

    /// Visits the tiles of one sequence and head.
    static func each(length: Int, _ body: (_ first: Int, _ count: Int) -> Void) {
        each(queries: length, keys: length, body)
    }

    static func each(queries: Int, keys: Int, _ body: (_ first: Int, _ count: Int) -> Void) {
        let step = max(16, scores / max(1, keys))
        for first in stride(from: 0, to: queries, by: step) { body(first, min(step, queries - first)) }
    }

    /// Visits every tile of every sequence and head, those of one in order, with what `prepare` makes once of the sequence and head.
    ///
    /// - Parameters:
    ///   - asked: the rows that are queries, as sequences of their own.
    ///   - whole: takes a sequence and head that `HeadKernel` serves, in the place of its tiles.
    static func each<Prepared>(
        of layout: BatchLayout, _ asked: BatchLayout, _ shape: HeadShape, _ products: Products,
        whole: (_ sequence: Int, _ head: Int, Products) -> Void,
        prepare: (_ sequence: Int, _ head: Int, Products) -> Prepared,
        body: (QueryTile, Prepared, Products) -> Void
    ) {
        shape.eachHead(layout, products) { index, sequence, head, products in
            if HeadKernel.serves(products, keys: sequence.count) { return whole(index, head, products) }
            let (prepared, queries) = (prepare(index, head, products), asked.rows(index))
            each(queries: queries.count, keys: sequence.count) { first, count in
                body(
                    QueryTile(
                        index: index, sequence: sequence, queries: queries, head: head, first: first, count: count),
                    prepared, products)
            }
        }
    }

    /// This tile's rows of a matrix with a row for each query of the sequence.
    func rows(_ matrix: Matrix) -> Matrix { matrix.rows(first, count) }
}

/// What every tile's gradient multiplies with, made ready once a sequence and head.
struct AttentionFactors {
    let query: Matrix
    let key: RightFactor
    let keyTransposed: RightFactor
    let valueTransposed: RightFactor

    init(_ slices: HeadSlices, _ products: Products) {
        query = slices.query
        key = products.right(slices.key)
        keyTransposed = products.right(slices.key.transposed)
        valueTransposed = products.right(slices.value.transposed)
    }
}
