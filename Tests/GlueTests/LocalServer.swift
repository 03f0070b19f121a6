import Foundation

/// A web server for tests on a free port of this machine, one request a connection.
final class LocalServer: Sendable {
    /// What it does with a request for `content`.
    enum Behaviour: Sendable {
        case ranges, ignoresRanges, missing
        /// Closes each connection after so many bytes of the body, and ends the content there.
        case truncates(Int)
        /// Says that the content has so many bytes.
        case claims(Int)
        /// Sends and sends.
        case endless
        /// Sends so many bytes from the start, and then nothing until the client has enough of it.
        case stalls(Int)
        /// Never answers.
        case slow
    }

    let url: URL
    private let socket: Int32

    init(_ content: Data, _ behaviour: Behaviour) throws {
        let listener = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard bound, listen(listener, 8) == 0,
            let url = URL(string: "http://127.0.0.1:\(address.sin_port.bigEndian)/a.zip")
        else { throw POSIXError(.EADDRNOTAVAIL) }
        (self.url, socket) = (url, listener)
        Thread.detachNewThread {
            // Closed here alone: the number of a closed socket may be another server's next.
            defer { close(listener) }
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                if case .slow = behaviour { continue }
                Self.answer(connection, content, behaviour)
                shutdown(connection, Int32(SHUT_RDWR))
                close(connection)
            }
        }
    }

    deinit { shutdown(socket, Int32(SHUT_RDWR)) }

    private static func answer(_ connection: Int32, _ content: Data, _ behaviour: Behaviour) {
        var buffer = [UInt8](repeating: 0, count: 8192)
        let read = Foundation.read(connection, &buffer, buffer.count)
        let request = String(decoding: buffer.prefix(max(0, read)), as: UTF8.self).lowercased()
        let range = request.range(of: "bytes=").map { request[$0.upperBound...].prefix { !$0.isNewline } } ?? "0-"
        let bounds = range.split(separator: "-").compactMap { Int($0) }
        var available = content
        if case .truncates(let bytes) = behaviour { available = content.prefix(bytes) }
        var (head, body) = ("HTTP/1.1 404 Not Found", Data())
        switch behaviour {
        case .missing, .slow: break
        case .endless: (head, body) = ("HTTP/1.1 200 OK", Data(count: 64 << 20))
        case .ignoresRanges: (head, body) = ("HTTP/1.1 200 OK", content)
        case .ranges, .truncates, .claims, .stalls:
            var total = content.count
            if case .claims(let bytes) = behaviour { total = bytes }
            let first = min(bounds[0], available.count)
            body = available[first..<min(bounds[1] + 1, available.count)]
            head =
                "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes \(first)-\(first + body.count - 1)/\(total)"
        }
        let answer = Data("\(head)\r\nContent-Length: \(body.count)\r\nConnection: close\r\n\r\n".utf8) + body
        var count = answer.count
        if case .stalls(let bytes) = behaviour, bounds[0] == 0 { count += bytes - body.count }
        defer { if count < answer.count { _ = Foundation.read(connection, &buffer, buffer.count) } }
        answer.prefix(count).withUnsafeBytes { bytes in
            var sent = 0
            while sent < bytes.count, let base = bytes.baseAddress {
                let part = send(connection, base + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
                guard part > 0 else { return }
                sent += part
            }
        }
    }
}
