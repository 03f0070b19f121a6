import CShipped
import Foundation

/// A recipe or a vocabulary that ships inside the binary, under the path that it has in the repository.
public struct ShippedFile: Sendable {
    /// Relative to the root of the repository.
    public let path: String
    public let data: Data

    /// All of them, by path.
    public static let all: [ShippedFile] = (0..<shipped_count()).map { index in
        let file = shipped_at(index)
        return ShippedFile(path: String(cString: file.path), data: Data(bytes: file.bytes, count: file.count))
    }

    /// What is read at `path`: the file there, or where there is none the one of that path that ships.
    public static func contents(at path: String) -> Data? {
        FileManager.default.contents(atPath: path)
            ?? (FileManager.default.fileExists(atPath: path) ? nil : all.first { $0.path == path }?.data)
    }

    /// The path of the recipe that `name` stands for: `mini` for `Recipes/Pretraining/mini.yaml`, and a path for itself. A folder is
    /// no recipe: runs and texts are often called like one.
    ///
    /// - Parameter folder: `Pretraining` or `Finetuning`; nil for either.
    public static func recipe(_ name: String, in folder: String? = nil) -> String {
        var isFolder: ObjCBool = false
        let isThere = FileManager.default.fileExists(atPath: name, isDirectory: &isFolder)
        guard !name.contains("/"), !isThere || isFolder.boolValue else { return name }
        return recipes(in: folder).first { Self.name(of: $0) == name } ?? name
    }

    /// The paths of the recipes that ship.
    ///
    /// - Parameter folder: as of `recipe(_:in:)`.
    public static func recipes(in folder: String? = nil) -> [String] {
        all.map(\.path).filter { $0.hasPrefix("Recipes/\(folder.map { "\($0)/" } ?? "")") }
    }

    /// `mini` of `Recipes/Pretraining/mini.yaml`.
    public static func name(of path: String) -> String {
        ((path as NSString).lastPathComponent as NSString).deletingPathExtension
    }
}
