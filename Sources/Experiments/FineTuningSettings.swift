import Recipes

/// By which keys the rows of a table are of one kind.
extension FineTuning {
    /// What is set, and what a recipe of the user's own says otherwise than the task's, less what may differ between the rows of a
    /// table: the seed, what changes no bit or little of one, and the keys of `grid`, or where that is empty of what the protocol
    /// tunes. Values are as they are meant, however they are written.
    func settings(less grid: [String]) -> [String] {
        settings(less: grid) { own in
            var plain = self
            (plain.recipe, plain.task, plain.data) = (nil, own.task.name, own.data)
            guard !own.isOwnTask, let plain = try? plain.read() else { return [] }
            return own.resolved.differences(from: plain.resolved)
        }
    }

    /// The same of all tasks by one recipe, of which it counts what the recipe says: those of the tasks differ among themselves.
    func settingsOfAll(less grid: [String]) -> [String] {
        settings(less: grid) { $0.resolved.statedInFile }
    }

    private func settings(
        less grid: [String], ofRecipe said: (FineTuningRecipe) -> [(key: String, value: String)]
    ) -> [String] {
        if let tableSettings { return tableSettings }
        let varied =
            Self.places + ["seed", "threads", "device", "deviceTokens", "recompute"]
            + (grid.isEmpty ? publishedGrid : grid).map { String($0.prefix { $0 != "=" }) }
        let read = try? read()
        let set = overrides.map { (key: $0.key, value: read?.resolved.meaning(of: $0.key) ?? $0.value) }
        let own = recipe == nil ? [] : read.map(said) ?? []
        return Set((set + own).filter { !varied.contains($0.key) }.map { "\($0.key)=\($0.value)" }).sorted()
    }

    /// Keys that say where things are, and not what is learned.
    private static let places = ["kind", "name", "task", "checkpoint", "data"]
}
