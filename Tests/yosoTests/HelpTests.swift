import Foundation
import Testing

/// What the program says of its commands, and what shells complete.
@Suite struct HelpTests {
    private struct Dump: Decodable { let command: Command }

    private struct Command: Decodable {
        let commandName: String
        let discussion: String?
        let arguments: [Argument]?
        let subcommands: [Command]?

        struct Argument: Decodable {
            struct Name: Decodable { let kind, name: String }
            let names: [Name]?
        }
    }

    /// In a window of few columns too, and its version, which help of every command lists.
    @Test(arguments: ["0", "20", "abc"]) func aCommandHasHelpAndVersion(columns: String) throws {
        let tool = try CommandLineTool(links: [])
        let help = try tool.run(["predict", "--help"], ["COLUMNS": columns])
        #expect(help.code == 0 && help.output.contains("--checkpoint"), "\(help.error)")
        let version = try tool.run("predict", "--version")
        let root = try tool.run("--version")
        #expect(version.code == 0 && version.output == root.output)
        let bytes = try tool.shell("yoso fill \"$(printf 'a\\377 [MASK]')\"")
        #expect(bytes.code == 64 && bytes.error.contains("argument 2, ") && bytes.error.contains("is not UTF-8"))
    }

    @Test func everyCommandHasAnExampleOfItself() throws {
        let tool = try CommandLineTool()
        let dump = try JSONDecoder().decode(Dump.self, from: Data(tool.run("--experimental-dump-help").output.utf8))
        var count = 0
        func check(_ command: Command, _ path: [String]) throws {
            count += 1
            let example = try #require(
                command.discussion?.split(separator: "\n").last.flatMap { $0.wholeMatch(of: /Example: (.*)/)?.1 },
                "\(path.joined(separator: " ")) has no example")
            // Longer ones would be broken in two in a terminal of 80 columns.
            #expect(example.count <= 71, "\(example)")
            let words = example.split(separator: " ").map(String.init)
            #expect(words.starts(with: path), "\(example)")
            let subcommands = (command.subcommands ?? []).filter { $0.commandName != "help" }
            try subcommands.forEach { try check($0, path + [$0.commandName]) }
            guard subcommands.isEmpty else { return }
            let names = (command.arguments ?? []).flatMap { $0.names ?? [] }.filter { $0.kind == "long" }.map(\.name)
            for option in words where option.hasPrefix("--") {
                #expect(names.contains(String(option.dropFirst(2))), "\(example)")
            }
        }
        try check(dump.command, ["yoso"])
        #expect(count > 25)
        #expect(try tool.run("data", "check", "--help").output.contains("\nExample: yoso data check glue/ "))
    }

    /// What bash puts forward for the last word of a line.
    private func completions(_ tool: CommandLineTool, _ line: String) throws -> [String] {
        let script = """
            PATH="$1:$PATH"; source <(yoso --generate-completion-script bash); COMP_LINE="$2"; COMP_POINT="${#COMP_LINE}"
            COMP_WORDS=($COMP_LINE); [[ $COMP_LINE != *" " ]] || COMP_WORDS+=(""); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _yoso yoso "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"; printf '%s\\n' "${COMPREPLY[@]}"
            """
        let folder = try CommandLineTool.executable().deletingLastPathComponent().path
        let result = try tool.run(
            ["-c", script, "bash", folder, line], executable: URL(fileURLWithPath: "/bin/bash"))
        #expect(result.code == 0 && result.error.isEmpty, "\(result.error)")
        return result.output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.sorted()
    }

    @Test func bashCompletesTasksRecipesAndRuns() throws {
        let tool = try CommandLineTool(links: [])
        for file in [
            "sst2/metrics.jsonl", "sst2/step-000003/config.json", "english/config.json", "rte/a/metrics.jsonl",
        ] {
            try tool.write("{}\n", to: "Checkpoints/\(file)")
        }
        try tool.write("{}\n", to: "Checkpoints/many/seeds.json")
        try tool.write("", to: "mine.yaml")
        try tool.write("", to: "text/mine.txt")
        #expect(try completions(tool, "yoso fin") == ["finetune"])
        #expect(try completions(tool, "yoso finetune --task s") == ["sst2", "stsb"])
        #expect(try completions(tool, "yoso evaluate --task l") == ["listops", "lra"])
        #expect(try completions(tool, "yoso pretrain mi") == ["mine.yaml", "mini"])
        #expect(try completions(tool, "yoso finetune pathf") == ["pathfinder", "pathfinder-short"])
        #expect(
            try completions(tool, "yoso predict --checkpoint Ch")
                == ["Checkpoints", "Checkpoints/english", "Checkpoints/rte/a", "Checkpoints/sst2"])
        #expect(try completions(tool, "yoso report Checkpoints/s") == ["Checkpoints/sst2"])
        #expect(try completions(tool, "yoso watch Checkpoints/s") == ["Checkpoints/sst2"])
        #expect(try completions(tool, "yoso compare Checkpoints/m") == ["Checkpoints/many"])
        #expect(try completions(tool, "yoso bench lra --task p") == ["pathfinder"])
        #expect(try completions(tool, "yoso data glue --output g --tasks a") == ["ax"])
        #expect(try completions(tool, "yoso predict --device ") == ["auto", "cpu", "cuda"])
        #expect(try completions(tool, "yoso finetune --protocol m") == ["m-fac", "miniatures", "mosaic"])
        #expect(try completions(tool, "yoso pretrain mini --data t") == ["text"])
    }
}
