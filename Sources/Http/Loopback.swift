/// Whether a server of this address is asked by this machine alone.
public func isLoopback(_ host: String) -> Bool { ["127.0.0.1", "::1", "localhost"].contains(host.lowercased()) }

/// Whether an authority, such as `localhost:8080`, calls a server by a name of the machine that it is on. A page of elsewhere may have its
/// own name stand for this machine (DNS rebinding), and then asks under that.
public func isOfThisMachine(_ authority: String) -> Bool {
    guard let parts = authority.wholeMatch(of: /(?:\[(?<six>[^\]]*)\]|(?<name>[^:\[\]]*))(?::[0-9]*)?/) else {
        return false
    }
    return isLoopback(String(parts.six ?? parts.name ?? ""))
}
