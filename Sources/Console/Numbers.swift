import Foundation
import Training

/// Numbers as people read them.
public enum Show {
    /// `0:42`, `12:05`, `3:04:05`
    public static func time(_ seconds: Double) -> String {
        guard times.contains(seconds) else { return "–" }
        let total = Int(seconds.rounded())
        let (hours, minutes, rest) = (total / 3600, total / 60 % 60, total % 60)
        return hours > 0
            ? String(format: "%d:%02d:%02d", hours, minutes, rest) : String(format: "%d:%02d", minutes, rest)
    }

    /// `3.4 ms`, `0.52 s`, `31 s`: of three digits
    public static func duration(_ seconds: Double) -> String {
        seconds < 0.1 ? String(format: "%.3g ms", 1e3 * seconds) : String(format: "%.3g s", seconds)
    }

    /// `12 s`, `5 min`, `3 h`, `2 days`
    public static func age(_ seconds: Double) -> String {
        switch seconds {
        case ..<90: "\(Int(max(0, seconds))) s"
        case ..<5400: "\(Int(seconds / 60)) min"
        case ..<172_800: "\(Int(seconds / 3600)) h"
        default: times.contains(seconds) ? "\(Int(seconds / 86400)) days" : "–"
        }
    }

    /// Seconds up to thirty years: what is not among them has no clock's form.
    private static let times = 0...1e9

    /// `57.10`, and of a run that diverges `4.68e+65`
    public static func perplexity(_ value: Double) -> String { String(format: value < 1e6 ? "%.2f" : "%.3g", value) }

    /// `512`, `4.1k`, `28.8M`, `1.2G`
    public static func count(_ value: Double) -> String {
        // By what is written: 999,960 is 1.0M, and no 1000k.
        for (limit, unit) in [(1e9, "G"), (1e6, "M"), (1e3, "k")]
        where value.rounded() >= limit * (limit > 1e3 ? 0.9995 : 1) {
            return String(format: value >= 99.95 * limit ? "%.0f%@" : "%.1f%@", value / limit, unit)
        }
        return String(format: "%.0f", value)
    }

    public static func count(_ value: Int) -> String { count(Double(value)) }

    /// `67,349`
    public static func grouped(_ value: Int) -> String { value.grouped }

    /// `61.3%`
    public static func percent(_ share: Double) -> String {
        // Without the sign of what is nothing once it is rounded.
        String(format: "%.1f%%", abs(share) < 0.0005 ? 0 : 100 * share)
    }

    /// `0.2381`, `1,234,568`
    public static func amount(_ value: Double) -> String {
        (1e4..<1e15).contains(abs(value)) ? grouped(Int(value.rounded())) : String(format: "%.4g", value)
    }

    /// `3.210`, `42.0%`, `57.10`, `1,508`
    public static func value(_ figure: Figure) -> String {
        switch figure.unit {
        case .loss: loss(figure.value)
        case .share: percent(figure.value)
        case .perplexity: perplexity(figure.value)
        case .amount: amount(figure.value)
        case .count: Int(exactly: figure.value.rounded()).map(grouped) ?? amount(figure.value)
        }
    }

    /// `2.303`, or a dash where there is none.
    public static func loss(_ value: Double?) -> String { value.map { String(format: "%.3f", $0) } ?? "–" }

    /// `masked accuracy 42.0%, perplexity 57.10`, less what is only counted.
    public static func figures(_ figures: [Figure]) -> String {
        figures.filter { $0.unit != .count }.map { "\($0.title) \(value($0))" }.joined(separator: ", ")
    }

    /// The same of a result: `accuracy 81.2% on 872 rows`
    public static func result(_ result: some EvaluationResult) -> String { figures(result.figures) + result.remark }

    /// `1.4 MB`
    public static func bytes(_ value: Int) -> String {
        for (limit, unit) in [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")] where Double(value) >= limit {
            return String(format: "%.1f %@", Double(value) / limit, unit)
        }
        return "\(value) bytes"
    }

    /// A share in hundredths without the sign, as scores stand in tables: `85.4`
    public static func points(_ share: Double) -> String { String(format: "%.1f", 100 * share) }
}

extension String {
    /// The text as one part of a path: what is neither letter, number nor one of `-_.=` becomes a dash, and so does a dot in front,
    /// which would hide the folder or leave it.
    public var asFolderName: String {
        let name = String(map { $0.isLetter || $0.isNumber || "-_.=".contains($0) ? $0 : "-" })
        return name.hasPrefix(".") ? "-" + name.dropFirst() : name
    }
}
