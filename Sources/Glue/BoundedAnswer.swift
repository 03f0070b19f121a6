import Foundation
import Synchronization

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The answer of a server to one request, which is cut off where it grows beyond a limit.
final class BoundedAnswer: NSObject, URLSessionDataDelegate, Sendable {
    struct State {
        var data = Data()
        var response: HTTPURLResponse?
        var problem: String?
        var isTooLong = false
    }

    let state = Mutex(State())
    /// Signalled at the end.
    let done = DispatchSemaphore(value: 0)
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    func urlSession(_: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
        let isTooLong = state.withLock { state in
            state.isTooLong = state.isTooLong || state.data.count + data.count > limit
            if !state.isTooLong { state.data.append(data) }
            return state.isTooLong
        }
        if isTooLong { dataTask.cancel() }
    }

    func urlSession(_: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?) {
        state.withLock { state in
            state.response = task.response as? HTTPURLResponse
            state.problem = error?.localizedDescription
        }
        done.signal()
    }
}
