import Foundation
import Testing

@testable import Training

@Suite struct CoresTests {
    /// With a folder that has these files.
    private func with<Result>(_ files: [String: String], _ body: (_ root: String) -> Result) throws -> Result {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("yoso-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        for (name, text) in files {
            let url = root.appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
        return body(root.path)
    }

    /// What `groups` leaves, where folders below a root have these files.
    private func limit(_ groups: String, _ files: [String: String]) throws -> Double? {
        try with(files.merging(["groups": groups], uniquingKeysWith: { $1 })) {
            Cores.limit(groups: $0 + "/groups", root: $0)
        }
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
        var files = ["cpu/online": "0-7\n", "node/online": "0-1\n"]
        files["node/node0/cpulist"] = "0,2,4,6\n"
        files["node/node1/cpulist"] = "1,3,5,7\n"
        for core in 0..<8 { files["cpu/cpu\(core)/topology/thread_siblings_list"] = "\(core % 4),\(core % 4 + 4)\n" }
        #expect(try with(files) { Cores.order(root: $0) } == [0, 2, 1, 3, 4, 6, 5, 7])
    }

    /// Of a machine to which cores can be added the mask names those too.
    @Test(arguments: [
        ("ff", "0-3\n", 4), ("ffffffff,ffffffff", "0-2,33\n", 4), ("00000001,0000000a", "0-63\n", 3),
        ("00000001,0000000a", "0-31\n", 2), ("f,00000001", "", 5),
    ])
    func coresThatAreNotOnlineDoNotCount(mask: String, online: String, count: Int) throws {
        let files = ["status": "Name:\tyoso\nCpus_allowed:\t\(mask)\nCpus_allowed_list:\t0\n", "cpu/online": online]
        #expect(try with(files) { Cores.masked(status: $0 + "/status", root: $0) } == count)
    }

    @Test func thereIsSomething() { #expect(Cores.available > 0 && Workers().threads >= 1) }
}
