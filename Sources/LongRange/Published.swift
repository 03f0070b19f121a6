/// What others published of the Long Range Arena, to stand beside one's own scores.
public enum Published {
    public static let source = "Xiong et al. 2021, whose harness the paper uses"

    /// Test accuracies in percent, in the order of `LongRangeTask.all`.
    public static let scores: [(name: String, points: [Double])] = [
        ("softmax", [37.1, 65.0, 79.4, 38.2, 74.2]),
        ("Nyström", [37.2, 65.5, 79.6, 41.6, 70.9]),
        ("Performer", [18.8, 63.8, 78.6, 37.1, 69.9]),
    ]
}

extension LongRangeTask {
    /// Steps of the paper's run, and rows of each.
    public var paper: (steps: Int, rows: Int) {
        switch name {
        case "listops": (5_000, 32)
        case "text": (20_000, 32)
        case "retrieval": (30_000, 32)
        case "image": (35_000, 256)
        default: (62_400, 256)
        }
    }
}
