import Testing

@testable import Tokenization

@Suite struct ConcurrentMapTests {
    /// In the order of the elements, each once.
    @Test(arguments: [0, 1, 2, 63, 64, 65, 1000]) func itIsAMap(count: Int) {
        let elements = Array(0..<count)
        #expect(elements.concurrentMap { "\($0)" } == elements.map { "\($0)" })
    }
}
