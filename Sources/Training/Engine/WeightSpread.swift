import Autograd
import Communication
import Foundation
import Synchronization
import Tensors

/// Brings the new weights of every rank to all, part by part, while it still makes others.
///
/// Ranks that have the weights in common send one another a byte, which says that a part is there. A part of another host comes to
/// one of them, which packs it for all.
final class WeightSpread {
    private let shares: BlockShares
    private let block: Tensor
    private let pack: (_ part: Int) -> Void
    private let transfers: any Transfers
    /// Parts of others, by the numbers of their messages, and whether these bring them.
    private let awaited: [(part: Int, isWhole: Bool)]
    /// Bytes that say that a part is there: of every part that which comes, and one that goes.
    private let bells: UnsafeMutableRawBufferPointer
    /// Held by the thread that lets messages go on.
    private let lock = NSLock()
    /// Parts that are packed and not sent, and those that have come and are not packed.
    private let made = Mutex<[Int]>([])
    private let come = Mutex<[Int]>([])

    /// Nil where there is no other rank.
    ///
    /// - Parameter pack: makes a part that has come what passes read.
    init?(_ shares: BlockShares, _ block: Tensor, pack: @escaping (_ part: Int) -> Void) {
        guard let transfers = shares.ranks.transfers() else { return nil }
        (self.shares, self.block, self.pack, self.transfers) = (shares, block, pack, transfers)
        bells = .allocate(byteCount: shares.owners.count + 1, alignment: 1)
        awaited = shares.owners.indices.filter { shares.owners[$0] != shares.ranks.rank }.map { part in
            (part, !shares.isNear(shares.giver(of: part)))
        }
        for (part, isWhole) in awaited {
            let from = shares.giver(of: part)
            transfers.receive(isWhole ? Message(from, block.row(0, shares.ranges[part])) : bell(from, part), tag: part)
        }
    }

    deinit { bells.deallocate() }

    private func bell(_ rank: Int, _ place: Int) -> Message {
        Message(rank, UnsafeMutableRawBufferPointer(rebasing: bells[place..<place + 1]))
    }

    /// Sends a part of this rank's, and packs some of others' that have come, in the time of any thread: as many as come for one.
    func send(_ part: Int) {
        made.withLock { $0.append(part) }
        goOn()
        let parts = take(shares.ranks.size - 1)
        parts.forEach(pack)
        made.withLock { $0 += parts }
    }

    /// After all parts of this rank: returns when those of others are here.
    func finish(each: EachIndex) {
        var wait = RankWait()
        while true {
            goOn()
            let parts = Array(take(.max))
            each(parts.count) { pack(parts[$0]) }
            made.withLock { $0 += parts }
            if transfers.isEmpty, parts.isEmpty { return }
            wait.note(isOver: !parts.isEmpty)
        }
    }

    private func goOn() {
        guard lock.try() else { return }
        defer { lock.unlock() }
        for part in made.withLock({ parts in
            defer { parts = [] }; return parts
        }) {
            if shares.owners[part] == shares.ranks.rank {
                for rank in shares.keepersElsewhere(of: part) {
                    transfers.send(Message(rank, block.row(0, shares.ranges[part])), tag: part)
                }
            }
            for rank in shares.neighbours { transfers.send(bell(rank, bells.count - 1), tag: part) }
        }
        let parts = transfers.arrived().filter { $0 < awaited.count && awaited[$0].isWhole }.map { awaited[$0].part }
        if !parts.isEmpty { come.withLock { $0 += parts } }
    }

    private func take(_ most: Int) -> ArraySlice<Int> {
        come.withLock { parts in
            defer { parts.removeFirst(min(most, parts.count)) }
            return parts.prefix(most)
        }
    }
}
