import Foundation
import Testing

@testable import LongRange

@Suite struct ListOpsTests {
    private func tokens(_ text: String) throws -> [UInt8] {
        try text.split(separator: " ").map { word in
            UInt8(try #require(ListOpsExpression.words.firstIndex(of: String(word))))
        }
    }

    @Test(arguments: [
        ("7", 7), ("[MAX 1 9 3 ]", 9), ("[MIN 4 0 [MAX 1 2 ] ]", 0), ("[SM 9 9 9 ]", 7), ("[MED 3 8 ]", 5),
        ("[MED 1 9 4 ]", 4), ("[MED [SM 5 5 ] [MIN 9 8 ] 1 6 ]", 3), ("[SM [MED 0 9 ] [MAX 2 ] ]", 6),
    ]) func valuesAreThoseOfTheDefinition(text: String, value: Int) throws {
        #expect(try ListOpsFile.value(of: tokens(text)) == value)
    }

    /// Two evaluators that share nothing: over the tree by sorting, over the words by counting.
    @Test func generatedExpressionsHaveTheValueOfTheirWords() throws {
        var generator = ListOpsGenerator(seed: 3)
        generator.lengths = 2...200
        var seen: [Int: Int] = [:]
        for _ in 0..<500 {
            let expression = generator.next()
            let words = expression.source.split(separator: " ").filter { $0 != "(" && $0 != ")" }
            #expect(words.count == expression.count)
            #expect(try ListOpsFile.value(of: tokens(words.joined(separator: " "))) == expression.value)
            seen[expression.value, default: 0] += 1
        }
        #expect(seen.count == 10)
    }

    @Test func theReleasesLengthsAndTheSameExpressionsForASeed() throws {
        var (one, two, other) = (ListOpsGenerator(seed: 1), ListOpsGenerator(seed: 1), ListOpsGenerator(seed: 2))
        let first = (0..<3).map { _ in one.next() }
        #expect(first == (0..<3).map { _ in two.next() })
        #expect(first != (0..<3).map { _ in other.next() })
        #expect(first.allSatisfy { (501...1999).contains($0.count) })
    }

    /// Operations on all levels but the deepest, of two values to as many as may be.
    @Test func treesAreAsDeepAndAsWideAsTheReleases() {
        var generator = ListOpsGenerator(seed: 5)
        #expect(generator.depth == 10 && generator.values == 10)
        (generator.depth, generator.lengths) = (4, 2...1000)
        var (counts, operations) = (Set<Int>(), Set<ListOpsExpression.Operation>())
        func depth(_ expression: ListOpsExpression) -> Int {
            guard case .operation(let operation, let parts) = expression else { return 1 }
            counts.insert(parts.count)
            operations.insert(operation)
            return 1 + (parts.map(depth).max() ?? 0)
        }
        #expect((0..<300).map { _ in depth(generator.next()) }.max() == 4)
        #expect(counts == Set(2...10) && operations == Set(ListOpsExpression.Operation.allCases))
    }

    @Test func sourcesAreSpelledAsTheReleaseDoes() {
        let inner = ListOpsExpression.operation(.minimum, [.digit(1), .digit(2)])
        #expect(
            ListOpsExpression.operation(.maximum, [inner, .digit(3)]).source
                == "( ( ( [MAX ( ( ( [MIN 1 ) 2 ) ] ) ) 3 ) ] )")
    }

    @Test func filesAreReadAndDamageIsNamed() throws {
        let folder = try TemporaryFolder()
        let head = "Source\tTarget\n"
        let url = try folder.write(head + "( ( ( [MAX 1 ) 2 ) ] )\t2\n7\t7\n", to: "basic_test.tsv")
        let rows = try LongRangeTask.listops.rows(.test, in: folder.url)
        #expect(rows == [LongRangeRow([11, 1, 2, 14], label: 2), LongRangeRow([7], label: 7)])
        for (text, message) in [
            ("", "basic_test.tsv:1: wanted the columns Source, Target"), (head, "basic_test.tsv: holds no rows"),
            (head + "1\t2\t3\n", "basic_test.tsv:2: 3 columns; wanted Source, Target"),
            (head + "[FIRST 1 ]\t1\n", "basic_test.tsv:2: '[FIRST' is no word of ListOps"),
            (head + "[MAX 1 2 ]\t1\n", "basic_test.tsv:2: the value is 2; the file says '1'"),
            (head + "1 2\t1\n", "basic_test.tsv:2: words after the end of the expression"),
            (head + "] 2\t1\n", "basic_test.tsv:2: an end at word 1 where no operation with values is open"),
            (head + "[MAX ]\t1\n", "basic_test.tsv:2: an end at word 2 where no operation with values is open"),
            (head + "[MAX 1\t1\n", "basic_test.tsv:2: 1 operations have no end"),
            (head + "\t1\n", "basic_test.tsv:2: no expression"),
        ] {
            try Data(text.utf8).write(to: url)
            let found = LongRangeTests.message(in: folder) { _ = try LongRangeTask.listops.rows(.test, in: folder.url) }
            #expect(found == message)
        }
    }
}
