import Communication
import Foundation

/// The cores that this process may use: those online that its mask names (`taskset`), and of them what a control group leaves it.
public enum Cores {
    /// A share of a core counts too.
    public static let available: Double = min(Double(masked()), limit() ?? .infinity)

    /// Of those that it shares with other ranks, as ranks do that are bound to none, its part; at least one.
    static var own: Int {
        let isBound = available < Double(count)
        return max(1, Int((available / Double(isBound ? 1 : Ranks.all.neighbours)).rounded(.up)))
    }

    /// Those of the mask that are online: a machine to which cores can be added names them in it too.
    ///
    /// - Parameters:
    ///   - status: `/proc/self/status`.
    ///   - root: where the kernel tells about cores.
    static func masked(status: String = "/proc/self/status", root: String = "/sys/devices/system") -> Int {
        let lines = (try? String(contentsOfFile: status, encoding: .utf8))?.split(separator: "\n") ?? []
        // `Cpus_allowed: 0000ffff,ffffffff`, a bit a core, the first one last.
        let mask =
            lines.first { $0.hasPrefix("Cpus_allowed:") }?.dropFirst(13).compactMap(\.hexDigitValue).reversed() ?? []
        let allowed = mask.enumerated().flatMap { index, digit in
            (0..<4).filter { digit >> $0 & 1 == 1 }.map { 4 * index + $0 }
        }
        // A container may have no /sys.
        let online = Set(online(root: root))
        let count = online.isEmpty ? allowed.count : allowed.count(where: online.contains)
        return count > 0 ? count : ProcessInfo.processInfo.activeProcessorCount
    }

    /// The least of the limits of the control group and of those that it lies in; nil where there is none.
    ///
    /// - Parameters:
    ///   - groups: `/proc/self/cgroup`.
    ///   - root: where the groups are mounted.
    static func limit(groups: String = "/proc/self/cgroup", root: String = "/sys/fs/cgroup") -> Double? {
        let lines = (try? String(contentsOfFile: groups, encoding: .utf8))?.split(separator: "\n") ?? []
        let limits = lines.flatMap { line -> [Double] in
            // `0::/path` of version 2, `4:cpu,cpuacct:/path` of version 1.
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, parts[1].isEmpty || parts[1].split(separator: ",").contains("cpu") else {
                return []
            }
            let top = parts[1].isEmpty ? root : "\(root)/\(parts[1])"
            let names = parts[2].split(separator: "/")
            return (0...names.count).compactMap {
                quota(([top] + names.prefix($0).map(String.init)).joined(separator: "/"))
            }
        }
        return limits.min()
    }

    /// Cores that one group may use.
    private static func quota(_ folder: String) -> Double? {
        func read(_ name: String) -> [Double] {
            let text = (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)) ?? ""
            return text.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
        }
        let second = read("cpu.max")
        let numbers = second.count == 2 ? second : read("cpu.cfs_quota_us") + read("cpu.cfs_period_us")
        guard numbers.count == 2, numbers[0] > 0, numbers[1] > 0 else { return nil }
        return numbers[0] / numbers[1]
    }
}
