import ArgumentParser
import Console
import Experiments
import Live

/// `yoso watch [RUN…]`: runs while they work, on a page of this machine.
struct Watch: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Show runs while they work, on a page at 127.0.0.1: curves, speed, time left, masks as they fill them.",
        example: "yoso watch Checkpoints/mini Checkpoints/mini-yoso")

    @Argument(help: "Runs, also later ones, or folders of runs.", completion: .run) var runs = ["Checkpoints"]
    @Option(help: "The port to listen on; 0 for any that is free.") var port: UInt16 = 6060
    @Option(
        help: "What curves are over: steps, tokens or time; the default is steps of one run, and tokens of several.")
    var over: CurveAxis?

    func run() throws {
        try LiveServer(LivePage(of: runs, over: over), port: port).run(ready: Terminal.line)
    }
}
