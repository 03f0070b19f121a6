import Attention
import CKernels
import Checkpoints
import Communication
import Console
import Foundation
import Tensors

/// The costs of routes that were measured on machines of a user, by CPU and kernels, in `yoso/routes.json` of the cache folder.
public enum TunedRoutes {
    /// Calls `body` with those of this machine, where they were measured; of several ranks with those of the first one's, since bits
    /// depend on them.
    public static func with(_ body: () throws -> Void) throws {
        var costs = RouteCosts.current
        if let file, let data = try? Data(contentsOf: file) {
            do {
                if let values = try read(data)[machine] {
                    guard let tuned = RouteCosts(values) else { throw Damaged() }
                    costs = tuned
                }
            } catch {
                Terminal.note("\(file.path): damaged, and not used; yoso doctor --tune measures again")
            }
        }
        let common = try Ranks.all.first { costs.values }
        try RouteCosts.$current.withValue(RouteCosts(common) ?? costs) { try body() }
    }

    /// Measures this machine, and keeps what it measures for all runs that begin from now on.
    ///
    /// - Throws: where there is no place to keep it.
    public static func tune(_ line: (String) -> Void) throws {
        guard let file else {
            throw CheckpointError(
                URL(fileURLWithPath: "."), "no cache folder: neither XDG_CACHE_HOME nor HOME is a path")
        }
        let costs = RouteCosts.measured()
        var machines = (try? read(Data(contentsOf: file))) ?? [:]
        machines[machine] = costs.values
        let texts = RouteCosts.Part.allCases.map { part in
            "\(part.rawValue) " + String(format: "%.3g", costs.values[part.rawValue] ?? 0)
        }
        line("tuned, in ns:  " + texts.joined(separator: ", "))
        try AtomicFolder.createDirectory(file.deletingLastPathComponent())
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try OutputFile.replace(file, with: encoder.encode(machines))
        line("kept in        \(file.path), for runs that begin from now on")
    }

    private struct Damaged: Error {}

    private static func read(_ data: Data) throws -> [String: [String: Double]] {
        try JSONDecoder().decode([String: [String: Double]].self, from: data)
    }

    /// What the costs depend on.
    private static var machine: String {
        "\(MachineFacts.cpuName), \(String(cString: ck_level())) kernels, OpenBLAS \(OpenBLAS.coreName) core"
    }

    /// By the XDG Base Directory Specification, which passes over paths that are not absolute.
    private static var file: URL? {
        func path(_ name: String) -> String? {
            getenv(name).map { String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil }
        }
        return (path("XDG_CACHE_HOME") ?? path("HOME").map { $0 + "/.cache" }).map {
            URL(fileURLWithPath: $0 + "/yoso/routes.json")
        }
    }
}
