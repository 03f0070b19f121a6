import CKernels
import Foundation
import Tensors

/// Which of OpenBLAS's kernels this process has, and why.
///
/// OpenBLAS chooses when it is loaded, by a list of the CPUs of its time, and takes one that it does not know for the oldest of
/// all. Only the environment that a process begins with tells it otherwise, so the process begins once more.
public enum OpenBLASChoice {
    /// `OpenBLAS SkylakeX core`, and what it is in the place of.
    public static var title: String { "OpenBLAS \(core)" }

    /// `SkylakeX core`, and what it is in the place of.
    public static var core: String {
        let (name, earlier) = (OpenBLAS.coreName, replaced ?? OpenBLAS.coreName)
        return "\(name) core" + (name == earlier ? "" : " in the place of \(earlier)")
    }

    /// What a user may want to change; nil for nothing.
    public static var note: String? {
        OpenBLAS.problem
            ?? note(
                core: OpenBLAS.coreName, level: level, pin: pin, cachePin: variable(cachePinName),
                isReplaced: replaced != nil)
    }

    /// Begins this process once more where OpenBLAS has better kernels for its CPU than it chose and no user has pinned them: with
    /// the same arguments, files and signals. To be called before anything else happens.
    public static func startAgainWhereBetter() {
        guard
            let core = replacement(of: OpenBLAS.coreName, level: level, pin: pin, isReplaced: replaced != nil)
        else { return }
        let program = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        // A loader that was called by its own name would take the first argument for the program.
        guard !program.lastPathComponent.contains(".so") else { return }
        setenv(pinName, core, 1)
        setenv(replacedName, OpenBLAS.coreName, 1)
        // By its name, which lists of processes show; by the link where the file has been replaced meanwhile.
        for path in [program.path, "/proc/self/exe"] { execv(path, CommandLine.unsafeArgv) }
        // Slower, but as right as before.
        unsetenv(pinName)
        unsetenv(replacedName)
    }

    private static var pin: String? { pin(variable(pinName), core: OpenBLAS.coreName) }

    /// The core that a user asks for, where OpenBLAS knows it: of others, and of nothing, it chooses as if nobody had asked. Some of
    /// the oldest have another's kernels, and its name: Banias is Prescott.
    static func pin(_ name: String?, core: String) -> String? {
        name.flatMap { ofAVX2.union(beforeAVX2).union([core.lowercased()]).contains($0.lowercased()) ? $0 : nil }
    }

    /// The core that a process begins again with; nil where it goes on as it is.
    static func replacement(of core: String, level: String, pin: String?, isReplaced: Bool) -> String? {
        pin == nil && !isReplaced ? better(than: core, level: level) : nil
    }

    static func note(core: String, level: String, pin: String?, cachePin: String?, isReplaced: Bool) -> String? {
        let better = better(than: core, level: level)
        if pin == nil, isReplaced, better != nil {
            return "OpenBLAS has no core for the \(level) of this CPU, and takes \(core); install a newer OpenBLAS"
        }
        let pins = [
            pin.flatMap { better == nil ? nil : "\(pinName)=\($0)" }, cachePin.map { "\(cachePinName)=\($0)" },
        ].compactMap { $0 }
        guard pins.isEmpty else {
            return "OpenBLAS is pinned by \(pins.joined(separator: " ")); unset it to let OpenBLAS choose for this CPU"
        }
        return pin.map { "OpenBLAS is pinned by \(pinName)=\($0)" }
    }

    /// A core of OpenBLAS for this level of instructions; nil where `core` is of that level, or not known here.
    private static func better(than core: String, level: String) -> String? {
        let name = core.lowercased()
        switch level {
        case "AVX-512": return beforeAVX2.contains(name) || ofAVX2.contains(name) ? "SkylakeX" : nil
        case "AVX2": return beforeAVX2.contains(name) ? "Haswell" : nil
        default: return nil
        }
    }

    // OpenBLAS, driver/others/dynamic.c; of Bulldozer and its successors it is not known here what is faster.
    private static let ofAVX2: Set = ["haswell", "zen"]
    private static let beforeAVX2: Set = [
        "katmai", "coppermine", "northwood", "prescott", "banias", "atom", "core2", "penryn", "dunnington", "nehalem",
        "athlon", "opteron", "opteron_sse3", "barcelona", "bobcat", "nano", "sandybridge",
    ]

    private static let (pinName, cachePinName) = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
    private static let replacedName = "YOSO_OPENBLAS_REPLACED"

    /// The core that OpenBLAS had chosen before this process began again. Other programs that it starts choose for themselves.
    private static let replaced: String? = {
        guard let name = variable(replacedName) else { return nil }
        unsetenv(pinName)
        unsetenv(replacedName)
        return name
    }()

    private static var level: String { String(cString: ck_level()) }

    private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
