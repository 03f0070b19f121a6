import CThreads
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What one thread waits for and another rings: awake for some microseconds, since waking up takes tens of them, then asleep.
final class Bell: @unchecked Sendable {
    private let rung = Atomic(0)
    private let isAsleep = Atomic(false)
    /// How often the one that waits was here; its own.
    private var heard = 0
    /// Whether it is worth to stay awake: not where there are more threads than cores.
    private let staysAwake: Bool
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init(staysAwake: Bool) {
        self.staysAwake = staysAwake
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func ring() {
        rung.add(1, ordering: .sequentiallyConsistent)
        guard isAsleep.load(ordering: .sequentiallyConsistent) else { return }
        pthread_mutex_lock(mutex)
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Returns once the bell has rung since the last time.
    func wait() {
        defer { heard += 1 }
        if staysAwake {
            let start = ContinuousClock.now
            repeat {
                for _ in 0..<64 {
                    if hasRung { return }
                    ct_pause()
                }
            } while start.duration(to: .now) < Self.patience
        }
        pthread_mutex_lock(mutex)
        isAsleep.store(true, ordering: .sequentiallyConsistent)
        while !hasRung { pthread_cond_wait(condition, mutex) }
        isAsleep.store(false, ordering: .sequentiallyConsistent)
        pthread_mutex_unlock(mutex)
    }

    private var hasRung: Bool { rung.load(ordering: .sequentiallyConsistent) > heard }

    /// Longer than the next piece of work of a pass lets wait, shorter than anybody else misses the core.
    private static let patience = Duration.microseconds(50)
}
