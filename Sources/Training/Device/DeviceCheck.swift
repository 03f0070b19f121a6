import Attention
import Bert
import Communication
import Cuda

/// What a GPU cannot do of what a run asks for.
enum DeviceCheck {
    /// - Throws: `TrainingError.device`, by the key of a recipe.
    static func check<O: Objective>(
        _ options: some TrainingOptions, _ objective: O, _ ranks: any Communicator
    ) throws {
        if ranks.size > 1 { throw TrainingError.device("a GPU takes one process, and these are \(ranks.size)") }
        if let shards = options.shards, shards > 1 {
            throw TrainingError.device("shards is \(shards); a GPU takes 1")
        }
        if let problem = objective.problemOnDevice ?? objective.encoder.options.problemOnDevice {
            throw TrainingError.device(problem)
        }
    }
}

extension EncoderOptions {
    /// Why no GPU can run it; nil where one can.
    var problemOnDevice: String? {
        if width % 8 != 0 || intermediate % 8 != 0 {
            return "model.width is \(width) and model.intermediate \(intermediate); a GPU takes multiples of 8"
        }
        return attention.problemOnDevice(headWidth: width / heads).map { "model.attention: \($0)" }
    }
}
