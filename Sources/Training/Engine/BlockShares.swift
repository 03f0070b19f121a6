import Autograd
import Communication
import Tensors

/// Which parts of the block of all parameters each rank sums and updates, and what moves between ranks for it (Rajbhandari et al.
/// 2020, ZeRO, stage 1: the moments of a part are with its rank alone).
///
/// Every part goes to whoever has least by then, so that neighbours have different ranks: what backward is done with at one time
/// then goes to all of them.
///
/// Ranks of one circle see one another's memory: what they have in common is written by the one whose part it is, and a part of
/// another circle's by its keeper.
struct BlockShares {
    let ranks: any Communicator
    private let circles: [[Int]]
    /// That of this rank.
    let circle: [Int]
    /// By part.
    let ranges: [Range<Int>]
    /// The rank of every part.
    let owners: [Int]
    /// Indices of the parts that this rank has.
    let own: [Int]
    /// Where these are in a block of them alone.
    let places: [Range<Int>]

    init(_ chunks: [ParameterChunk], _ ranks: any Communicator) {
        self.ranks = ranks
        (circles, circle) = (ranks.circles, ranks.circle)
        ranges = chunks.map(\.range)
        var loads = Array(repeating: 0, count: ranks.size)
        owners = ranges.map { range in
            let rank = loads.indices.min { (loads[$0], $0) < (loads[$1], $1) } ?? 0
            loads[rank] += range.count
            return rank
        }
        own = owners.indices.filter { [owners] in owners[$0] == ranks.rank }
        var end = 0
        places = own.map { [ranges] part in
            defer { end += ranges[part].count }
            return end..<end + ranges[part].count
        }
    }

    /// Floats of this rank's parts.
    var count: Int { places.last?.upperBound ?? 0 }

    /// Whether any ranks have memory in common.
    var isShared: Bool { circles.contains { $0.count > 1 } }
    /// The others of this rank's circle.
    var neighbours: [Int] { circle.filter { $0 != ranks.rank } }

    func isNear(_ rank: Int) -> Bool { circle.contains(rank) }

    /// Who packs a part for this circle where nobody of it updates that: it receives those of other circles.
    func keeper(of part: Int) -> Int { circle[part % circle.count] }

    /// Who tells this rank that another's part is there: that rank, or this circle's keeper.
    func giver(of part: Int) -> Int {
        isNear(owners[part]) || keeper(of: part) == ranks.rank ? owners[part] : keeper(of: part)
    }

    /// Who receives a part of this rank's for the other circles.
    func keepersElsewhere(of part: Int) -> [Int] {
        circles.filter { $0 != circle }.map { $0[part % $0.count] }
    }

    /// The other ranks, from the next one on, so that not all send to one.
    var others: [Int] { (1..<ranks.size).map { (ranks.rank + $0) % ranks.size } }

    /// A value of every part, of which each rank has those of its own.
    func gather<Value: BitwiseCopyable>(_ values: [Value]) -> [Value] {
        var given = ranks.gather(values).map { $0.makeIterator() }
        return owners.compactMap { given[$0].next() }
    }

    /// Gives every rank's parts of `block` to all of the others.
    func spread(_ block: Tensor) {
        ranks.exchange(
            sending: others.flatMap { rank in own.map { Message(rank, block.row(0, ranges[$0])) } },
            receiving: ofOthers(block))
    }

    /// Brings what the ranks have of a block, [1, `count`], together in that of the first rank.
    func collect(_ part: Tensor, into whole: Tensor?) {
        guard let whole else {
            return ranks.exchange(sending: places.map { Message(0, part.row(0, $0)) }, receiving: [])
        }
        for (index, place) in zip(own, places) { whole.row(0, ranges[index]).copy(from: part.row(0, place)) }
        ranks.exchange(sending: [], receiving: ofOthers(whole))
    }

    /// Gives every rank its parts of a block of the first rank's.
    func deal(_ whole: Tensor?, into part: Tensor) {
        guard let whole else {
            return ranks.exchange(sending: [], receiving: places.map { Message(0, part.row(0, $0)) })
        }
        for (index, place) in zip(own, places) { part.row(0, place).copy(from: whole.row(0, ranges[index])) }
        ranks.exchange(sending: ofOthers(whole), receiving: [])
    }

    /// Gives all of a block of the first rank's to every rank.
    func share(_ block: Tensor) {
        let parts = ranks.isFirst ? ofOthers(block) : own.map { Message(0, block.row(0, ranges[$0])) }
        ranks.exchange(sending: ranks.isFirst ? parts : [], receiving: ranks.isFirst ? [] : parts)
        spread(block)
    }

    /// The others' parts of a block, for or from these.
    private func ofOthers(_ block: Tensor) -> [Message] {
        owners.indices.filter { owners[$0] != ranks.rank }.map { Message(owners[$0], block.row(0, ranges[$0])) }
    }
}

extension Message {
    /// The numbers of `tensor`, which must live until the message has arrived.
    init(_ rank: Int, _ tensor: Tensor) {
        self.init(rank, tensor.withBuffer { UnsafeMutableRawBufferPointer($0) })
    }
}
