import Testing
import Training

@testable import Console

@Suite struct NumbersTests {
    @Test(arguments: [
        (0.4, "0:00"), (59.6, "1:00"), (3599.5, "1:00:00"), (11045, "3:04:05"), (725, "12:05"), (.infinity, "–"),
        (-1e300, "–"),
    ])
    func timesAreOfTheNearestSecond(seconds: Double, text: String) { #expect(Show.time(seconds) == text) }

    @Test(arguments: [(-5, "0 s"), (600, "10 min"), (1e300, "–"), (.nan, "–")])
    func agesAreOfOneUnit(seconds: Double, text: String) { #expect(Show.age(seconds) == text) }

    @Test(arguments: [(1508, "1,508"), (1e300, "1e+300"), (.nan, "nan")])
    func countsOfAFileNeedNotBeNumbers(value: Double, text: String) {
        #expect(Show.value(Figure("rows", value, .count)) == text)
    }

    @Test(arguments: [
        (999, "999"), (999.6, "1.0k"), (1000, "1.0k"), (99_940, "99.9k"), (99_960, "100k"), (28_800_000, "28.8M"),
        (412_000, "412k"), (999_499, "999k"), (999_960, "1.0M"), (999_960_000, "1.0G"), (1.2e9, "1.2G"),
    ])
    func countsHaveTheUnitThatTheyReach(count: Double, text: String) { #expect(Show.count(count) == text) }
}
