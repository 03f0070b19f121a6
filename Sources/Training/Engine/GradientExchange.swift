import Autograd
import Communication
import Foundation
import Tensors

/// Brings every part of the gradients to the rank that has it, while backward still computes others: a part is on its way as soon as
/// the last pass has added to it, and is added up where it comes to as soon as all ranks' are there. Neighbours send one another
/// where it lies alone.
final class GradientExchange {
    private let gradients: GradientSums
    private let shares: BlockShares
    /// By rank of this one's circle, where gradients may lie.
    private let blocks: [Int: [Tensor]]
    /// By rank, what is left of its shards when their neighbours are added up.
    private let places: [[ShardTree<Void>.Node]]
    /// Parts that are over with the same turns; nil where that is with the last of all.
    private let groups: [(turns: Range<Int>?, parts: [Int])]
    /// Held by the thread that lets it go on.
    private let lock = NSLock()

    private var sums: RankSums?
    private var transfers: (any Transfers)?
    private var passes = 0
    private var hasEnded = false
    /// Those that some pass may still add to.
    private var ahead: [(turns: Range<Int>?, parts: [Int])] = []
    /// What becomes of messages, by their numbers.
    private var messages: [Contents] = []
    /// By part, messages that are missed.
    private var missed: [Int] = []
    private var isSettled: [Bool] = []
    /// This rank's parts that are not added up, and of these those that no memory waits for.
    private var left = 0
    private var queue: [Int] = []
    /// For neighbours: which of this rank's blocks have its sums, as numbers.
    private let told: Tensor
    /// Memory for what others have of a part, or tell of it, by rank, and by the part that it waits for.
    private var slots: [[[Tensor]]]
    private var waiting: [Int: [[Tensor]]] = [:]

    private enum Contents {
        case sent(Tensor)
        case told
        case received(part: Int)
    }

    /// Messages that are waited for at the same time, about: a few tens of MB.
    private static let window = 128

    init(
        _ gradients: GradientSums, _ shares: BlockShares, blocks: [Int: [Tensor]], shards: Int, _ pool: StoragePool
    ) {
        (self.gradients, self.shares, self.blocks) = (gradients, shares, blocks)
        let ranks = shares.ranks
        let places = (0..<ranks.size).map { ShardTree.places(of: ranks.share(of: shards, to: $0), outOf: shards) }
        self.places = places
        groups = Dictionary(grouping: shares.ranges.indices) { gradients.turns(in: shares.ranges[$0]) }
            .map { ($0, $1) }.sorted { $0.parts[0] < $1.parts[0] }
        let count = max(1, Self.window / places.reduce(0) { $0 + $1.count })
        let longest = shares.ranges.map(\.count).max() ?? 0
        slots = (0..<min(shares.own.count, count)).map { _ in
            places.enumerated().map { rank, nodes in
                if rank == ranks.rank { return [] }
                return shares.isNear(rank) ? [pool.zeros(1, nodes.count)] : nodes.map { _ in pool.zeros(1, longest) }
            }
        }
        told = pool.zeros(1, places[ranks.rank].count)
    }

    /// Before the passes of this rank's last shard, of which there are so many.
    func begin(_ sums: RankSums, passes: Int) {
        (self.sums, self.passes, hasEnded) = (sums, passes, false)
        transfers = shares.ranks.transfers()
        ahead = groups
        messages = []
        let others = shares.others.reduce(0) { $0 + (shares.isNear($1) ? 1 : places[$1].count) }
        missed = shares.ranges.map { _ in others }
        isSettled = shares.ranges.map { _ in false }
        if let own = blocks[shares.ranks.rank] {
            told.copy(
                from: sums.nodes.map { node in
                    guard let index = own.firstIndex(where: { $0.address == node.sum.address }) else {
                        preconditionFailure("gradients that neighbours do not see")
                    }
                    return Float(index)
                })
        }
        // Mostly backward comes to the last one first.
        (left, queue) = (shares.own.count, shares.own.reversed())
        receive()
    }

    /// Does what can be done by now, unless another thread does.
    func goOn() {
        guard lock.try() else { return }
        defer { lock.unlock() }
        while advance(each: { count, body in (0..<count).forEach(body) }) {}
    }

    /// After the passes: returns when this rank's parts are added up, and what it has of others is gone.
    func finish(each: EachIndex) {
        hasEnded = true
        var wait = RankWait()
        while !ahead.isEmpty || left > 0 || transfers?.isEmpty == false { wait.note(isOver: advance(each: each)) }
    }

    /// Whether anything was to be done.
    private func advance(each: EachIndex) -> Bool {
        guard let sums, let transfers else { return false }
        let end = ahead.partition { turns, _ in
            hasEnded || turns.map { gradients.areOver($0, after: passes) } ?? false
        }
        let over = ahead[end...].flatMap(\.parts)
        ahead.removeSubrange(end...)
        if !over.isEmpty {
            each(over.count) { index in
                let part = over[index]
                sums.settle(shares.ranges[part])
                guard sums.roundsToBFloat16, !shares.isNear(shares.owners[part]) else { return }
                for piece in pieces(part, sums) { piece.narrowToBFloat16() }
            }
            for part in over { isSettled[part] = true }
            for part in over where !isOwn(part) {
                if shares.isNear(shares.owners[part]) {
                    transfers.send(Message(shares.owners[part], told), tag: part)
                    messages.append(.told)
                    continue
                }
                for piece in pieces(part, sums) {
                    transfers.send(message(shares.owners[part], piece, half: 0), tag: part)
                    messages.append(.sent(piece))
                }
            }
        }
        var (sent, complete) = ([Tensor](), over.filter { isOwn($0) && missed[$0] == 0 })
        let arrived = transfers.arrived()
        for number in arrived {
            switch messages[number] {
            case .sent(let piece): sent.append(piece)
            case .told: break
            case .received(let part):
                missed[part] -= 1
                if missed[part] == 0, isSettled[part] { complete.append(part) }
            }
        }
        each(complete.count) { add(complete[$0], sums) }
        each(sent.count) { sent[$0].fill(0) }
        slots += complete.compactMap { waiting.removeValue(forKey: $0) }
        left -= complete.count
        receive()
        return !(over.isEmpty && arrived.isEmpty)
    }

    private func isOwn(_ part: Int) -> Bool { shares.owners[part] == shares.ranks.rank }

    /// What this rank has of a part.
    private func pieces(_ part: Int, _ sums: RankSums) -> [Tensor] {
        sums.nodes.map { $0.sum.row(0, shares.ranges[part]) }
    }

    /// As bf16 numbers are half as long: in this half of the memory.
    private func message(_ rank: Int, _ values: Tensor, half: Int) -> Message {
        guard sums?.roundsToBFloat16 == true else { return Message(rank, values) }
        let bytes = values.withBuffer { UnsafeMutableRawBufferPointer($0) }
        let size = bytes.count / 2
        return Message(rank, UnsafeMutableRawBufferPointer(rebasing: bytes[half * size..<(half + 1) * size]))
    }

    /// Waits for the next parts, as far as there is memory.
    private func receive() {
        while let part = queue.first, let slot = slots.popLast() {
            queue.removeFirst()
            waiting[part] = slot
            for rank in shares.others {
                for values in slot[rank] {
                    let message =
                        shares.isNear(rank)
                        ? Message(rank, values) : message(rank, values.row(0, 0..<shares.ranges[part].count), half: 1)
                    transfers?.receive(message, tag: part)
                    messages.append(.received(part: part))
                }
            }
        }
    }

    /// Adds up a part that is complete.
    private func add(_ part: Int, _ sums: RankSums) {
        guard let slot = waiting[part] else { return }
        let rank = shares.ranks.rank
        let nodes = places.indices.map { other in
            let found = other == rank ? [] : found(part, of: other, slot[other], sums)
            return zip(places[other], found).map { ShardTree.Node(level: $0.level, index: $0.index, sum: $1) }
        }
        sums.finish(
            shares.ranges[part], with: (Array(nodes[..<rank].joined()), Array(nodes[(rank + 1)...].joined())))
    }

    /// What another rank has of a part: by what came from it.
    private func found(_ part: Int, of rank: Int, _ come: [Tensor], _ sums: RankSums) -> [RankSums.Sum] {
        if let blocks = blocks[rank] {
            return come[0].values.map {
                RankSums.Sum(values: blocks[Int($0)].row(0, shares.ranges[part]), place: .near)
            }
        }
        return come.map { values in
            let values = values.row(0, 0..<shares.ranges[part].count)
            if sums.roundsToBFloat16 { values.widenFromBFloat16() }
            return RankSums.Sum(values: values, place: .come)
        }
    }
}
