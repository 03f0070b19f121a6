import COpenBLAS

/// The BLAS under `multiply`: one thread a call, since parallelism lies in teams.
public enum OpenBLAS {
    /// Ends the program where products are wrong: whatever it would compute is.
    static let isReady: Void = { if let problem { endProgram(problem) } }()

    /// What is wrong with its products; nil where they are right. The first look tells OpenBLAS to use one thread a call, since of
    /// several a product has other bits than its blocks.
    public static let problem: String? = {
        openblas_set_num_threads(1)
        guard !OpenBLASCheck.isPassed else { return nil }
        return "OpenBLAS \(version) multiplies wrongly with its \(coreName) core; "
            + "name another by OPENBLAS_CORETYPE, or install another version"
    }()

    /// The kernel family that OpenBLAS chose, for example `SkylakeX` or `Haswell`.
    public static var coreName: String { String(cString: openblas_get_corename()) }

    /// The version, for example `0.3.21`.
    public static var version: String {
        let words = String(cString: openblas_get_config()).split(separator: " ")
        return words.count > 1 ? String(words[1]) : "unknown"
    }
}
