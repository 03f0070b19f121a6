import Bert

/// Floating-point operations of a step, by the products of the model alone: 2 m n k each, backward twice forward.
///
/// Recomputation, norms and activations are not counted, so a share of peak by this count is a lower bound.
public struct FloatingPointWork: Sendable {
    private let options: EncoderOptions

    public init(_ options: EncoderOptions) { self.options = options }

    /// Forward and backward over sequences of these lengths with `masked` predicted tokens in all.
    public func pretrainingStep(lengths: [Int], masked: Int) -> Double {
        let (width, vocabulary) = (Double(options.width), Double(options.vocabulary))
        let head = 2 * Double(masked) * width * (width + vocabulary)
        return 3 * (encoder(lengths: lengths) + head)
    }

    /// Forward and backward over sequences of these lengths.
    public func step(lengths: [Int]) -> Double { 3 * encoder(lengths: lengths) }

    /// The encoder's forward.
    private func encoder(lengths: [Int]) -> Double {
        let (width, intermediate) = (Double(options.width), Double(options.intermediate))
        let token = 2 * width * (4 * width + 2 * intermediate)
        let sequences = lengths.reduce(0.0) { $0 + Double($1) * (token + 4 * Double($1) * width) }
        return Double(options.layers) * sequences
    }
}
