import ArgumentParser
import Checkpoints
import Console
import Experiments
import Serving

/// `yoso serve --checkpoint C`: an HTTP server of a model.
struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve predictions, filled masks and vectors of a model over HTTP.",
        discussion: "The page at / has a text box, and /openapi.json says the rest.",
        example: "yoso serve --checkpoint Checkpoints/sst2")

    @Option(help: "A Hugging Face folder, or a run; without it the model in the box.", completion: .run)
    var checkpoint: String?
    @Option(help: "The address to listen on; 0.0.0.0 for all of this machine.") var host = "127.0.0.1"
    @Option(help: "The port to listen on; 0 for any that is free.") var port: UInt16 = 8080
    @Option(help: "A file with a token that clients have to send: Authorization: Bearer TOKEN.") var token: String?
    @Option(help: "Most texts that may wait (beyond them 429), and in one request, at most 2048 (413).")
    var queue = 4096
    @Option(help: "Seconds until a request is answered with 503.") var timeout = 30
    @Option(help: "Threads, 0 for one a core.") var threads = 0
    @OptionGroup var computation: Computation

    func validate() throws { try checkThreads(threads) }

    func run() throws {
        let (limits, token) = (try Limits(queue: queue, timeout: timeout), try token.map(Server.token))
        let model = try ServedModel(
            pretrained(checkpoint), name: checkpoint ?? ModelPath.inBox, threads: threads,
            precision: computation.precision, device: computation.device, limits: limits)
        try Server(model, host: host, port: Int(port), token: token).run(say: Terminal.line, warn: Terminal.warn)
    }
}
