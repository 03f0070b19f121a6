import Checkpoints
import Foundation

/// All weights of a checkpoint in memory, by the names that they have there.
struct CheckpointWeights {
    struct Entry {
        let name: String
        let shape: [Int]
        /// In `values`.
        let range: Range<Int>
    }

    let entries: [Entry]
    private let values: [Float]

    var count: Int { values.count }

    /// - Throws: `CheckpointError` that names the first tensor that is no weight, holds what is no finite number, or a number that
    ///   `precision` has not.
    init(of folder: URL, fitting precision: WeightPrecision) throws {
        let files = try WeightFiles(of: folder)
        var (entries, end) = ([Entry](), 0)
        for name in files.names where !WeightFiles.isImplied(name) {
            let shape = files.shape(of: name) ?? []
            let count = shape.reduce(1, *)
            entries.append(Entry(name: name, shape: shape, range: end..<end + count))
            end += count
        }
        self.entries = entries
        values = try [Float](unsafeUninitializedCapacity: end) { values, count in
            for entry in entries {
                let part = UnsafeMutableBufferPointer(rebasing: values[entry.range])
                try files.read(entry.name, into: part)
                var largest: Float = 0
                for value in part {
                    guard value.isFinite else {
                        throw CheckpointError(
                            files.url,
                            "\(entry.name) holds values that are no finite numbers; wanted a model that did not diverge"
                        )
                    }
                    largest = max(largest, value.magnitude)
                }
                guard precision.rounded(largest).isFinite else {
                    throw CheckpointError(
                        files.url,
                        "\(entry.name) holds \(largest), which \(precision.rawValue) has no number for; choose another --precision"
                    )
                }
            }
            count = end
        }
    }

    /// Lends `body` all of them as tensors.
    func withTensors<Result>(_ body: ([NamedTensor]) throws -> Result) rethrows -> Result {
        try values.withUnsafeBufferPointer { values in
            try body(
                entries.map { entry in
                    NamedTensor(
                        name: entry.name, shape: entry.shape,
                        values: UnsafeBufferPointer(rebasing: values[entry.range]))
                })
        }
    }

    /// Reads what was written into `folder`, and compares it.
    ///
    /// - Throws: `CheckpointError` where a tensor is not of the same name, shape and numbers, rounded to `precision`.
    func check(writtenTo folder: URL, as precision: WeightPrecision) throws {
        let files = try WeightFiles(of: folder)
        guard files.names == entries.map(\.name) else {
            throw CheckpointError(files.url, "reads back with other tensors than were written")
        }
        for entry in entries {
            let same =
                try files.shape(of: entry.name) == entry.shape
                && files.floats(entry.name).elementsEqual(values[entry.range].lazy.map(precision.rounded))
            guard same else {
                throw CheckpointError(files.url, "\(entry.name) reads back as other numbers than were written")
            }
        }
    }
}
