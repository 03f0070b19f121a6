/// An expression of ListOps (Nangia & Bowman 2018), as the Long Range Arena takes it: digits, and the largest, the smallest,
/// the median and the sum modulo 10 of some.
public indirect enum ListOpsExpression: Equatable, Sendable {
    case digit(Int)
    case operation(Operation, [ListOpsExpression])

    public enum Operation: String, CaseIterable, Sendable {
        case minimum = "[MIN"
        case maximum = "[MAX"
        case median = "[MED"
        case sum = "[SM"
    }

    /// Words of the language: ten digits, four operations, and the end of one.
    public static let words = (0...9).map(String.init) + Operation.allCases.map(\.rawValue) + ["]"]

    /// From 0 to 9. The median of an even number of values is the mean of the two in the middle, rounded down.
    public var value: Int {
        switch self {
        case .digit(let digit): return digit
        case .operation(let operation, let parts):
            let values = parts.map(\.value).sorted()
            switch operation {
            case .minimum: return values[0]
            case .maximum: return values[values.count - 1]
            case .median: return (values[(values.count - 1) / 2] + values[values.count / 2]) / 2
            case .sum: return values.reduce(0, +) % 10
            }
        }
    }

    /// Words in it, those of which a model reads.
    public var count: Int {
        switch self {
        case .digit: 1
        case .operation(_, let parts): parts.reduce(2) { $0 + $1.count }
        }
    }

    /// The expression in the release's spelling, whose parentheses say that an operation takes its values one by one:
    /// `( ( ( [MAX 1 ) 2 ) ] )`.
    public var source: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to text: inout String) {
        switch self {
        case .digit(let digit): text += "\(digit)"
        case .operation(let operation, let parts):
            text += String(repeating: "( ", count: parts.count + 1) + operation.rawValue
            for part in parts {
                text += " "
                part.write(to: &text)
                text += " )"
            }
            text += " ] )"
        }
    }
}
