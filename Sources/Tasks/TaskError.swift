/// What is wrong with a task or its files: one line that begins with the place.
public struct TaskError: Error, Equatable, Sendable, CustomStringConvertible {
    public let place: String
    public let problem: String

    public init(_ place: String, _ problem: String) {
        self.place = place
        self.problem = problem
    }

    public var description: String { place.isEmpty ? problem : "\(place): \(problem)" }
}
