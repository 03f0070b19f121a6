import Foundation

/// What is wrong with a file of the Long Range Arena: one line that begins with the place.
public struct LongRangeError: Error, Equatable, Sendable, CustomStringConvertible {
    public let place: String
    public let problem: String

    init(_ url: URL, line: Int? = nil, _ problem: String) {
        place = url.relativePath + (line.map { ":\($0)" } ?? "")
        self.problem = problem
    }

    public var description: String { "\(place): \(problem)" }
}
