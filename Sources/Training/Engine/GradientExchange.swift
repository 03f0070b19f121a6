import Autograd
import Communication
import Foundation
import Tensors

/// Brings every part of the gradients to the rank that has it, while backward still computes others: a part is on its way as soon as
/// the last pass has added to it, and is added up where it comes to as soon as all ranks' are there.
final class GradientExchange {
    private let gradients: GradientSums
    private let shares: BlockShares
    /// By rank, what is left of its shards when their neighbours are added up.
    private let places: [[ShardTree<Void>.Node]]
    /// The turns of every part; nil where it is over with the last of all.
    private let turns: [Range<Int>?]
    /// Held by the thread that lets it go on.
    private let lock = NSLock()

    private var sums: RankSums?
    private var transfers: (any Transfers)?
    private var passes = 0
    private var hasEnded = false
    /// Parts that some pass may still add to.
    private var ahead: [Int] = []
    /// What becomes of messages, by their numbers.
    private var messages: [Contents] = []
    /// By part, messages that are missed.
    private var missed: [Int] = []
    private var isSettled: [Bool] = []
    /// This rank's parts that are not added up, and of these those that no memory waits for.
    private var left = 0
    private var queue: [Int] = []
    /// Memory for what others have of a part, by rank, and by the part that it waits for.
    private var slots: [[[Tensor]]]
    private var waiting: [Int: [[Tensor]]] = [:]

    private enum Contents {
        case sent(Tensor)
        case received(part: Int)
    }

    /// Messages that are waited for at the same time, about: a few tens of MB.
    private static let window = 128

    init(_ gradients: GradientSums, _ shares: BlockShares, shards: Int, _ pool: StoragePool) {
        (self.gradients, self.shares) = (gradients, shares)
        let ranks = shares.ranks
        let places = (0..<ranks.size).map { ShardTree.places(of: ranks.share(of: shards, to: $0), outOf: shards) }
        self.places = places
        turns = shares.ranges.map { gradients.turns(in: $0) }
        let count = max(1, Self.window / places.reduce(0) { $0 + $1.count })
        let longest = shares.ranges.map(\.count).max() ?? 0
        slots = (0..<min(shares.own.count, count)).map { _ in
            places.enumerated().map { rank, nodes in
                rank == ranks.rank ? [] : nodes.map { _ in pool.zeros(1, longest) }
            }
        }
    }

    /// Before the passes of this rank's last shard, of which there are so many.
    func begin(_ sums: RankSums, passes: Int) {
        (self.sums, self.passes, hasEnded) = (sums, passes, false)
        transfers = shares.ranks.transfers()
        ahead = Array(shares.ranges.indices)
        messages = []
        let others = places.enumerated().reduce(0) { $0 + ($1.offset == shares.ranks.rank ? 0 : $1.element.count) }
        missed = ahead.map { _ in others }
        isSettled = ahead.map { _ in false }
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
        let over = ahead.filter { part in
            hasEnded || turns[part].map { gradients.areOver($0, after: passes) } ?? false
        }
        if !over.isEmpty {
            each(over.count) { index in
                let part = over[index]
                sums.settle(shares.ranges[part])
                guard sums.roundsToBFloat16, !isOwn(part) else { return }
                for piece in pieces(part, sums) { piece.narrowToBFloat16() }
            }
            for part in over { isSettled[part] = true }
            ahead.removeAll { isSettled[$0] }
            for part in over where !isOwn(part) {
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
                    transfers?.receive(message(rank, values.row(0, 0..<shares.ranges[part].count), half: 1), tag: part)
                    messages.append(.received(part: part))
                }
            }
        }
    }

    /// Adds up a part that is complete.
    private func add(_ part: Int, _ sums: RankSums) {
        guard let slot = waiting[part] else { return }
        let nodes = zip(places, slot).map { places, values in
            zip(places, values).map { place, values in
                let values = values.row(0, 0..<shares.ranges[part].count)
                if sums.roundsToBFloat16 { values.widenFromBFloat16() }
                return ShardTree.Node(
                    level: place.level, index: place.index, sum: RankSums.Sum(values: values, isOwn: false))
            }
        }
        let rank = shares.ranks.rank
        sums.finish(
            shares.ranges[part], with: (Array(nodes[..<rank].joined()), Array(nodes[(rank + 1)...].joined())))
    }
}
