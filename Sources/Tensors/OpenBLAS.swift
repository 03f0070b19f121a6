import COpenBLAS

/// The BLAS under `multiply`: one thread a call, since parallelism lies in teams.
public enum OpenBLAS {
    /// Tells OpenBLAS, once, to use one thread a call, since of several a product has other bits than its blocks; and looks whether its
    /// products are right.
    static let isReady: Void = {
        openblas_set_num_threads(1)
        OpenBLASCheck.run()
    }()

    /// The kernel family that OpenBLAS chose, for example `SkylakeX` or `Haswell`.
    public static var coreName: String { String(cString: openblas_get_corename()) }

    /// The version, for example `0.3.21`.
    public static var version: String {
        let words = String(cString: openblas_get_config()).split(separator: " ")
        return words.count > 1 ? String(words[1]) : "unknown"
    }
}
