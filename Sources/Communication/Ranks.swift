import Foundation
import Synchronization

/// The ranks that this process was started among.
public enum Ranks {
    /// All of them; alone where none of `mpirun`, `srun` and their like started it. The first use joins them.
    public static var all: any Communicator { everyone.withLock { $0 } }

    private static let everyone = Mutex<any Communicator>(joined())

    private static func joined() -> any Communicator {
        #if MPI
            if isLaunched { return MPICommunicator() }
        #endif
        return Alone()
    }

    /// Those that are left are all.
    static func replace(_ left: any Communicator) { everyone.withLock { $0 = left } }

    /// Those that work on the run at hand: all, or this process alone where each has runs of its own.
    public static var current: any Communicator { isAlone ? Alone() : all }

    @TaskLocal private static var isAlone = false

    /// `body`, whose runs are this process's own.
    public static func alone<Result>(_ body: () throws -> Result) rethrows -> Result {
        try $isAlone.withValue(true, operation: body)
    }

    /// What Open MPI, PMIx and PMI tell the processes that they start.
    private static var isLaunched: Bool {
        let environment = ProcessInfo.processInfo.environment
        return ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"].contains { environment[$0] != nil }
    }

    /// - Throws: `WithoutMPI` where several processes were started together that cannot know of one another.
    public static func check() throws {
        let environment = ProcessInfo.processInfo.environment
        guard all.size == 1, let text = environment["OMPI_COMM_WORLD_SIZE"] ?? environment["PMI_SIZE"],
            let count = Int(text), count > 1
        else { return }
        throw WithoutMPI(count: count)
    }

    public struct WithoutMPI: Error, CustomStringConvertible {
        let count: Int

        public var description: String {
            "\(count) ranks were started, and this program was built without MPI; build it with "
                + "swift build -c release --traits MPI"
        }
    }
}
