import Hummingbird
import JSON

/// Why a request has no answer: a status and a line.
struct Refusal: Error, Equatable {
    let status: HTTPResponse.Status
    let message: String
    var headers: HTTPFields = [:]

    /// Long values of a request are not told back in full.
    init(_ status: HTTPResponse.Status, _ message: String, _ headers: HTTPFields = [:]) {
        self.status = status
        self.message =
            message.unicodeScalars.count <= 400
            ? message
            : String(message.unicodeScalars.prefix(200)) + " … " + String(message.unicodeScalars.suffix(150))
        self.headers = headers
    }

    static func invalid(_ message: String) -> Self { Self(.unprocessableContent, message) }

    static func tooLarge(_ message: String) -> Self { Self(.contentTooLarge, message) }

    static func queueIsFull(_ waiting: Int) -> Self {
        Self(.tooManyRequests, "the queue is full, \(waiting) texts wait; ask again", [.retryAfter: "1"])
    }

    static func late(_ limit: Duration) -> Self {
        Self(
            .serviceUnavailable, "no answer within \(limit.components.seconds) s; ask again, or for less",
            [.retryAfter: "1"])
    }

    /// `{"error": {"message": …, "type": …}}`, as clients of OpenAI's interface read it.
    var response: Response {
        let type = status.code < 500 ? "invalid_request_error" : "server_error"
        let body: JSONValue = ["error": ["message": .text(message), "type": .text(type)]]
        return .json(body.description, status, headers)
    }
}

extension Response {
    static func json(
        _ text: String, _ status: HTTPResponse.Status = .ok, _ headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
