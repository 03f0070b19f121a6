import CKernels
import Tensors

/// y[i] = word[id[i]] + position[position[i]] + segment[segment[i]]  (Devlin et al. 2019, section 3)
public struct EmbeddingSum: Sendable {
    let words: Parameter
    let positions: Parameter
    let segments: Parameter

    /// Tables `words` [vocabulary, width], `positions` [positions, width], `segments` [segments, width].
    public init(words: Parameter, positions: Parameter, segments: Parameter) {
        self.words = words
        self.positions = positions
        self.segments = segments
    }

    /// - Precondition: every id lies inside its table, and there are equally many of all three.
    public func callAsFunction(_ ids: [Int32], _ positionIds: [Int32], _ segmentIds: [Int32], _ tape: Tape) -> Variable
    {
        let tables = [(words, ids), (positions, positionIds), (segments, segmentIds)]
        precondition(
            positionIds.count == ids.count && segmentIds.count == ids.count, "ids of different numbers of rows")
        for (table, ids) in tables {
            precondition(ids.allSatisfy { $0 >= 0 && $0 < table.rows }, "an id outside of \(table.name)")
        }
        if let machine = tape.machine { return embed(tables, tape, on: machine) }
        let y = tape.pool.tensor(ids.count, words.columns)
        tape.team.cut(y.rows, weighing: y.columns) { part in
            let (rows, columns) = (Int64(part.count), Int64(y.columns))
            withPointers(tape[words], tape[positions], tape[segments], y.rows(part)) { words, positions, segments, y in
                ck_gather(rows, columns, Array(ids[part]), words, y)
                ck_gather_add(rows, columns, Array(positionIds[part]), positions, y)
                ck_gather_add(rows, columns, Array(segmentIds[part]), segments, y)
            }
        }
        return tape.record(y, EmbeddingLookup(tables: tables))
    }
}

extension EmbeddingSum {
    private func embed(_ tables: [(Parameter, [Int32])], _ tape: Tape, on machine: any Machine) -> Variable {
        let y = machine.activation(tables[0].1.count, words.columns)
        machine.embed(tables.map { (tape[$0], $1) }, into: y)
        return tape.record(
            y,
            DeviceOperation(.embeddings) { d, gradients in
                var sums: [(table: Tensor, ids: [Int32])] = []
                for (table, ids) in tables { gradients.add(to: table) { sums.append(($0, ids)) } }
                machine.addLookups(d, to: sums)
            })
    }
}

private struct EmbeddingLookup: TapedOperation {
    var phase: Phase { .embeddings }
    let tables: [(Parameter, [Int32])]

    /// dtable[id[i]] += dy[i], for each table
    func backward(_ dOutput: Tensor, _ gradients: Gradients) {
        for (table, ids) in tables {
            gradients.ofParameters.addLookups(of: ids, to: table) { sum in
                gradients.team.scatter(dOutput, ids, to: sum)
            }
        }
    }
}
