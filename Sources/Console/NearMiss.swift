import ArgumentParser
import Options

/// A command or an option that is not there, and the one that was meant.
public enum NearMiss {
    /// Looks at the arguments of this process.
    ///
    /// - Throws: `ValidationError` where one is no text, and `Misuse` where a command or an option is not there.
    public static func check(of root: any ParsableCommand.Type) throws {
        try checkText()
        try check(Array(CommandLine.arguments.dropFirst()), of: root)
    }

    /// - Throws: `Misuse` where the first of `arguments` is no subcommand of `command`, or of a command without
    ///   subcommands where one of them is an option that it does not have.
    private static func check(_ arguments: [String], of command: any ParsableCommand.Type) throws {
        let subcommands = command.configuration.subcommands
        guard !subcommands.isEmpty else { return try checkOptions(arguments, of: command) }
        guard let name = arguments.first, !name.hasPrefix("-") else { return }
        // What help is asked of.
        guard name != "help" else { return try check(Array(arguments.dropFirst()), of: command) }
        let names = subcommands.map { $0._commandName }
        guard let index = names.firstIndex(of: name) else {
            throw Misuse(command, "unknown command \(described(name, names))")
        }
        try check(Array(arguments.dropFirst()), of: subcommands[index])
    }

    /// - Throws: `ValidationError` where an argument of this process is no text: the name of a file in other bytes would be another's.
    private static func checkText() throws {
        for (index, argument) in CommandLine.arguments.enumerated() {
            guard let bytes = CommandLine.unsafeArgv[index], String(validatingCString: bytes) == nil else { continue }
            throw ValidationError("argument \(index), '\(argument)', is not UTF-8")
        }
    }

    private static func checkOptions(_ arguments: [String], of command: any ParsableCommand.Type) throws {
        // Help mentions some more than once.
        let mentioned = command.helpMessage(columns: 80).matches(of: /--[a-z][a-z-]*/).map { String($0.output) }
        let names = mentioned.enumerated().filter { !mentioned[..<$0].contains($1) }.map(\.element) + ["--version"]
        // Behind `--` all is text.
        let arguments = arguments.prefix { $0 != "--" }
        for argument in arguments where argument.hasPrefix("--") {
            let name = String(argument.prefix { $0 != "=" })
            guard names.contains(name) else { throw Misuse(command, "unknown option \(described(name, names))") }
        }
        for (option, value) in zip(arguments, arguments.dropFirst()) where option.hasPrefix("--") && value.isEmpty {
            throw Misuse(command, "\(option) '': wanted a value")
        }
        // Beside --search, which makes a grid of several, the last one alone would count.
        guard arguments.count(where: { $0 == "--over" || $0.hasPrefix("--over=") }) < 2 else {
            throw Misuse(command, "--over is there twice; wanted one key with its values")
        }
    }

    private static func described(_ name: String, _ names: [String]) -> String {
        let hint = Spelling.nearest(to: name, among: names).map { "did you mean '\($0)'?" }
        return "'\(name)' (\(hint ?? "wanted \(names.joined(separator: ", "))"))"
    }
}
