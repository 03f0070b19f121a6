import Foundation

/// What is wrong with a text or its tokenized form: one line that begins with the place.
public struct CorpusError: Error, Equatable, Sendable, CustomStringConvertible {
    public let place: String
    public let problem: String

    public init(_ place: String, _ problem: String) {
        self.place = place
        self.problem = problem
    }

    init(_ url: URL, _ problem: String) { self.init(url.relativePath, problem) }

    public var description: String { "\(place): \(problem)" }
}
