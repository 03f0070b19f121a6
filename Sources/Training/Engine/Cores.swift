import Communication
import Foundation

/// The cores that this process may use: those that its mask names (`taskset`), and of them what a control group leaves it.
public enum Cores {
    /// A share of a core counts too.
    public static let available: Double = min(Double(masked), limit() ?? .infinity)

    /// Of those that it shares with other ranks, as ranks do that are bound to none, its part; at least one.
    static var own: Int {
        let isBound = available < Double(ProcessInfo.processInfo.processorCount)
        return max(1, Int((available / Double(isBound ? 1 : Ranks.all.neighbours)).rounded(.up)))
    }

    private static var masked: Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        // `Cpus_allowed: 0000ffff,ffffffff`, a bit a core.
        let mask = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed:") }?.dropFirst(13)
        let bits = mask?.compactMap(\.hexDigitValue).reduce(0) { $0 + $1.nonzeroBitCount } ?? 0
        return bits > 0 ? bits : ProcessInfo.processInfo.activeProcessorCount
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
