import Training

/// Why a search has no best point.
struct AllDiverged: Error, CustomStringConvertible {
    let folder: String
    /// `points`, `seeds`
    let what: String

    var description: String { "\(folder): all \(what) diverged; wanted for example a lower optimizer.rate" }
}

extension RunObserver {
    /// What the run of `body` gives; nil, with a line, where it diverges, which ends no other run.
    func unlessDiverged<Result>(_ body: () throws -> Result) throws -> Result? {
        do { return try body() } catch let error as TrainingError {
            guard case .diverged = error else { throw error }
            line("diverged: \(error)")
        } catch let error as AllDiverged { line("\(error)") }
        return nil
    }
}
