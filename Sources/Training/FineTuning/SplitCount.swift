import Foundation

/// The rows of a split that is not the official one.
public struct SplitCount: Sendable, Codable, Equatable, CustomStringConvertible {
    /// As tables write the file: `QNLI`, `MNLI-mm`.
    public let title: String
    /// `training` or `dev`.
    public let split: String
    /// 0 where the file is not there.
    public let rows: Int
    /// 0 of rows that are of no benchmark.
    public let official: Int

    /// `QNLI: 11,803 of 104,743 training rows`, `SST-2: 400 training rows that yoso generated`
    public var description: String {
        official == 0 && rows > 0
            ? "\(title): \(rows.grouped) \(split) rows that yoso generated"
            : "\(title): \(rows.grouped) of \(official.grouped) \(split) rows"
    }
}

extension Int {
    /// `67,349`
    public var grouped: String {
        let digits = String(magnitude)
        let groups = digits.enumerated().map { index, digit in
            index > 0 && (digits.count - index) % 3 == 0 ? ",\(digit)" : "\(digit)"
        }
        return (self < 0 ? "-" : "") + groups.joined()
    }
}
