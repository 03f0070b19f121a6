import Foundation

/// A user's choice of OpenBLAS kernels by environment: respected, and said once.
public enum OpenBLASPin {
    public static var current: String? {
        let environment = ProcessInfo.processInfo.environment
        let pins = ["OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"].compactMap { name in
            environment[name].map { "\(name)=\($0)" }
        }
        guard !pins.isEmpty else { return nil }
        return "OpenBLAS is pinned by \(pins.joined(separator: " ")); unset it to let OpenBLAS choose for this CPU"
    }
}
