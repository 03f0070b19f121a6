import Tensors

/// A named range of the flat parameter block: what a layer holds instead of weights, so that layers are plain values
/// and one block serves every worker.
public struct Parameter: Sendable, Hashable {
    /// The Hugging Face name, for example `bert.encoder.layer.0.output.dense.weight`; for stacked parameters the first.
    public let name: String
    /// The shape in a checkpoint: [out, in] for a weight, [n] for a bias.
    public let shape: [Int]
    /// Where the range starts in the block, in floats.
    public let offset: Int
    public let initialization: Initialization
    /// Whether weight decay applies: not to biases and norms (Devlin et al. 2019, appendix A.2).
    public let decays: Bool
    /// How often a pass uses it in all.
    public let uses: Int

    public var count: Int { shape.reduce(1, *) }
    /// Rows of the parameter as a matrix; a vector is one row.
    public var rows: Int { shape.count == 1 ? 1 : shape[0] }
    public var columns: Int { count / max(1, rows) }
    public var range: Range<Int> { offset..<offset + count }

    /// How a fresh parameter is filled.
    public enum Initialization: Sendable, Hashable {
        /// The columns in which positions begin, and those in which words do.
        public enum Half: Sendable, Hashable {
            case first, second
        }

        case zeros
        case ones
        /// Normal with mean 0 and this standard deviation, in all columns, or in a half of them and zero in the other.
        case normal(Float, within: Half? = nil)
        /// Uniform between minus this and this.
        case uniform(Float)
        /// What `.normal` of this deviation within the first half gives the parameter called `name`, the rows in as many equal groups as there are
        /// offsets, each turned so that a row's product with the code of position p is the original's with the code of
        /// p + offset.
        case normalLike(name: String, Float, offsets: [Int])
        /// Row p is the code of position p, sin(ω p) and cos(ω p) at columns 2i and 2i + 1 of the first half, with this root mean
        /// square there, and zero in the other half (after
        /// Vaswani et al. 2017, section 3.5, whose frequencies are mostly too low to tell neighbours apart).
        case sinusoids(Float)
        /// To fewer columns: rows of the first half pick the codes of `.sinusoids` whose frequencies are those of so few columns,
        /// the others are normal mixtures of the second half, each of the mean square of a column.
        case narrowing
    }
}

extension Tensor {
    /// The part of this flat block that is `parameter`, as a matrix.
    public func view(of parameter: Parameter) -> Tensor {
        view(at: parameter.offset, rows: parameter.rows, columns: parameter.columns)
    }
}
