import Foundation

/// What a limit on the address space (`ulimit -v`) leaves: where that is too little, OpenBLAS waits for ever for its buffers,
/// and everything else ends in a crash.
public enum AddressSpace {
    /// Bytes for the buffers and the stack of a thread.
    private static let bytesAThread = 256 << 20

    /// - Throws: `Shortage` where a process with one thread a core could not work.
    public static func check() throws {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit) == 0, limit.rlim_cur != .max else { return }
        let wanted = bytesAThread * (1 + ProcessInfo.processInfo.activeProcessorCount)
        let probe = mmap(nil, wanted, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let probe, probe != MAP_FAILED else { throw Shortage(limit: Int(limit.rlim_cur), wanted: wanted) }
        munmap(probe, wanted)
    }

    public struct Shortage: Error, CustomStringConvertible {
        let limit: Int
        let wanted: Int

        public var description: String {
            "memory: the address space is limited to \(limit >> 20) MiB (ulimit -v); wanted \(wanted >> 20) MiB more than the "
                + "program itself takes, or no limit"
        }
    }
}
