import Attention
import Checkpoints

extension RouteCosts {
    /// The costs that a run began with, which continuing to the same bits takes.
    ///
    /// - Throws: `CheckpointError` where they are none.
    init(of state: RunState, _ folder: RunFolder) throws {
        guard let values = state.routeCosts else {
            // Programs before had these alone, on every machine.
            self = .ofAVX512
            return
        }
        guard let costs = RouteCosts(values) else {
            throw CheckpointError(
                folder.state(state.step), "routeCosts are not those of this program; choose another --output")
        }
        self = costs
    }
}
