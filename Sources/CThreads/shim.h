// What Swift has no words for: a core that only waits, and on which core a thread runs.
#ifdef __linux__
#include <sys/syscall.h>
#include <unistd.h>
#endif

/// Lets a core's other thread have its units for a moment.
static inline void ct_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
}

/// Keeps the calling thread on one core, below 1024, where the system can.
static inline void ct_stay_on_core(int core) {
#ifdef __linux__
    unsigned long mask[1024 / (8 * sizeof(unsigned long))] = {0};
    const int bits = 8 * sizeof(unsigned long);
    if (core < 0 || core >= 1024) return;
    mask[core / bits] = 1ul << (core % bits);
    syscall(SYS_sched_setaffinity, 0, sizeof mask, mask);
#endif
}
