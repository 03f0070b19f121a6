import Checkpoints
import Foundation

/// The weights of a folder for the hub in one of its formats.
protocol HubWeights {
    var precision: WeightPrecision { get }
    /// How many there are.
    var count: Int { get }

    func write(into folder: URL) throws

    /// Reads what was written, and compares it.
    ///
    /// - Throws: `CheckpointError` where it is another.
    func check(writtenInto folder: URL) throws
}
