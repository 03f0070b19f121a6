import Foundation
import Training

/// Where the time of a step goes.
public struct PhaseTable {
    private let rows: [StepProfile.Row]

    public init(rows: [StepProfile.Row]) { self.rows = rows }

    public var lines: [String] {
        let total = rows.reduce(0) { $0 + $1.seconds }
        return rows.map { row in
            "  " + row.phase.padding(toLength: 22, withPad: " ", startingAt: 0)
                + String(format: "%8.2f ms  %@", 1e3 * row.seconds, Show.percent(total > 0 ? row.seconds / total : 0))
        }
    }
}
