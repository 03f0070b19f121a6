import Digests
import Foundation
import Testing

/// Costs of routes are of a machine, and a run's are those that it began with.
@Suite(.serialized) struct TunedRoutesTests {
    /// A tool whose cache folder has costs of this machine that were measured.
    private func tuned() throws -> CommandLineTool {
        let tool = try CommandLineTool()
        try tool.writeText()
        let doctor = try tool.shell(cached + "yoso doctor --tune")
        #expect(doctor.code == 0 && doctor.output.contains("cache/yoso/routes.json"), "\(doctor.error)")
        return tool
    }

    private let cached = "export XDG_CACHE_HOME=$PWD/cache; "

    /// Makes every route but one too expensive.
    private func prefer(_ isCheap: (String) -> Bool, in tool: CommandLineTool) throws {
        let file = tool.file("cache/yoso/routes.json")
        var machines = try JSONDecoder().decode([String: [String: Double]].self, from: Data(contentsOf: file))
        for (machine, costs) in machines {
            machines[machine] = Dictionary(uniqueKeysWithValues: costs.keys.map { ($0, isCheap($0) ? 1 : 1e5) })
        }
        try JSONEncoder().encode(machines).write(to: file)
    }

    private func weights(_ tool: CommandLineTool, _ output: String) throws -> String {
        try SHA256.hexadecimal(ofFile: tool.file("\(output)/step-000010/model.safetensors"))
    }

    private func pretrain(_ tool: CommandLineTool, _ output: String) throws -> CommandLineTool.Result {
        let arguments = tool.pretraining(
            steps: 10, output: output,
            ["--set", "model.attention=yoso", "--set", "checkpoints.every=5 steps", "--set", "checkpoints.keep=2"])
        return try tool.shell(cached + "yoso " + arguments.map { "'\($0)'" }.joined(separator: " "))
    }

    @Test func aRunGoesOnByTheCostsThatItBeganWith() throws {
        let tool = try tuned()
        try prefer({ ["compare", "product"].contains($0) }, in: tool)
        #expect(try pretrain(tool, "dense").code == 0)
        let dense = try weights(tool, "dense")
        try prefer({ !["compare", "product", "tableLine"].contains($0) }, in: tool)
        #expect(try pretrain(tool, "enumerated").code == 0)
        // Other costs are other bits, or this test could not fail.
        #expect(try weights(tool, "enumerated") != dense)
        for name in ["step-000010", "state-000010"] {
            try FileManager.default.removeItem(at: tool.file("dense/\(name)"))
        }
        #expect(try pretrain(tool, "dense").code == 0)
        #expect(try weights(tool, "dense") == dense)
    }

    @Test(arguments: ["", #"{"a": 1}"#])
    func aDamagedFileIsPassedOverWithALine(text: String) throws {
        let tool = try CommandLineTool()
        try tool.write(text, to: "cache/yoso/routes.json")
        let doctor = try tool.shell(cached + "yoso doctor")
        #expect(doctor.code == 0)
        #expect(
            doctor.error.contains("cache/yoso/routes.json: damaged, and not used; yoso doctor --tune measures again\n"))
        #expect(try tool.shell(cached + "yoso doctor --tune").code == 0)
        let mended = try tool.shell(cached + "yoso doctor")
        #expect(mended.code == 0 && !mended.error.contains("damaged"), "\(mended.error)")
    }

    @Test func costsOfOtherMachinesAreKeptAndNotUsed() throws {
        let tool = try CommandLineTool()
        try tool.write(#"{"an abacus": {"beads": 1}}"#, to: "cache/yoso/routes.json")
        let tuned = try tool.shell(cached + "yoso doctor --tune")
        #expect(tuned.code == 0 && !tuned.error.contains("damaged"), "\(tuned.error)")
        let data = try Data(contentsOf: tool.file("cache/yoso/routes.json"))
        let machines = try #require(try JSONSerialization.jsonObject(with: data) as? [String: [String: Any]])
        #expect(machines.count == 2 && machines["an abacus"]?["beads"] as? Int == 1)
        #expect(machines.filter { $0.key != "an abacus" }.values.allSatisfy { $0["beads"] == nil && !$0.isEmpty })
        let none = try tool.shell("unset HOME; export XDG_CACHE_HOME=here; yoso doctor --tune")
        #expect(none.code == 1 && none.error.contains("no cache folder: neither XDG_CACHE_HOME nor HOME is a path"))
    }
}
