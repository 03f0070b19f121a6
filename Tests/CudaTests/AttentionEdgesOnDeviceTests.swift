import Attention
import Autograd
import Cuda
import Tensors
import Testing

/// Attentions of widths, lengths and numbers that other models have, beside those of every kind.
extension OnDevice.AttentionTests {
    private static func kind(_ choice: AttentionChoice, _ rows: Rows = .random, dropout: Float = 0) -> Kind {
        Kind(testDescription: "", choice: choice, dropout: dropout, rows: rows)
    }

    /// Whose tiles are smaller, and do not stay in registers.
    @Test(arguments: [
        kind(.softmax, dropout: 0.2), kind(.normalizedSoftmax), kind(AttentionChoice(LocalOptions(window: 30))),
        kind(AttentionChoice(LinearOptions())), kind(AttentionChoice(NystromOptions(landmarks: 16))),
        kind(.yosoExpectation(.init(bits: 9, gradient: .exact, normalization: .mass))),
        kind(.yoso(.init(hashes: 12, bits: 5, gradient: .exact, normalization: .mass))),
        kind(.yoso(.init(hashes: 12, bits: 5, estimator: .conditional, kernelBits: 9))),
        kind(.yoso(.init(hashes: 4, bits: 8, hash: .gaussian))),
        kind(.yoso(.init(hashes: 4, bits: nil, estimator: .conditional, kernelBits: 9, pairs: 16))),
    ])
    func wideHeads(_ kind: Kind) throws {
        for precision in [Precision.fp32, .bf16] { try compare(kind, [70, 131, 1], 128, precision) }
    }

    /// Of a long sequence a window sees the first tile, and then tiles that are not the next ones.
    @Test(arguments: [1, 30, 100]) func windowsPassOverTiles(window: Int) throws {
        for precision in [Precision.fp32, .bf16] {
            try compare(Self.kind(AttentionChoice(LocalOptions(window: window))), [600, 31], 32, precision)
        }
    }

    /// More than a warp has lanes, and than a tile of products has rows.
    @Test(arguments: [40, 80]) func manyLandmarks(count: Int) throws {
        for precision in [Precision.fp32, .bf16] {
            try compare(Self.kind(AttentionChoice(NystromOptions(landmarks: count))), [200, 63], 32, precision)
        }
    }

    /// A row of zeros has no direction: it is one key of all, and its gradient is zero.
    @Test(arguments: [
        kind(.normalizedSoftmax, .withZeros), kind(AttentionChoice(LinearOptions()), .withZeros),
        kind(.yosoExpectation(.init(bits: 9)), .withZeros),
        kind(.yosoExpectation(.init(bits: 9, gradient: .exact, normalization: .mass)), .withZeros),
        kind(.yoso(.init(hashes: 12, bits: 5)), .withZeros),
        kind(
            .yoso(.init(hashes: 12, bits: 5, gradient: .exact, estimator: .conditional, normalization: .mass)),
            .withZeros),
        kind(.yoso(.init(hashes: 4, bits: nil, estimator: .conditional, kernelBits: 9, pairs: 16)), .withZeros),
    ])
    func rowsOfZeros(_ kind: Kind) throws {
        for precision in [Precision.fp32, .bf16] { try compare(kind, [70, 31], 32, precision) }
    }

    /// A later tile raises the maximum by so much that what was added up before counts anew.
    @Test func laterScoresAreLarger() throws {
        for precision in [Precision.fp32, .bf16] {
            try compare(Self.kind(.softmax, .steep), [200, 140], 64, precision)
            try compare(Self.kind(AttentionChoice(LocalOptions(window: 90)), .steep), [200, 140], 64, precision)
        }
    }

    /// Powers of such scores are zero, and those of rows beyond a sequence infinite beside them.
    @Test func allScoresAreFarBelowZero() throws {
        for precision in [Precision.fp32, .bf16] {
            for lengths in [[31, 20], [200, 140]] {
                try compare(Self.kind(.softmax, .opposite), lengths, 64, precision)
                try compare(Self.kind(AttentionChoice(LocalOptions(window: 90)), .opposite), lengths, 64, precision)
            }
        }
    }

    /// Their sums are zeros, and so are their gradients.
    @Test(arguments: [YosoNormalization.l2, .mass], [6, 12])
    func queriesThatMeetNothing(_ normalization: YosoNormalization, bits: Int) throws {
        for precision in [Precision.fp32, .bf16] {
            let kind = Self.kind(.yoso(.init(hashes: 2, bits: bits, normalization: normalization)))
            try compare(kind, [40, 5], 32, precision)
        }
    }

    /// Of so many bits that a sort takes several turns.
    @Test func longCodes() throws {
        for precision in [Precision.fp32, .bf16] {
            try compare(Self.kind(.yoso(.init(hashes: 3, bits: 15, hash: .gaussian))), [300, 31], 32, precision)
            try compare(Self.kind(.yoso(.init(hashes: 2, bits: 16)), .steep), [300, 31], 32, precision)
        }
    }
}
