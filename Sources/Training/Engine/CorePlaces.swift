import Foundation

extension Cores {
    /// Where threads stay: one NUMA node after the other, a thread a physical core, and only then the cores' other threads.
    ///
    /// Nil, which leaves it to the system, unless the threads fill a machine of more than four cores that is all this process's:
    /// a quota or a mask says that others are to have a share, and fewer threads than cores may have company. Of several
    /// processes the first alone has its threads stay: those of the others would be on the same cores.
    ///
    /// - Parameter count: threads.
    static func places(of count: Int) -> [Int]? {
        let order = order()
        guard order.count > 4, count >= order.count, Int(available) == order.count, isFirst else { return nil }
        return order
    }

    /// All cores that are online, in that order.
    ///
    /// - Parameter root: where the kernel tells about them (Documentation/admin-guide/cputopology.rst).
    static func order(root: String = "/sys/devices/system") -> [Int] {
        func list(_ path: String) -> [Int] { numbers(in: "\(root)/\(path)") }
        let nodes = list("node/online").map { Set(list("node/node\($0)/cpulist")) }
        func key(_ core: Int) -> (Int, Int) {
            let siblings = list("cpu/cpu\(core)/topology/thread_siblings_list")
            return (siblings.firstIndex(of: core) ?? 0, nodes.firstIndex { $0.contains(core) } ?? 0)
        }
        let cores = online(root: root).map { ($0, key($0)) }
        return cores.sorted { ($0.1.0, $0.1.1, $0.0) < ($1.1.0, $1.1.1, $1.0) }.map(\.0)
    }

    /// How many are online; where that is not told, how many there are.
    public static var count: Int {
        let online = online().count
        return online > 0 ? online : ProcessInfo.processInfo.processorCount
    }

    /// Those that work at present, of all that the machine may get; none where the kernel does not tell.
    static func online(root: String = "/sys/devices/system") -> [Int] { numbers(in: "\(root)/cpu/online") }

    /// `0-2,8` is 0, 1, 2 and 8.
    private static func numbers(in file: String) -> [Int] {
        let list = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        return list.split(separator: ",").flatMap { part -> [Int] in
            let ends = part.split(separator: "-").compactMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
            guard let first = ends.first, let last = ends.last, first <= last else { return [] }
            return Array(first...last)
        }
    }

    /// Whether no other process was: for the life of this one it holds a lock on a file that every machine has.
    private static let isFirst: Bool = {
        let file = open("/sys/devices/system/cpu/online", O_RDONLY | O_CLOEXEC)
        return file >= 0 && flock(file, LOCK_EX | LOCK_NB) == 0
    }()
}
