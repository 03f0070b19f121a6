/// What is wrong with a task or its files: one line that begins with the place.
public struct TaskError: Error, Equatable, Sendable, CustomStringConvertible {
    public let place: String
    public let problem: String

    /// - Parameter place: of the working folder without `./`, as one would name it.
    public init(_ place: String, _ problem: String) {
        self.place = place.hasPrefix("./") && place != "./" ? String(place.dropFirst(2)) : place
        self.problem = problem
    }

    public var description: String { place.isEmpty ? problem : "\(place): \(problem)" }
}
