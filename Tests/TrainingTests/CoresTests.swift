import Foundation
import Testing

@testable import Training

@Suite struct CoresTests {
    /// What `groups` leaves, where folders below a root have these files.
    private func limit(_ groups: String, _ files: [String: String]) throws -> Double? {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("yoso-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        for (name, text) in files.merging(["groups": groups], uniquingKeysWith: { $1 }) {
            let url = root.appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
        return Cores.limit(groups: root.appendingPathComponent("groups").path, root: root.path)
    }

    @Test func theLeastLimitOfAllGroupsCounts() throws {
        #expect(try limit("0::/a/b\n", ["cpu.max": "max 100000\n", "a/cpu.max": "150000 100000\n"]) == 1.5)
        #expect(try limit("0::/a/b\n", ["a/cpu.max": "400000 100000", "a/b/cpu.max": "50000 100000"]) == 0.5)
        #expect(try limit("0::/\n", ["cpu.max": "max 100000\n"]) == nil)
        let old = ["cpu,cpuacct/a/cpu.cfs_quota_us": "200000\n", "cpu,cpuacct/a/cpu.cfs_period_us": "100000\n"]
        #expect(try limit("5:memory:/a\n4:cpu,cpuacct:/a\n", old) == 2)
        #expect(try limit("4:cpu,cpuacct:/\n", ["cpu,cpuacct/cpu.cfs_quota_us": "-1\n"]) == nil)
        #expect(try limit("", [:]) == nil)
    }

    @Test func thereIsSomething() { #expect(Cores.available > 0 && Workers().threads >= 1) }
}
