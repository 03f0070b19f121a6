import Recipes
import Tensors
import Training

/// What nobody can do that was asked for, in the words of who asked: no file is to blame.
public struct UsageError: Error, CustomStringConvertible {
    public let description: String

    public init(_ description: String) { self.description = description }

    /// - Throws: where no file system has folders of such a name.
    static func check(folder name: String, _ place: String) throws {
        guard name.utf8.count > 255 else { return }
        throw UsageError(
            "\(place)the folder \(name.prefix(40))… would have a name of \(name.utf8.count) bytes; wanted 255 at most")
    }
}

extension ResolvedRecipe.Override {
    /// - Throws: `UsageError` where a flag and `--set` name one key.
    public static func check(_ overrides: [Self]) throws {
        for flag in overrides where !flag.isSetting {
            guard let setting = overrides.first(where: { $0.isSetting && $0.key == flag.key }) else { continue }
            throw UsageError("\(flag.argument) with \(setting.argument): wanted one of them")
        }
    }
}

extension Precision {
    /// - Throws: `UsageError` where what computes has no instructions for it.
    public func check(on device: DeviceChoice) throws {
        guard isAvailable(on: device) else {
            throw UsageError("--precision \(rawValue): this CPU has no AVX512-BF16; wanted fp32")
        }
    }
}
