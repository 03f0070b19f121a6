import Dispatch
import Synchronization

/// The steps that come next, made by a thread of its own while the ones before are learned from.
///
/// Where a step's examples lie is found here, in order and by who asks, so that what is ahead is the run's own place in its data
/// and nothing that has to be saved. One thread is enough: it makes 50 million tokens a second of text (a core of a Zen 5), where
/// a GPU learns from six and two such cores from a few thousand, so that it takes nothing of these either.
final class StepsAhead<O: Objective> {
    struct Step {
        let packed: PackedStep<O>
        /// That logs call its.
        let epoch: Int
        /// Where the examples of the step behind it begin.
        let next: (epoch: Int, index: Int)
    }

    /// What the thread has made, in order.
    private final class Made: Sendable {
        let steps = Mutex<[PackedStep<O>]>([])
        let count = DispatchSemaphore(value: 0)
    }

    private let data: any TrainingData<O.Example>
    private let size: BatchSize
    private let packer: StepPacker<O>
    private var place: (epoch: Int, index: Int)
    /// Found, and made or about to be.
    private var found: [(tokens: Int, epoch: Int, next: (epoch: Int, index: Int))] = []
    private let made = Made()
    private let thread = DispatchQueue(label: "examples", qos: .utility)

    /// Two steps are ahead, and more of small ones, which no delay of the thread shall make wait.
    private static var tokensAhead: Int { 1 << 16 }

    /// From (`epoch`, `index`) on.
    init(_ data: any TrainingData<O.Example>, _ size: BatchSize, _ packer: StepPacker<O>, epoch: Int, index: Int) {
        (self.data, self.size, self.packer, place) = (data, size, packer, (epoch, index))
    }

    /// The next step, while those behind it are begun: as far as `left` steps go, this one included.
    func next(of left: Int) -> Step {
        // Of small steps many at once: to wake the thread takes longer than to find one.
        if isToFind(below: Self.tokensAhead / 2) {
            while found.isEmpty || found.count < left && isToFind(below: Self.tokensAhead) { find() }
        }
        made.count.wait()
        let (_, epoch, next) = found.removeFirst()
        return Step(packed: made.steps.withLock { $0.removeFirst() }, epoch: epoch, next: next)
    }

    private func isToFind(below tokens: Int) -> Bool {
        // The one that is taken, and two ahead.
        found.count < 3 || found.reduce(0) { $0 + $1.tokens } < tokens
    }

    private func find() {
        var (epoch, index) = place
        let batch = data.next(size, epoch: &epoch, index: &index)
        place = (epoch, index)
        found.append((batch.tokens, batch.epoch, place))
        thread.async { [packer, made] in
            let step = packer.pack(batch.make())
            made.steps.withLock { $0.append(step) }
            made.count.signal()
        }
    }
}
