import Reports

/// Time, memory and error over length of every attention, as one self-contained HTML page.
public struct AttentionChart {
    let report: AttentionReport

    /// Beside softmax, which every chart shows: more lines than six are hard to tell apart.
    private static let others = 5
    private static let reference = "softmax"

    /// Lengths are powers of two.
    private static let length = Quantity("tokens", tick: { $0 < 1024 ? "\(Int($0))" : "\(Int($0 / 1024))k" })
        .logarithmic

    public init(report: AttentionReport) { self.report = report }

    public var html: String {
        let sections = report.records.map(\.data).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
            .map { data in
                let (time, bytes) = (Quantity("milliseconds a head"), Quantity("bytes a token and head"))
                let error = Quantity("of the outputs' length")
                let charts: [(String, Quantity, (AttentionRecord) -> Double?)] = [
                    ("Forward", time, \.forward), ("Forward and backward", time, \.forwardBackward),
                    ("Memory beside input and output", bytes, \.extraBytesPerToken),
                    ("Distance to softmax", error, \.errorToSoftmax),
                    ("Distance to YOSO-E", error, \.errorToExpectation),
                ]
                return HTMLPage.section(
                    "\(data.prefix(1).uppercased())\(data.dropFirst()) queries and keys",
                    charts.map { HTMLPage.charts(self.charts($0, data, $1.logarithmic, $2)) }.joined())
            }
        return HTMLPage(
            title: "Attention over length",
            kind: "\(report.machine), \(report.place), heads of \(report.width)",
            body: sections
        ).text
    }

    /// As many as it takes for six lines each, all over the same values.
    private func charts(
        _ title: String, _ data: String, _ quantity: Quantity, _ value: (AttentionRecord) -> Double?
    ) -> [String?] {
        let records = report.records.filter { $0.data == data && value($0).map { $0 > 0 } ?? false }
        let names = records.map(\.name).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        let (values, others) = (records.compactMap(value), names.filter { $0 != Self.reference })
        var quantity = quantity
        if let least = values.min(), let most = values.max() { quantity.range = least...most }
        let first = names.contains(Self.reference) ? [Self.reference] : []
        let groups = stride(from: 0, to: max(1, others.count), by: Self.others).map {
            first + others[$0..<min($0 + Self.others, others.count)]
        }
        return groups.map { names in
            let series = names.map { name in
                LineChart.Series(
                    name: name,
                    points: records.filter { $0.name == name }.sorted { $0.length < $1.length }
                        .map { (Double($0.length), value($0) ?? 0) })
            }
            return LineChart(
                title: title, axes: (Self.length, quantity), series: series,
                colours: names.indices.map { first.isEmpty ? $0 + 1 : $0 }
            ).html
        }
    }
}
