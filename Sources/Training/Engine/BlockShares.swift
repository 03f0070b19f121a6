import Autograd
import Communication
import Tensors

/// Which parts of the block of all parameters each rank sums and updates, and what moves between ranks for it (Rajbhandari et al.
/// 2020, ZeRO, stage 1: the moments of a part are with its rank alone).
struct BlockShares {
    let ranks: any Communicator
    /// Indices of parts that this rank has.
    let parts: Range<Int>
    /// In floats, by rank.
    private let ranges: [Range<Int>]

    init(_ chunks: [ParameterChunk], _ ranks: any Communicator) {
        self.ranks = ranks
        parts = ranks.share(of: chunks.count, to: ranks.rank)
        ranges = (0..<ranks.size).map { rank in
            let parts = ranks.share(of: chunks.count, to: rank)
            guard let first = chunks[parts].first, let last = chunks[parts].last else { return 0..<0 }
            return first.range.lowerBound..<last.range.upperBound
        }
    }

    /// Of the block, what this rank has.
    var own: Range<Int> { ranges[ranks.rank] }

    /// The other ranks, from the next one on, so that not all send to one.
    private var others: [Int] { (1..<ranks.size).map { (ranks.rank + $0) % ranks.size } }

    /// Gives every rank's part of `block` to all of the others.
    func spread(_ block: Tensor) {
        ranks.exchange(
            sending: others.map { Message($0, block.row(0, own)) },
            receiving: others.map { Message($0, block.row(0, ranges[$0])) })
    }

    /// Brings what the ranks have of a block, [1, `own.count`], together in that of the first rank.
    func collect(_ part: Tensor, into whole: Tensor?) {
        guard let whole else { return ranks.exchange(sending: [Message(0, part)], receiving: []) }
        whole.row(0, own).copy(from: part.values)
        ranks.exchange(sending: [], receiving: others.map { Message($0, whole.row(0, ranges[$0])) })
    }

    /// Gives every rank its part of a block of the first rank's.
    func deal(_ whole: Tensor?, into part: Tensor) {
        guard let whole else { return ranks.exchange(sending: [], receiving: [Message(0, part)]) }
        part.copy(from: whole.row(0, own).values)
        ranks.exchange(sending: others.map { Message($0, whole.row(0, ranges[$0])) }, receiving: [])
    }

    /// Sends every rank its part of `blocks`, and takes this rank's part of all that others have into `incoming`, by rank.
    func swap(_ blocks: [Tensor], into incoming: [[Tensor]]) {
        ranks.exchange(
            sending: others.flatMap { rank in blocks.map { Message(rank, $0.row(0, ranges[rank])) } },
            receiving: others.flatMap { rank in incoming[rank].map { Message(rank, $0) } })
    }
}

extension Message {
    /// The numbers of `tensor`, which must live until the message has arrived.
    fileprivate init(_ rank: Int, _ tensor: Tensor) {
        self.init(rank, tensor.withBuffer { UnsafeMutableRawBufferPointer($0) })
    }
}
