import Communication
import Foundation
import Synchronization
import Tensors

/// Brings the new weights of every rank to all, part by part, while it still makes others.
final class WeightSpread {
    private let shares: BlockShares
    private let block: Tensor
    private let transfers: any Transfers
    /// Parts of others, by the numbers of their messages.
    private let awaited: [Int]
    /// Held by the thread that lets messages go on.
    private let lock = NSLock()
    /// This rank's parts that are made and not sent, and those of others that have come and were not taken.
    private let made = Mutex<[Int]>([])
    private let come = Mutex<[Int]>([])

    /// Nil where there is no other rank.
    init?(_ shares: BlockShares, _ block: Tensor) {
        guard let transfers = shares.ranks.transfers() else { return nil }
        (self.shares, self.block, self.transfers) = (shares, block, transfers)
        awaited = shares.owners.indices.filter { shares.owners[$0] != shares.ranks.rank }
        for part in awaited {
            transfers.receive(Message(shares.owners[part], block.row(0, shares.ranges[part])), tag: part)
        }
    }

    /// Sends a part of this rank's, and returns some of others' that have come, in the time of any thread: as many as come for one.
    func send(_ part: Int) -> ArraySlice<Int> {
        made.withLock { $0.append(part) }
        goOn()
        return take(shares.ranks.size - 1)
    }

    /// After all parts of this rank: calls `body` with others' parts, some at a time, until all have come.
    func finish(_ body: (ArraySlice<Int>) -> Void) {
        var wait = RankWait()
        while true {
            goOn()
            let parts = take(.max)
            body(parts)
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
            for rank in shares.others {
                transfers.send(Message(rank, block.row(0, shares.ranges[part])), tag: part)
            }
        }
        let parts = transfers.arrived().filter { $0 < awaited.count }.map { awaited[$0] }
        if !parts.isEmpty { come.withLock { $0 += parts } }
    }

    private func take(_ most: Int) -> ArraySlice<Int> {
        come.withLock { parts in
            defer { parts.removeFirst(min(most, parts.count)) }
            return parts.prefix(most)
        }
    }
}
