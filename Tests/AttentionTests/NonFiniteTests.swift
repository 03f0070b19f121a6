import Autograd
import Tensors
import Testing

@testable import Attention

struct NonFiniteTests {
    private let pool = StoragePool()

    /// A sum that is no number is not one that is nothing: a diverged model must not pass for one that attends to nothing.
    @Test(arguments: [
        AttentionChoice.softmax, .yosoExpectation(YosoExpectationOptions { $0.normalization = .mass }),
        .init(LinearOptions()),
        .init(PerformerOptions()), .init(MultiresolutionOptions()), .init(FlowOptions()), .init(NystromOptions()),
    ])
    func aKeyThatIsNoNumberIsSeen(choice: AttentionChoice) {
        let (width, layout) = (8, BatchLayout(lengths: [40]))
        let parameters = ParameterLayout()
        let attention = choice.attention(heads: 1, headWidth: width, dropout: 0, parameters.scope("self"))
        let block = parameters.initialBlock(seed: 1, from: pool)
        let stream = RandomStream(seed: 4)
        var values = (0..<layout.tokens * 3 * width).map { Float(stream.word(UInt32($0))) / Float(1 << 30) - 2 }
        values[5 * 3 * width + width] = .nan
        let tape = Tape(
            parameters: block,
            mode: .training(
                gradients: ParameterGradients(pool.zeros(1, block.count)), random: RandomStream(seed: 3)), pool: pool)
        let output = attention(tape.variable(pool.tensor(layout.tokens, 3 * width, values)), layout)
        #expect(output.value.values.contains { $0.isNaN })
    }

    /// By a sort, ties to the first; what is no number last.
    @Test func theLargestBlocksAreThoseOfASort() {
        for (count, perRow, levels) in [(1, 4, 5), (2, 1, 5), (7, 3, 4), (30, 4, 6), (30, 4, 100_000), (5, 100, 3)] {
            let stream = RandomStream(seed: UInt64(count * levels))
            var values = (0..<count * count).map { Float(Int(stream.word(UInt32($0))) % levels) }
            if count == 30 { values[17] = .nan }
            let ranked = values.map { $0.isNaN ? -.infinity : $0 }
            let sorted = values.indices.filter { $0 / count != $0 % count }
                .sorted { (ranked[$0], $1) > (ranked[$1], $0) }
            var wanted = (0..<count).map { [$0] }
            for index in sorted.prefix(count * (perRow - 1)) { wanted[index / count].append(index % count) }
            #expect(
                MultiresolutionParts.largest(pool.tensor(count, count, values), perRow) == wanted.map { $0.sorted() })
        }
    }
}
