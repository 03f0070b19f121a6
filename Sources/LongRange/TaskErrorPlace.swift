import Foundation
import Tasks

extension TaskError {
    init(_ url: URL, line: Int? = nil, _ problem: String) {
        self.init(url.relativePath + (line.map { ":\($0)" } ?? ""), problem)
    }
}
