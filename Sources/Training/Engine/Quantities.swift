import Options

/// How long a run lasts.
public enum Budget: Sendable, Equatable, Codable {
    case steps(Int)
    case tokens(Int)
    /// Each of which is evaluated and saved.
    case epochs(Int)
    /// Turned into steps by the measured speed before the first one, and again while it runs; recorded in the run.
    case seconds(Double)
}

/// The size of an optimizer step.
public enum BatchSize: Sendable, Equatable, Codable {
    case sequences(Int)
    case tokens(Int)
}

extension Format where Value == Budget {
    /// `20000 steps`, `1e9 tokens`, `2h`, `30min`, `90s`
    static var budget: Self {
        Self("a budget such as 20000 steps, 1e9 tokens, 2h, 30min or 90s", read: Budget.init(text:)) { budget in
            switch budget {
            case .steps(let count): "\(count) steps"
            case .tokens(let count): "\(count) tokens"
            case .epochs(let count): "\(count) epochs"
            case .seconds(let seconds): "\(Scalar.text(seconds))s"
            }
        }
    }
}

extension Budget {
    fileprivate init?(text: String) {
        if let steps = Scalar.count(text, of: "steps"), steps > 0 {
            self = .steps(steps)
        } else if let tokens = Scalar.count(text, of: "tokens"), tokens > 0 {
            self = .tokens(tokens)
        } else {
            guard let (unit, seconds) = [("min", 60.0), ("h", 3600), ("s", 1)].first(where: { text.hasSuffix($0.0) }),
                let value = Scalar.number(text.dropLast(unit.count).split(separator: " ").joined(separator: " ")),
                // Thirty years.
                value > 0, value * seconds < 1e9
            else { return nil }
            self = .seconds(value * seconds)
        }
    }
}

extension Format where Value == BatchSize {
    /// `64 sequences`, `8192 tokens`: a batch lies in memory as a whole.
    static var batch: Self {
        Self(
            "a batch such as 64 sequences or 8192 tokens, at most 1000000 sequences or 1e8 tokens",
            read: { text in
                if let count = Scalar.count(text, of: "sequences"), (1...1_000_000).contains(count) {
                    return .sequences(count)
                }
                guard let count = Scalar.count(text, of: "tokens"), (1...100_000_000).contains(count) else {
                    return nil
                }
                return .tokens(count)
            },
            text: { size in
                switch size {
                case .sequences(let count): "\(count) sequences"
                case .tokens(let count): "\(count) tokens"
                }
            })
    }
}

extension Format where Value == ScheduleOptions.Warmup {
    /// `6%`, `500 steps`
    static var warmup: Self {
        Self(
            "a warm-up such as 6% or 500 steps",
            read: { text in
                if let steps = Scalar.count(text, of: "steps") { return .steps(steps) }
                return text.hasSuffix("%") ? Scalar.share(text).map { .share($0) } : nil
            },
            text: { warmup in
                switch warmup {
                case .steps(let count): "\(count) steps"
                case .share(let share): "\(Scalar.text(share * 100))%"
                }
            })
    }
}
