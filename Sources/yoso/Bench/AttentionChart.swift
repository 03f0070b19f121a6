import Foundation

/// Time over length of every attention, both logarithmic, as one self-contained HTML page.
struct AttentionChart {
    let report: AttentionReport

    private static let (width, height, margin) = (640.0, 420.0, 56.0)
    private static let colours = [
        "#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b", "#e377c2", "#17becf", "#7f7f7f", "#bcbd22",
        "#000000", "#aec7e8",
    ]

    var html: String {
        let charts = Set(report.records.map(\.data)).sorted().flatMap { data in
            [
                chart("Forward, \(data)", data, \.forward),
                chart("Forward and backward, \(data)", data, \.forwardBackward),
            ]
        }
        return """
            <!DOCTYPE html>
            <html lang="en"><meta charset="utf-8"><title>Attention over length</title>
            <body style="font-family: sans-serif">
            <h1>Milliseconds a head of \(report.width) over tokens</h1>
            <p>\(report.machine), \(report.threads) threads</p>
            \(charts.joined(separator: "\n"))
            </body></html>

            """
    }

    private func chart(_ title: String, _ data: String, _ time: KeyPath<AttentionRecord, Double>) -> String {
        let records = report.records.filter { $0.data == data && $0[keyPath: time] > 0 }
        let names = records.reduce(into: [String]()) { if !$0.contains($1.name) { $0.append($1.name) } }
        let x = Axis(records.map { Double($0.length) }, from: Self.margin, to: Self.width - Self.margin)
        let y = Axis(records.map { $0[keyPath: time] }, from: Self.height - Self.margin, to: 24)
        var parts = lines(x, y)
        for (index, name) in names.enumerated() {
            let colour = Self.colours[index % Self.colours.count]
            let points = records.filter { $0.name == name }.sorted { $0.length < $1.length }.map { record in
                String(format: "%.1f,%.1f", x.place(Double(record.length)), y.place(record[keyPath: time]))
            }
            parts.append(
                "<polyline fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\" points=\"\(points.joined(separator: " "))\"/>"
            )
            let level = 24 + 18 * index
            parts.append("<rect x=\"650\" y=\"\(level)\" width=\"12\" height=\"12\" fill=\"\(colour)\"/>")
            parts.append("<text x=\"668\" y=\"\(level + 11)\" font-size=\"13\">\(name)</text>")
        }
        return """
            <h2>\(title)</h2>
            <svg xmlns="http://www.w3.org/2000/svg" width="860" height="\(Int(Self.height))" font-family="sans-serif">
            \(parts.joined(separator: "\n"))
            </svg>
            """
    }

    private func lines(_ x: Axis, _ y: Axis) -> [String] {
        x.powers(of: 2).map { value in
            let place = x.place(value)
            return
                "<text x=\"\(place)\" y=\"\(Self.height - 34)\" font-size=\"12\" text-anchor=\"middle\">\(Int(value))</text>"
        }
            + y.powers(of: 10).map { value in
                let place = y.place(value)
                return "<line x1=\"\(Self.margin)\" x2=\"\(Self.width - Self.margin)\" y1=\"\(place)\" y2=\"\(place)\" "
                    + "stroke=\"#ddd\"/><text x=\"\(Self.margin - 6)\" y=\"\(place + 4)\" font-size=\"12\" "
                    + "text-anchor=\"end\">\(String(format: "%g", value))</text>"
            }
    }

    /// A logarithmic axis.
    private struct Axis {
        let low, high, from, to: Double

        init(_ values: [Double], from: Double, to: Double) {
            low = log(values.min() ?? 1)
            high = max(log(values.max() ?? 1), low + 1e-3)
            (self.from, self.to) = (from, to)
        }

        func place(_ value: Double) -> Double { from + (log(value) - low) / (high - low) * (to - from) }

        func powers(of base: Double) -> [Double] {
            let (first, last) = ((low / log(base) - 1e-9).rounded(.up), (high / log(base) + 1e-9).rounded(.down))
            return first <= last ? stride(from: first, through: last, by: 1).map { pow(base, $0) } : []
        }
    }
}
