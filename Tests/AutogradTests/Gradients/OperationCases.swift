import Autograd

extension GradientCase {
    /// Everything but attention.
    static let operations: [GradientCase] = [
        GradientCase("linear", [(5, 7)]) { layout in
            let (weight, bias) = layout.linear(from: 7, to: 4)
            return { $0[0].linear(weight, bias) }
        },
        GradientCase("linear, one input for two", [(5, 4)]) { layout in
            let (weight, bias) = layout.linear(from: 4, to: 4)
            return { $0[0].linear(weight, bias) + $0[0].linear(weight, bias).linear(weight, bias) }
        },
        GradientCase("feed-forward", [(25, 7)]) { layout in
            let (expand, contract) = (layout.linear(from: 7, to: 33), layout.linear("contract", from: 33, to: 4))
            return { $0[0].feedForward(expand, contract) }
        },
        GradientCase("gelu", [(6, 20)], spread: 4) { _ in { $0[0].gelu() } },
        GradientCase("gelu by tanh", [(6, 20)], spread: 4) { _ in { $0[0].gelu(.tanh) } },
        GradientCase("tanh", [(6, 20)], spread: 2) { _ in { $0[0].tanh() } },
        GradientCase("dropout", [(7, 13)]) { _ in
            { $0[0].dropout(0.3, BatchLayout(lengths: [1, 4, 2])) }
        },
        GradientCase("layer norm", [(5, 12)]) { layout in
            let norm = LayerNorm(layout.scope("norm"), width: 12, epsilon: 1e-12)
            return { norm($0[0]) }
        },
        GradientCase("layer norm, large epsilon", [(5, 12)]) { layout in
            let norm = LayerNorm(layout.scope("norm"), width: 12, epsilon: 0.5)
            return { norm($0[0]) }
        },
        GradientCase("residual and layer norm", [(6, 12), (6, 12)]) { layout in
            let norm = LayerNorm(layout.scope("norm"), width: 12, epsilon: 1e-12)
            return { norm($0[0], plus: $0[1], BatchLayout(lengths: [6])) }
        },
        GradientCase("residual, dropout and layer norm", [(6, 12), (6, 12)]) { layout in
            let norm = LayerNorm(layout.scope("norm"), width: 12, epsilon: 1e-12, dropout: 0.3)
            return { norm($0[0], plus: $0[1], BatchLayout(lengths: [1, 3, 2])) }
        },
        GradientCase("residual of an input with itself", [(6, 12)]) { layout in
            let norm = LayerNorm(layout.scope("norm"), width: 12, epsilon: 1e-12, dropout: 0.3)
            return { norm($0[0], plus: $0[0].gelu(), BatchLayout(lengths: [4, 2])) }
        },
        GradientCase("gather rows, some twice and some never", [(6, 5)]) { _ in
            { $0[0].gatherRows([3, 0, 3, 5, 3]) }
        },
        GradientCase("gather rows, twice from one input", [(6, 5)]) { _ in
            { $0[0].gatherRows([3, 0]) + $0[0].gatherRows([1, 3]) }
        },
        GradientCase("mean of the rows of sequences", [(7, 5)]) { _ in
            { $0[0].meanRows(BatchLayout(lengths: [1, 4, 2])) }
        },
        GradientCase("features of pairs", [(6, 5)]) { _ in { $0[0].pairFeatures() } },
        GradientCase("embedding sum", [(1, 1)]) { layout in
            let sum = EmbeddingSum(
                words: layout.scope("words").weight("weight", 9, 4, deviation: 1),
                positions: layout.scope("positions").weight("weight", 5, 4, deviation: 1),
                segments: layout.scope("segments").weight("weight", 2, 4, deviation: 1))
            // The input is only there to name the tape.
            return { sum([8, 0, 3, 3, 8], [0, 1, 2, 0, 1], [0, 0, 1, 0, 1], $0[0].tape) }
        },
        GradientCase("sum", [(3, 4), (3, 4)]) { _ in { $0[0] + $0[1] } },
        GradientCase("sum of an input with itself", [(3, 4)]) { _ in { $0[0] + $0[0] } },
        GradientCase("cross-entropy", [(5, 6)], spread: 3) { _ in
            { $0[0].crossEntropy([5, 0, 2, 2, 1], weight: 0.2).variable }
        },
        GradientCase("cross-entropy of smoothed labels", [(5, 6)], spread: 3) { _ in
            { $0[0].crossEntropy([5, 0, 2, 2, 1], weight: 0.2, smoothing: 0.3).variable }
        },
        GradientCase("binary cross-entropy", [(3, 4)], spread: 3) { _ in
            { $0[0].binaryCrossEntropy([[0, 3], [], [2]], weight: 0.2, smoothing: 0.1).variable }
        },
        GradientCase("squared error", [(5, 1)]) { _ in
            { $0[0].squaredError([0.5, -2, 3, 0, 1], weight: 0.2).variable }
        },
        GradientCase("tied cross-entropy, two chunks", [(390, 6)], step: 2e-2) { layout in
            let (embedding, bias) = layout.linear(from: 6, to: 9)
            return { $0[0].tiedCrossEntropy(embedding, bias, (0..<390).map { $0 * 7 % 9 }, weight: 1 / 39).variable }
        },
        GradientCase("tied cross-entropy of embedded words", [(1, 1)]) { layout in
            let (words, bias) = layout.linear(from: 4, to: 9)
            let sum = EmbeddingSum(
                words: words, positions: layout.scope("positions").weight("weight", 5, 4, deviation: 1),
                segments: layout.scope("segments").weight("weight", 2, 4, deviation: 1))
            return {
                sum([8, 0, 3], [0, 1, 2], [0, 0, 1], $0[0].tape).tiedCrossEntropy(
                    words, bias, [1, 8, 2], weight: 1 / 3
                )
                .variable
            }
        },
    ]
}

extension ParameterLayout {
    /// A weight [output, input] and a bias [output].
    fileprivate func linear(
        _ name: String = "linear", from input: Int, to output: Int
    ) -> (weight: Parameter, bias: Parameter) {
        let scope = scope(name)
        let weight = scope.multiplied(scope.weight("weight", output, input, deviation: 0.5))
        return (weight, scope.vector("bias", output))
    }
}
