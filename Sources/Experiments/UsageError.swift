/// What nobody can do that was asked for, in the words of who asked: no file is to blame.
public struct UsageError: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }
}
