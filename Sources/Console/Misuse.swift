import ArgumentParser

/// A command line that is wrong in a way that the argument parser does not see.
public struct Misuse: Error {
    private let command: any ParsableCommand.Type
    private let problem: String

    public init(_ command: any ParsableCommand.Type, _ problem: String) {
        (self.command, self.problem) = (command, problem)
    }

    /// Runs `body` of a command, whose errors of the command line are told with its usage.
    public static func told(of command: any ParsableCommand.Type, _ body: () throws -> Void) throws {
        do { try body() } catch let error as ValidationError { throw Misuse(command, error.message) }
    }

    /// As the parser's own errors, with the usage of the command below `root` that was meant.
    public func message(below root: any ParsableCommand.Type) -> String {
        let usage = root.usageString(for: command)
        let name = usage.split(separator: " ").prefix { $0.first?.isLetter ?? false }.joined(separator: " ")
        return "Error: \(problem)\nUsage: \(usage)\n  See '\(name) --help' for more information."
    }
}
