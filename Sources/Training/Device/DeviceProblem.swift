import Attention
import Bert
import Tensors

/// What of a run no GPU computes.
public struct DeviceProblem: Sendable, Equatable {
    /// Of a recipe, that says it.
    public let key: String
    public let text: String

    public init(_ key: String, _ text: String) { (self.key, self.text) = (key, text) }
}

extension TrainingOptions {
    /// All of it, with this encoder and what the objective brings.
    public func problemsOnDevice(_ encoder: EncoderOptions, _ objective: DeviceProblem? = nil) -> [DeviceProblem] {
        let count = shards ?? 1
        return [
            count > 1 ? DeviceProblem("shards", "shards is \(count); a GPU takes 1") : nil,
            wire == .bf16 ? DeviceProblem("wire", "wire is bf16; a GPU has no ranks to send gradients to") : nil,
            objective,
            optimizer.rule.deviceRule == nil
                ? DeviceProblem("optimizer.kind", "optimizer.kind: \(optimizer.rule.name) runs on the CPU only") : nil,
            encoder.problemOnDevice,
        ].compactMap { $0 }
    }
}

extension EncoderOptions {
    /// Why no GPU can run it; nil where one can.
    var problemOnDevice: DeviceProblem? {
        if width % 8 != 0 || intermediate % 8 != 0 {
            return DeviceProblem(
                "model.width",
                "model.width is \(width) and model.intermediate \(intermediate); a GPU takes multiples of 8")
        }
        if width > 16384 {
            return DeviceProblem("model.width", "model.width is \(width); a GPU takes at most 16384")
        }
        return attention.problemOnDevice(headWidth: width / heads, length: longest).map {
            DeviceProblem("model.attention", "model.attention: \($0)")
        }
    }
}

extension Precision {
    /// Whether this CPU, or the GPU that is chosen, can multiply such numbers.
    public func isAvailable(on device: DeviceChoice?) -> Bool {
        switch device ?? .cpu {
        case .cpu: isAvailable
        case .cuda: true
        case .auto: isAvailable || (try? DeviceChoice.cuda.open()) != nil
        }
    }
}
