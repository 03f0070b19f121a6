import Glue
import Testing

struct PublishedScoresTests {
    /// Or no row of a table would have them beside it.
    @Test(arguments: ["m-fac", "miniatures", "run-glue", "electra"])
    func areOfTheMetricsThatAreReported(protocol: String) throws {
        let published = PublishedScores.ofProtocol(`protocol`)
        #expect(!published.isEmpty)
        for (name, scores) in published.flatMap(\.scores) {
            let task = try GlueTask.named(name)
            let metrics = (task.metrics + task.others).flatMap { metric in
                task.dev.map { task.dev.count == 1 ? metric.rawValue : "\(metric.rawValue) \($0.title)" }
            }
            #expect(!scores.isEmpty && scores.keys.allSatisfy(metrics.contains))
            #expect(scores.values.allSatisfy { (0...100).contains($0) })
        }
    }
}
