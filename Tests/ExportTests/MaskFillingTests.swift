import Inference
import Testing

@Suite struct MaskFillingTests {
    /// softmax over every row of the embeddings, as training and `evaluate` have it, whether or not a row has a word.
    @Test func embeddingsWithoutAWordHaveTheirShare() throws {
        var shares: [Double] = []
        for more in [0, 64] {
            let checkpoint = try SmallCheckpoint(changing: { $0.vocabulary += more })
            let filling = try MaskFilling(checkpoint.model)
            let words = try filling.words(filling.encoded("a b [MASK] d"), atMost: 1000)[0]
            #expect(words.count == filling.tokenizer.vocabularySize)
            shares.append(words.reduce(0) { $0 + $1.probability })
        }
        #expect(abs(shares[0] - 1) < 1e-6)
        #expect(shares[1] > 0.05 && shares[1] < 0.95, "\(shares[1])")
    }
}
