import Autograd
import Options

/// How the layers of a pretrained encoder are treated in fine-tuning.
public struct LayerOptions: Configurable {
    /// The rate's factor from a layer to the one below it: decay^(depth below the head) (Howard & Ruder 2018, section 3.2;
    /// ELECTRA's code has one factor more between the head and the highest block); 1 for one rate.
    public var rateDecay: Float = 1
    /// So many blocks from below, and the embeddings, stay as they are; 0 for none of them.
    public var frozen: Int = 0
    /// So many blocks from above, and the pooler, begin with random weights (Zhang et al. 2021, "Revisiting few-sample
    /// BERT fine-tuning", section 5).
    public var fresh: Int = 0

    public init() {}

    public static var options: [Option<Self>] {
        Option("rateDecay", \.rateDecay, 0.01...1, "factor of the learning rate from each block to the one below it")
        Option("frozen", \.frozen, 0...1000, "lowest blocks that stay as they are, with the embeddings; 0 for none")
        Option("fresh", \.fresh, 0...1000, "highest blocks that begin with random weights")
    }

    /// The factor of the rate of a parameter of an encoder of `layers` blocks.
    func rate(of parameter: Parameter, layers: Int) -> Float {
        let depth = Self.depth(of: parameter, layers: layers)
        if frozen > 0, depth <= frozen { return 0 }
        return (depth..<layers + 1).reduce(1) { rate, _ in rate * rateDecay }
    }

    /// Whether a parameter begins with random weights though the folder has it.
    func isFresh(_ parameter: Parameter, layers: Int) -> Bool {
        fresh > 0 && Self.depth(of: parameter, layers: layers) > layers - fresh
    }

    /// 0 for the embeddings, 1 ... layers for the blocks, layers + 1 for what stands on them.
    private static func depth(of parameter: Parameter, layers: Int) -> Int {
        switch parameter.part {
        case .embeddings: 0
        case .block(let index): index + 1
        case .head: layers + 1
        }
    }
}
