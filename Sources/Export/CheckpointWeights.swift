import Checkpoints
import Foundation

/// All weights of a checkpoint in memory, by the names that they have there.
struct CheckpointWeights: HubWeights {
    struct Entry {
        let name: String
        let shape: [Int]
        /// In `values`.
        let range: Range<Int>
    }

    let precision: WeightPrecision
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
        (self.entries, self.precision) = (entries, precision)
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
        try checkValue(files.url)
    }

    /// The last layer of a model of values gives them in their own unit, around its bias.
    ///
    /// - Throws: `CheckpointError` where rounding would move them by more than 2% of what the weights tell them apart by.
    private func checkValue(_ url: URL) throws {
        for layer in ["classifier", "classifier.out_proj"] {
            let parts = ["weight", "bias"].compactMap { part in entries.first { $0.name == "\(layer).\(part)" } }
            guard parts.count == 2, parts[0].shape.first == 1 else { continue }
            func length(_ numbers: some Sequence<Float>) -> Double {
                numbers.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
            }
            let spread = length(values[parts[0].range])
            for part in parts {
                let moved = length(values[part.range].lazy.map { precision.rounded($0) - $0 })
                guard moved > 0.02 * spread else { continue }
                throw CheckpointError(
                    url,
                    "\(part.name) would move by \(Float(moved)) in \(precision.rawValue), and values with it; choose another --precision"
                )
            }
        }
    }

    func write(into folder: URL) throws {
        try values.withUnsafeBufferPointer { values in
            let tensors = entries.map { entry in
                NamedTensor(
                    name: entry.name, shape: entry.shape, values: UnsafeBufferPointer(rebasing: values[entry.range]))
            }
            try SafeTensorsWriter.write(tensors, as: precision, to: folder.appendingPathComponent(WeightFiles.name))
        }
    }

    /// Every tensor is of the same name, shape and numbers, rounded to `precision`.
    func check(writtenInto folder: URL) throws {
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
