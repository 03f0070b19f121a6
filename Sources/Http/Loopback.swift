import Foundation

/// Whether a server of this address is asked by this machine alone: 127.0.0.0/8 (RFC 1122, section 3.2.1.3), ::1, and their name.
public func isLoopback(_ host: String) -> Bool {
    var address = in_addr()
    return ["::1", "localhost"].contains(host.lowercased())
        || host.hasPrefix("127.") && inet_pton(AF_INET, host, &address) == 1
}

/// Whether an authority, such as `localhost:8080`, calls a server by a name of the machine that it is on. A page of elsewhere may have its
/// own name stand for this machine (DNS rebinding), and then asks under that.
public func isOfThisMachine(_ authority: String) -> Bool {
    guard let parts = authority.wholeMatch(of: /(?:\[(?<six>[^\]]*)\]|(?<name>[^:\[\]]*))(?::[0-9]*)?/) else {
        return false
    }
    return isLoopback(String(parts.six ?? parts.name ?? ""))
}
