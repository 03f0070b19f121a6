/// Who is told of work while it goes on, and can stop it.
public protocol RunObserver {
    /// A line that stays.
    func line(_ text: String)
    /// What a user should know beside the results.
    func warn(_ text: String)
    /// What goes on just now, in place of what went on before.
    func status(_ text: String)
    /// What a run tells.
    func show<Result>(_ event: RunEvent<Result>)
    /// What asks the run that begins next to stop.
    func interruption() -> Interruption
}

/// Nobody: nothing is said, and nothing stops.
public struct SilentObserver: RunObserver {
    public init() {}

    public func line(_ text: String) {}
    public func warn(_ text: String) {}
    public func status(_ text: String) {}
    public func show<Result>(_ event: RunEvent<Result>) {}
    public func interruption() -> Interruption { Interruption() }
}
