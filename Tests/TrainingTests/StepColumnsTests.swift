import Foundation
import Testing

@testable import Training

/// Columns of steps against a decoder of each.
@Suite struct StepColumnsTests {
    private static let fields = [
        ("epoch", "1"), ("gradientNorm", "2.5"), ("kind", #""step""#), ("loss", "6.25"), ("maskedLoss", "5.5"),
        ("memoryBytes", "104202240"), ("rate", "0.0003"), ("rowsPerSecond", "349.25"), ("seconds", "0.5"),
        ("shareOfPeak", "0.25"), ("step", "12"), ("tokens", "1332"), ("tokensPerSecond", "14536.5"),
        ("totalSteps", "4000"), ("totalTokens", "15984"),
    ]
    private static let others = [
        "0", "3.0", "3.5", "-1", "-0", "1e3", "1E-9", "1e40", "1e999", "9007199254740993", "72057594037927936",
        "72057594037927937", "1e30", "null", "true", #""x""#, #""step""#, "[]", "{}", "01", "1.", "",
    ]

    private func line(_ fields: [(String, String)]) -> Data {
        Data(("{" + fields.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}").utf8)
    }

    private func append(_ line: Data, to columns: inout StepColumns) -> Bool {
        line.withUnsafeBytes { columns.append($0) }
    }

    /// Behind a line that is whole each other one is taken as a decoder takes it: with any value of any key, without any key, with one
    /// more, with two in the other order, and with one twice.
    @Test func aLineIsWhatADecoderFinds() throws {
        let fields = Self.fields
        var variants = [fields, fields + [("orderLoss", "0.5")], [("kind", #""epoch""#)] + fields]
        for place in fields.indices {
            for value in Self.others {
                var variant = fields
                variant[place].1 = value
                variants.append(variant)
            }
            var (without, swapped) = (fields, fields)
            without.remove(at: place)
            swapped.swapAt(place, (place + 1) % fields.count)
            variants += [without, swapped, fields + [fields[place]]]
        }
        var (all, isTaken) = (StepColumns(), Set<Bool>())
        for variant in variants {
            for data in [line(fields), line(variant)] {
                let report = try? JSONDecoder().decode(StepReport.self, from: data)
                let isStep = report?.kind == "step"
                #expect(append(data, to: &all) == isStep, "\(variant)")
                isTaken.insert(isStep)
                guard let report, isStep else { continue }
                let (place, head) = (all.count - 1, report.head)
                #expect(all.last == report)
                func expect(_ name: String, _ value: Double?) {
                    let found = all[name]?[place] ?? .nan
                    #expect(value.map { found == $0 } ?? found.isNaN, "\(name) of \(variant)")
                }
                for (name, value) in [
                    ("step", head.step), ("totalSteps", head.totalSteps), ("epoch", head.epoch),
                    ("tokens", head.tokens), ("totalTokens", head.totalTokens), ("memoryBytes", head.memoryBytes),
                ] { expect(name, value.map(Double.init)) }
                for (name, value) in [
                    ("loss", head.loss), ("gradientNorm", head.gradientNorm), ("seconds", head.seconds),
                    ("tokensPerSecond", head.tokensPerSecond), ("rowsPerSecond", head.rowsPerSecond),
                    ("shareOfPeak", head.shareOfPeak), ("maskedLoss", report.body["maskedLoss"]),
                    ("orderLoss", report.body["orderLoss"]),
                ] { expect(name, value) }
                // As the log says it, not as the nearest number of 32 bits.
                #expect(Float(all["rate"]?[place] ?? .nan) == head.rate)
            }
        }
        #expect(isTaken.count == 2 && all.first?.step == 12)
    }

    /// A log in which every line has a key of its own takes no square of its length.
    @Test func noLogHasSoManyNames() throws {
        var all = StepColumns()
        for step in 0..<300 {
            #expect(append(line(Self.fields + [("other\(step)", "1")]), to: &all))
        }
        #expect(all.count == 300 && all["seconds"]?.count == 300 && all["other0"]?.count == 300)
        #expect(all["other299"] == nil)
    }
}
