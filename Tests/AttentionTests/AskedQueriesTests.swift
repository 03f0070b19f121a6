import Autograd
import Tensors
import Testing

@testable import Attention

/// Who else is asked changes nothing of what a query is answered, dropped weights included.
struct AskedQueriesTests {
    private let pool = StoragePool()

    @Test(arguments: [
        AttentionChoice.softmax, .normalizedSoftmax, .yosoExpectation(YosoExpectationOptions()),
        .init(LinearOptions()),
    ])
    func answersAreThoseOfAll(choice: AttentionChoice) {
        let (heads, width) = (2, 8)
        let layout = BatchLayout(lengths: [3, 230, 1, 60], keys: [7, 1, 3, 2])
        let kept = RowSelection(layout, firstRowsAnd: [2, 5, 6, 231, 240, 293])
        let parameters = ParameterLayout()
        let attention = choice.attention(
            heads: heads, headWidth: width, dropout: 0.25, parameters.scope("self"))
        let block = parameters.initialBlock(seed: 1, from: pool)
        let columns = 3 * heads * width
        let stream = RandomStream(seed: 4)
        let values = (0..<layout.tokens * columns).map { Float(stream.word(UInt32($0))) / Float(1 << 30) - 2 }
        func output(_ body: (Variable) -> Variable) -> [Float] {
            let gradients = ParameterGradients(pool.zeros(1, block.count))
            let tape = Tape(
                parameters: block, mode: .training(gradients: gradients, random: RandomStream(seed: 3)), pool: pool)
            return body(tape.variable(pool.tensor(layout.tokens, columns, values))).value.values
        }
        let some = output { attention($0, layout, keeping: kept) }
        let all = output { attention($0, layout).gatherRows(kept.rows) }
        #expect(some.count == kept.rows.count * heads * width && some.count == all.count)
        #expect(zip(some, all).allSatisfy { abs($0 - $1) < 1e-5 })
    }
}
