import Dispatch
import Foundation
import Training

/// Turns Ctrl-C and SIGTERM into a request to save and leave; a second signal leaves at once.
struct Signals {
    let interruption = Interruption()
    private let sources: [any DispatchSourceSignal]

    init() {
        let interruption = interruption
        sources = [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if interruption.isRequested { _exit(128 + number) }
                interruption.request()
                FileHandle.standardError.write(Data("\nstopping at the next step; once more to leave at once\n".utf8))
            }
            source.resume()
            return source
        }
    }
}
