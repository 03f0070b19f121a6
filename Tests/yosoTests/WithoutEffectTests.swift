import Foundation
import Testing

@testable import Experiments

/// What would have no effect, or the effect of something else that is said too, is refused and not passed over.
struct WithoutEffectTests {
    private static let pretrain = ["pretrain", "tiny", "--data", "sample"]
    private static let tuning = ["finetune", "--task", "sst2"]

    /// What stands on one command line.
    private static let commands: [(arguments: [String], message: String)] = [
        (pretrain + ["--network", "10Gbit"], "--network wants --ranks"),
        (pretrain + ["--dry-run", "--elastic"], "--elastic with --dry-run, which trains nothing"),
        (pretrain + ["--ranks", "2", "--profile"], "--profile with --ranks, which trains nothing"),
        (
            pretrain + ["--ranks", "2", "--device", "cuda"],
            "--ranks 2 with device: cuda: several ranks compute on CPUs alone; wanted cpu"
        ),
        (pretrain + ["--set", "corpus.text=text"], "--data sample with --set corpus.text=text: wanted one of them"),
        (
            pretrain + ["--set", "vocabulary=a", "--vocabulary", "b"],
            "--vocabulary b with --set vocabulary=a: wanted one of them"
        ),
        (
            pretrain + ["--set", "checkpoint=a", "--checkpoint", "b"],
            "--checkpoint b with --set checkpoint=a: wanted one of them"
        ),
        (
            pretrain + ["--set", "device=cpu", "--device", "auto"],
            "--device auto with --set device=cpu: wanted one of them"
        ),
        (
            ["explain", "tiny", "--set", "device=cpu", "--device", "auto"],
            "--device auto with --set device=cpu: wanted one of them"
        ),
        (
            tuning + ["--set", "checkpoint=a", "--checkpoint", "b"],
            "--checkpoint b with --set checkpoint=a: wanted one of them"
        ),
        (tuning + ["--set", "task=rte"], "--task sst2 with --set task=rte: wanted one of them"),
        (
            ["finetune", "--task", "listops", "--data", "lra", "--set", "task=text"],
            "--task listops with --set task=text: wanted one of them"
        ),
        (
            ["finetune", "--task", "all", "--data", "glue", "--set", "task=rte"],
            "--task all with --set task=rte: wanted one of them"
        ),
        (
            tuning + ["--from-task", "mnli", "--set", "checkpoint=a"],
            "--from-task mnli with --set checkpoint=a: wanted one of them"
        ),
        (
            tuning + ["--from-task", "mnli", "--random-weights"],
            "--from-task with --random-weights: wanted one of them"
        ),
        (tuning + ["--set", "data=a", "--data", "b"], "--data b with --set data=a: wanted one of them"),
        (tuning + ["--wnli", "skip"], "--wnli skip: wanted --task all"),
        (
            tuning + ["--random-weights", "--set", "layers.frozen=1"],
            "layers.frozen is 1 with --random-weights, of which all blocks are new; wanted 0"
        ),
        (
            tuning + ["--random-weights", "--set", "layers.fresh=2"],
            "layers.fresh is 2 with --random-weights, of which all blocks are new; wanted 0"
        ),
        (tuning + ["--seeds", "2", "--search", "seed=1,2"], "--seeds with --search seed: wanted one of them"),
        (
            ["finetune", "sst2", "--task", "rte", "--data", "glue"],
            "--task rte with sst2, whose task is sst2: wanted one of them"
        ),
        (
            ["finetune", "listops-short", "--task", "text", "--data", "lra"],
            "--task text with listops-short, whose task is listops: wanted one of them"
        ),
        (
            ["sweep", "tiny", "--over", "seed=1,2", "--set", "seed=3"],
            "--over seed with --set seed=3: wanted one of them"
        ),
        (
            ["sweep", "tiny", "--over", "seed=1,2", "--over", "batch=1 sequences"],
            "--over is there twice; wanted one key with its values"
        ),
        (
            ["verify-resume", "tiny", "--at", "2", "--set", "budget=9 steps"],
            "--set budget=9 steps: --at says it, wanted one of them"
        ),
        (["evaluate", "--checkpoint", "a", "--wnli", "train"], "--wnli train: wanted --task all"),
        (["submit", "--check", "a.zip", "--data", "glue"], "--check with --data: wanted one of them"),
        (["submit", "--check", "a.zip", "--wnli", "train"], "--check with --wnli: wanted one of them"),
        (["data", "check", "glue", "--lengths", "64"], "--lengths wants --vocabulary"),
        (
            ["bench", "train", "--micro-batch-tokens", "\(Int.max)"],
            "wanted numbers from 1 to 65536, --hidden a multiple of 64, --vocab 6 to 10000000, --attention-dropout below 1"
        ),
        (
            tuning + ["--search", "score=accuracy,f1"],
            "--search score=accuracy,f1: score decides what the score is, so that points could not be compared"
        ),
        (tuning + ["--search", "threads=1,2"], "--search threads=1,2: threads changes no score"),
        (
            ["sweep", "tiny", "--over", "seed=\(String(repeating: "1", count: 256))"],
            "--over: the folder \(String(repeating: "1", count: 40))… would have a name of 256 bytes; wanted 255 at most"
        ),
        (
            ["sweep", "tiny", "--over", "seed=1", "--task", "a/pretraining.yaml"],
            "--task a/pretraining.yaml: a run of that name is the pretraining; wanted another name"
        ),
        (["bench", "attention", "--precision", "fp32"], "--precision is for a GPU; wanted --device cuda or auto"),
        (["bench", "attention", "--device-tokens", "9"], "--device-tokens is for a GPU; wanted --device cuda or auto"),
        (["bench", "lra", "--set", "shards=2"], "shards is 2; bench lra measures one process, wanted 1"),
        (["bench", "lra", "--over", "shards=1,2"], "shards is 2; bench lra measures one process, wanted 1"),
        (
            ["bench", "lra", "--over", "batch=1 sequences,2 sequences"],
            "--over batch: bench lra measures values beside each other on the same rows; wanted --set batch"
        ),
    ]

    /// What a recipe of the user's own says is no less a setting than what is set.
    @Test func settingsOfATableAreThoseOfTheRecipeToo() throws {
        let tool = try CommandLineTool(links: [])
        try tool.write("kind: finetuning\nname: mine\ntask: rte\nlength: 77\nseed: 9\nepochs: 2\n", to: "mine.yaml")
        let own = FineTuning { $0.recipe = tool.file("mine.yaml").path }
        var plain = FineTuning { $0.task = "rte" }
        #expect(plain.settings(less: []) == [])
        #expect(Set(own.settings(less: [])).isSuperset(of: ["length=77"]), "\(own.settings(less: []))")
        #expect(!own.settings(less: []).contains { $0.hasPrefix("seed") || $0.hasPrefix("name") })
        #expect(!own.settings(less: ["length=1,2"]).contains("length=77"))
        plain.recipe = "rte"
        #expect(plain.settings(less: []) == [])
    }

    @Test(arguments: commands.indices) func ofACommand(_ index: Int) throws {
        let tool = try CommandLineTool(links: [])
        let (arguments, message) = Self.commands[index]
        let result = try tool.run(arguments)
        #expect(result.code == 64, "\(arguments): \(result.output)\(result.error)")
        #expect(result.error.hasPrefix("Error: \(message)\n"), "\(arguments): \(result.error)")
        // Whenever it is found out, with the usage of the command and not of the program.
        #expect(result.error.contains("Usage: yoso \(arguments[0]) "), "\(arguments): \(result.error)")
    }

    /// What the keys of a recipe mean together. A value that is written as its default is nothing that was asked for.
    @Test(arguments: [
        ("mini", ["generator.width=50%"], "generator.width is 50%; wanted objective: replacedTokens beside it"),
        (
            "mini",
            ["model.attention=yoso", "model.attention.evaluation=expectation", "model.attention.evaluationHashes=64"],
            "model.attention.evaluationHashes is 64; wanted model.attention.evaluation: sampled beside it"
        ),
        (
            "text-short",
            ["model.attention=yoso", "model.attention.evaluation=expectation", "model.attention.evaluationHashes=64"],
            "model.attention.evaluationHashes is 64; wanted model.attention.evaluation: sampled beside it"
        ),
        ("own.yaml", ["task.devShare=20%"], "task.devShare wants no task.dev"),
        ("own.yaml", ["task.devSeed=3"], "task.devSeed wants no task.dev"),
    ])
    func ofARecipe(_ name: String, _ settings: [String], _ message: String) throws {
        let tool = try CommandLineTool(links: [])
        try tool.write(
            "kind: finetuning\nname: own\ntask: { train: a.tsv, dev: b.tsv, text: a, label: b }\n", to: "own.yaml")
        let result = try tool.run(["explain", name] + settings.flatMap { ["--set", $0] })
        #expect(result.code == 1 && result.error == "Error: --set \(settings[settings.count - 1]): \(message)\n")
        let resolved = try tool.run("explain", name)
        #expect(resolved.code == 0, "\(resolved.error)")
    }

    /// Texts of several places, as `vocab train` takes them, and as it advises.
    @Test func severalTexts() throws {
        let tool = try CommandLineTool(links: ["Recipes", "Vocab"])
        let result = try tool.run(
            "pretrain", "tiny", "--data", "a", "--data", "b", "--vocabulary", "Vocab/sample", "--dry-run")
        #expect(result.error == "Error: a: no such file or folder\n", "\(result.error)")
        try tool.write("one line\n\nand another\n", to: "a/a.txt")
        let second = try tool.run(
            "pretrain", "tiny", "--data", "a", "--data", "b", "--vocabulary", "Vocab/sample", "--dry-run")
        #expect(second.error == "Error: b: no such file or folder\n", "\(second.error)")
    }

    /// A comparison of attentions "with dropout" would have it of one alone.
    @Test func dropoutThatDropsNothingIsSaid() throws {
        let tool = try CommandLineTool()
        try tool.writeText()
        for (attention, rate, isSaid) in [("softmax", "0.1", false), ("yoso", "0", false), ("yoso", "0.1", true)] {
            let settings = ["model.attention=\(attention)", "model.attentionDropout=\(rate)"].flatMap { ["--set", $0] }
            let run = try tool.run(tool.pretraining(steps: 1, settings + ["--dry-run"]))
            let note = "note: model.attentionDropout is \(rate), and \(attention) has no softmax weights to drop\n"
            #expect(run.code == 0 && run.output.contains(note) == isSaid, "\(run.output)\(run.error)")
        }
    }

    /// `bench train` knows the names of `bench attention`.
    @Test func aSampledAttentionByItsHashes() throws {
        let tool = try CommandLineTool(links: [])
        let result = try tool.run(
            "bench", "train", "--layers", "1", "--hidden", "64", "--batch", "1", "--length", "16", "--vocab", "100",
            "--steps", "1", "--rounds", "1", "--precision", "fp32", "--attention", "yoso-4")
        #expect(result.code == 0, "\(result.error)")
        let zero = try tool.run("bench", "train", "--attention", "yoso-0")
        #expect(zero.code == 64 && zero.error.contains("--attention yoso-0"), "\(zero.error)")
    }
}
