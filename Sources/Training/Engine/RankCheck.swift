import Communication

/// What stands against the ranks that were started together, as one line.
public struct RankCheck: Error, CustomStringConvertible {
    public let description: String

    /// - Parameters:
    ///   - isMade: whether what is to be done is made for several.
    ///   - allowsMixed: whether they may compute by different kernels.
    /// - Throws: `RankCheck` that names the hosts whose bits would differ, and `Ranks.WithoutMPI`.
    public static func check(_ ranks: any Communicator = Ranks.all, isMade: Bool, allowsMixed: Bool) throws {
        try Ranks.check()
        guard ranks.size > 1 else { return }
        guard isMade else {
            throw RankCheck(
                description: "wanted one process; only pretrain, finetune, sweep, evaluate and explain work on several")
        }
        // What a run multiplies is not known yet: hosts that differ in bf16 alone are told apart too.
        let levels = ranks.gather(RunIdentity.arithmetic(.bf16))
        guard !allowsMixed, Set(levels).count > 1 else { return }
        let groups = Dictionary(grouping: levels.indices) { levels[$0] }.sorted { $0.value[0] < $1.value[0] }
        let texts = groups.map { level, members in
            let hosts = Set(members.map { ranks.hosts[$0] }).sorted().joined(separator: ", ")
            return "\(level) on \(hosts) (ranks \(members.map(String.init).joined(separator: ", ")))"
        }
        throw RankCheck(
            description:
                "the hosts give different bits: \(texts.joined(separator: "; ")); wanted one kind, or --allow-mixed")
    }

    /// - Throws: `RankCheck` where a run has less shards than ranks.
    static func check(shards: Int, _ ranks: any Communicator) throws {
        guard shards < ranks.size else { return }
        throw RankCheck(
            description: "shards: \(shards) for \(ranks.size) ranks; wanted at least a shard a rank, for example "
                + "--set shards=\(ranks.size), which changes the result")
    }
}
