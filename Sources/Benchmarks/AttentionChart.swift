import Reports

/// Time over length of every attention, both logarithmic, as one self-contained HTML page.
public struct AttentionChart {
    let report: AttentionReport

    public init(report: AttentionReport) { self.report = report }

    public var html: String {
        let charts = Set(report.records.map(\.data)).sorted().flatMap { data in
            [
                chart("Forward, \(data)", data, \.forward),
                chart("Forward and backward, \(data)", data, \.forwardBackward),
            ]
        }
        return HTMLPage(
            title: "Milliseconds a head of \(report.width) over tokens",
            body: ["<p>\(report.machine), \(report.place)</p>"] + charts
        ).text
    }

    private func chart(_ title: String, _ data: String, _ time: KeyPath<AttentionRecord, Double>) -> String {
        let records = report.records.filter { $0.data == data && $0[keyPath: time] > 0 }
        let names = records.reduce(into: [String]()) { if !$0.contains($1.name) { $0.append($1.name) } }
        let series = names.map { name in
            LineChart.Series(
                name: name,
                points: records.filter { $0.name == name }.sorted { $0.length < $1.length }
                    .map { (Double($0.length), $0[keyPath: time]) })
        }
        return LineChart(title: title, series: series, isLogarithmic: (true, true)).svg
    }
}
