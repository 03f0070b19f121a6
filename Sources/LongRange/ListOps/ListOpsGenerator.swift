import Corpora

/// Expressions by the grammar of the release's generator (lra_benchmarks/data/listops.py): a quarter of the places above the
/// deepest level are operations of two to ten values, all four alike; lengths that are not wanted are drawn again.
public struct ListOpsGenerator {
    /// Levels, of which the last has digits alone.
    public var depth = 10
    /// Most values of an operation.
    public var values = 10
    /// Lengths in words that are taken; the release takes those between 500 and 2,000, both left out.
    public var lengths = 501...1999

    private static let operationShare = 0.25
    private var random: RandomSequence

    public init(seed: UInt64) { random = RandomSequence(seed, 0x6C69_7374) }

    /// The next expression; the same ones for the same seed.
    public mutating func next() -> ListOpsExpression {
        while true {
            let expression = draw(level: 1)
            if lengths.contains(expression.count) { return expression }
        }
    }

    private mutating func draw(level: Int) -> ListOpsExpression {
        guard level < depth, random.uniform() <= Self.operationShare else { return .digit(random.below(10)) }
        let count = 2 + random.below(values - 1)
        let parts = (0..<count).map { _ in draw(level: level + 1) }
        let operations = ListOpsExpression.Operation.allCases
        return .operation(operations[random.below(operations.count)], parts)
    }
}
