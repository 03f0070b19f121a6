import Checkpoints
import Foundation
import Training

extension Computing {
    /// What computes, which the first line of a run and every figure name.
    public var title: String { device?.title ?? OpenBLASChoice.title }
    /// What a user may want to know or change.
    public var notes: [String] { [note, device == nil ? OpenBLASChoice.note : nil].compactMap { $0 } }
}

extension RunObserver {
    /// The first lines of a run: its folder, what computes it, and what a user may want to know or change.
    public func begin(_ folder: RunFolder, _ computing: Computing, _ more: String = "") {
        line("\(folder.url.relativePath): \(computing.title)\(more)")
        computing.notes.forEach { line("note: \($0)") }
    }
}
