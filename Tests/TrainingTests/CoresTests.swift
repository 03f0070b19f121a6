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

    /// Two nodes of two cores of two threads each: 0 to 3 are the first threads, 4 to 7 the cores' others.
    @Test func threadsOfACoreComeLast() throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("yoso-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        var files = ["cpu/online": "0-7\n", "node/online": "0-1\n"]
        files["node/node0/cpulist"] = "0,2,4,6\n"
        files["node/node1/cpulist"] = "1,3,5,7\n"
        for core in 0..<8 { files["cpu/cpu\(core)/topology/thread_siblings_list"] = "\(core % 4),\(core % 4 + 4)\n" }
        for (name, text) in files {
            let url = root.appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
        #expect(Cores.order(root: root.path) == [0, 2, 1, 3, 4, 6, 5, 7])
    }

    @Test func thereIsSomething() { #expect(Cores.available > 0 && Workers().threads >= 1) }
}
