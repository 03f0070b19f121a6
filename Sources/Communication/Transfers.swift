import Foundation

/// Messages of this rank that are on their way, while it does something else. One thread at a time may ask.
///
/// They go on in `arrived` alone, which therefore wants to be called every now and then. Of messages from one rank to another under
/// one tag, the first that is sent is the first that is received.
public protocol Transfers: AnyObject {
    /// Whether all have arrived.
    var isEmpty: Bool { get }

    /// Begins to send to a rank, and returns the message's number, from 0 in the order of all. Its bytes stay as they are until it
    /// has arrived.
    @discardableResult func send(_ message: Message, tag: Int) -> Int
    /// Begins to receive from a rank what that sends under the same tag; numbered with those that are sent.
    @discardableResult func receive(_ message: Message, tag: Int) -> Int
    /// Lets all go on, and returns the numbers of those that have arrived since the last time.
    func arrived() -> [Int]
}

extension Communicator {
    /// Sends and receives, and returns when all of these have arrived. From one rank to another messages arrive in order.
    public func exchange(sending: [Message], receiving: [Message]) {
        guard let transfers = transfers() else { return }
        for message in receiving { transfers.receive(message, tag: 0) }
        for message in sending { transfers.send(message, tag: 0) }
        var wait = RankWait()
        while !transfers.isEmpty { wait.note(isOver: !transfers.arrived().isEmpty) }
    }
}

/// How a rank waits for others: mostly it is a moment, and one that waits longer leaves its core to those that compute.
public struct RankWait {
    private var looks = 0

    public init() {}

    /// After a look whether something has arrived.
    public mutating func note(isOver: Bool) {
        looks = isOver ? 0 : looks + 1
        if isOver { return }
        if looks < 2000 { sched_yield() } else { usleep(100) }
    }
}
