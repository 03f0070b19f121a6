import Corpora
import Foundation
import SampleEnglish

/// What ships with the program: the word `sample` in the place of a path stands for generated text.
enum SampleData {
    static let name = "sample"
    /// Where generated text is written, once.
    static let folder = URL(fileURLWithPath: "Checkpoints/sample-data", isDirectory: true)

    /// The text files of `paths`, of which `sample` is generated.
    static func text(_ paths: [String]) throws -> TextFiles {
        try TextFiles(paths.map { $0 == name ? folder.path : $0 })
    }
}
