import ArgumentParser

extension CommandConfiguration {
    /// - Parameter example: a command that works as it stands once its files are there; below the discussion.
    public init(
        commandName: String? = nil, abstract: String, discussion: String = "", example: String, version: String = "",
        subcommands: [any ParsableCommand.Type] = []
    ) {
        self.init(
            commandName: commandName, abstract: abstract,
            discussion: (discussion.isEmpty ? "" : discussion + "\n\n") + "Example: \(example)", version: version,
            subcommands: subcommands)
    }
}
