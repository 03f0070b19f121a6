import Foundation

/// The processes that work on one run, its ranks: what one of them may ask of the others.
///
/// All ranks must ask the same in the same order. What goes wrong below ends the job, with a line that says what.
public protocol Communicator: Sendable {
    /// Of this process, from 0.
    var rank: Int { get }
    /// How many there are.
    var size: Int { get }
    /// The host of every rank.
    var hosts: [String] { get }

    /// All ranks, in order, those together that see one another's memory.
    var circles: [[Int]] { get }

    /// Memory of so many bytes, which are zeros, of every rank of this one's circle; all ranks ask at the same time, each for as many
    /// as it wants.
    func sharedMemory(_ bytes: Int) -> SharedMemory
    /// The bytes that every rank gives, by rank.
    func gather(_ bytes: [UInt8]) -> [[UInt8]]
    /// For messages that are on their way at the same time; nil where there is no other rank.
    func transfers() -> (any Transfers)?
    /// What a rank says that finds another one gone: from where the work goes on.
    func remember(_ wayOn: String)
    /// From now on others may be gone: whatever is asked of them then is void, and answered at once, until who is left begins anew.
    ///
    /// - Throws: `NotElastic` where that cannot be.
    func outlive() throws
    /// - Throws: `RankGone` where one is.
    func check() throws
    /// Those that are left, once all of them ask, and which ones are gone; nil where none is.
    func left() -> (ranks: any Communicator, gone: String)?
    /// Ends this rank's part, once all others end theirs, or alone by an error.
    ///
    /// - Parameters:
    ///   - error: what is to be said of it; empty where there is none.
    ///   - say: tells the user a line.
    /// - Returns: the exit code for all; none returns where one alone fails: that ends the job.
    func end(_ error: String, code: Int32, say: (String) -> Void) -> Int32
}

/// Bytes for a rank, or from it.
public struct Message {
    public let rank: Int
    public let bytes: UnsafeMutableRawBufferPointer

    public init(_ rank: Int, _ bytes: UnsafeMutableRawBufferPointer) { (self.rank, self.bytes) = (rank, bytes) }
}

/// One process without others.
public struct Alone: Communicator {
    public let rank = 0
    public let size = 1
    public let hosts = ["here"]
    public let circles = [[0]]

    public init() {}

    public func sharedMemory(_ bytes: Int) -> SharedMemory { SharedMemory(of: rank, bytes: bytes) }
    public func gather(_ bytes: [UInt8]) -> [[UInt8]] { [bytes] }
    public func transfers() -> (any Transfers)? { nil }
    public func remember(_ wayOn: String) {}
    public func end(_ error: String, code: Int32, say: (String) -> Void) -> Int32 {
        if !error.isEmpty { say(error) }
        return code
    }
}

extension Communicator {
    public func outlive() throws {
        throw NotElastic(problem: "this is one process", wanted: "several ranks, of mpirun --with-ft ulfm")
    }
    public func check() throws {}
    public func left() -> (ranks: any Communicator, gone: String)? { nil }

    /// Whether this process is the one that speaks and writes.
    public var isFirst: Bool { rank == 0 }

    /// Those of `circles` that this one is among.
    public var circle: [Int] { circles.first { $0.contains(rank) } ?? [rank] }

    /// How many of them are on this host.
    public var neighbours: Int { hosts.count { $0 == hosts[rank] } }

    /// The values that every rank gives, by rank.
    public func gather<Value: BitwiseCopyable>(_ values: [Value]) -> [[Value]] {
        guard size > 1 else { return [values] }
        return gather(values.withUnsafeBytes { Array($0) }).map { bytes in
            Array(unsafeUninitializedCapacity: bytes.count / MemoryLayout<Value>.stride) { buffer, count in
                UnsafeMutableRawBufferPointer(buffer).copyBytes(from: bytes)
                count = bytes.count / MemoryLayout<Value>.stride
            }
        }
    }

    /// The texts that every rank gives, by rank.
    public func gather(_ text: String) -> [String] {
        gather(Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether any rank says so.
    public func any(_ flag: Bool) -> Bool { gather([flag]).contains([true]) }

    /// What the first rank gives, in the place of everyone's own.
    public func first<Value: BitwiseCopyable>(_ value: Value) -> Value {
        gather(isFirst ? [value] : [])[0].first ?? value
    }

    /// Returns when all ranks are here.
    public func meet() { _ = any(false) }

    /// The part of so many things that a rank has: they are dealt out in order, as evenly as can be.
    public func share(of count: Int, to rank: Int) -> Range<Int> { rank * count / size..<(rank + 1) * count / size }
}

extension Communicator {
    /// What the first rank makes, which the others do not.
    ///
    /// - Throws: what `make` throws.
    public func first<Value: Codable>(_ make: () throws -> Value) throws -> Value {
        guard size > 1 else { return try make() }
        let own = isFirst ? try JSONEncoder().encode([make()]) : Data()
        return try JSONDecoder().decode([Value].self, from: Data(gather(Array(own))[0]))[0]
    }

    /// `body` on the first rank, then on the others, which find what it has left.
    public func firstThenOthers<Result>(_ body: () throws -> Result) rethrows -> Result {
        if !isFirst { meet() }
        let result = try body()
        if isFirst { meet() }
        return result
    }
}
