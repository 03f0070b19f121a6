import Checkpoints
import Communication
import Foundation
import Recipes

extension RunFolder {
    /// Opens or creates the folder at `path` for a run of a recipe of `kind`.
    ///
    /// - Throws: as `init(_:)`; `CheckpointError` where a run of another kind is there.
    convenience init(_ path: String, of kind: RecipeKind) throws {
        try self.init(URL(fileURLWithPath: path, isDirectory: true))
        guard Ranks.current.isFirst else { return }
        let recipe = RecipeTexts(of: url.appendingPathComponent(Self.recipeName))
        guard let found = recipe?["kind"].flatMap(RecipeKind.init), found != kind else { return }
        throw CheckpointError(url, "holds \(found.title), and this is \(kind.title); choose another --output")
    }
}
