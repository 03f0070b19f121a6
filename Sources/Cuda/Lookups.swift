/// The rows that looked up each id of some tables, in order and in pieces that blocks of a GPU add up.
struct Lookups {
    /// Rows by id, and of one id ascending; of one table behind the other.
    private(set) var order: [Int32] = []
    /// {id, first, last, slot}: places in the order; the slot of partial sums, or -1 where the id has no other piece.
    private(set) var pieces: [Int32] = []
    /// {id, first slot, count, table} of ids with several pieces.
    private(set) var groups: [Int32] = []
    private(set) var slots = 0
    /// The first piece of every table.
    private(set) var firsts: [Int] = []
    private let pieceRows: Int32

    init(pieceRows: Int) { self.pieceRows = Int32(pieceRows) }

    /// Those of one more table.
    ///
    /// - Parameter counts: zeros before and after, so that no step goes through all rows of a table.
    mutating func add(_ ids: [Int32], rows: Int, _ counts: inout [Int32]) {
        if counts.count < rows { counts = Array(repeating: 0, count: rows) }
        let table = Int32(firsts.count)
        firsts.append(pieces.count / 4)
        var met: [Int32] = []
        for id in ids {
            if counts[Int(id)] == 0 { met.append(id) }
            counts[Int(id)] += 1
        }
        var first = Int32(order.count)
        order.append(contentsOf: repeatElement(0, count: ids.count))
        pieces.reserveCapacity(pieces.count + 4 * met.count)
        for id in met {
            let last = first + counts[Int(id)]
            counts[Int(id)] = first
            let count = (last - first + pieceRows - 1) / pieceRows
            for piece in 0..<count {
                let start = first + piece * pieceRows
                pieces.append(id)
                pieces.append(start)
                pieces.append(min(start + pieceRows, last))
                pieces.append(count == 1 ? -1 : Int32(slots) + piece)
            }
            if count > 1 {
                groups += [id, Int32(slots), count, table]
                slots += Int(count)
            }
            first = last
        }
        for (row, id) in ids.enumerated() {
            order[Int(counts[Int(id)])] = Int32(row)
            counts[Int(id)] += 1
        }
        for id in met { counts[Int(id)] = 0 }
    }
}
