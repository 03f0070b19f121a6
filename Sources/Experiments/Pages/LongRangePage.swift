import LongRange
import Reports

extension LongRangeTable {
    /// Charts of the scores over the time of a step, of every task and of the average, above the tables.
    var page: HTMLPage {
        let (x, y) = (Quantity("seconds a step"), Quantity("test accuracy, percent"))
        func chart(_ title: String, _ point: (_ cells: [String: Cell]) -> (Double, Double)?) -> String? {
            let points = rows.compactMap { name, cells in
                point(cells).map { PointChart.Point(name: name, x: $0, y: 100 * $1) }
            }
            return points.isEmpty ? nil : PointChart(title: title, axes: (x, y), points: points).html
        }
        let ofTasks = tasks.map { task in
            chart(task.title) { cells in
                guard let cell = cells[task.name], let score = cell.median, let seconds = cell.seconds else {
                    return nil
                }
                return (seconds, score)
            }
        }
        let names = tasks.map(\.title).joined(separator: ", ")
        let ofAll = chart("Average of \(names), over the mean time of their steps") { cells in
            let seconds = tasks.compactMap { cells[$0.name]?.seconds }
            guard let average = average(cells), seconds.count == tasks.count else { return nil }
            return (seconds.reduce(0, +) / Double(seconds.count), average)
        }
        let charts = (tasks.count > 1 ? [ofAll] : []) + ofTasks
        return HTMLPage(
            title: "Long Range Arena",
            body: [HTMLPage.charts(charts)] + parts.map { HTMLPage.table($0[0], Array($0.dropFirst())) }
                + remarks.map { "<p>\($0.htmlEscaped)</p>" })
    }
}
