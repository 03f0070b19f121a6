import Foundation

/// What the checkpoints of a run take of a disk, and what is left there.
public enum DiskSpace {
    /// At most: values and moments of four bytes each in the `kept` checkpoints and in the one being written, and the values of
    /// the best.
    static func bytes(parameters: Int, moments: Int, kept: Int) -> Int {
        4 * parameters * ((1 + moments) * (kept + 1) + 1)
    }

    /// Bytes that are free where `folder` is, or will be; nil where the system does not say.
    public static func free(at folder: URL) -> Int? {
        var place = folder.standardizedFileURL
        while !FileManager.default.fileExists(atPath: place.path), place.path != "/" { place.deleteLastPathComponent() }
        let facts = try? FileManager.default.attributesOfFileSystem(forPath: place.path)
        return (facts?[.systemFreeSize] as? NSNumber)?.intValue
    }
}

extension CheckpointSaver {
    /// Why a run that begins will lack room for its checkpoints; nil where it will not.
    func shortage(for model: SlicedModel) -> String? {
        let wanted = DiskSpace.bytes(
            parameters: model.layout.parameterCount, moments: model.optimizer.moments.count, kept: keep)
        guard let free = DiskSpace.free(at: folder.url), free < wanted else { return nil }
        return "checkpoints take up to \(wanted / 1_000_000) MB, and \(free / 1_000_000) MB of disk are free"
    }
}
