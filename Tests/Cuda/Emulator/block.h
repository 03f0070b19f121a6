// The threads of a block as fibers on one OS thread, each run until it waits for others; blocks run one after the other.
//
// A thread waits at `__syncthreads` for all threads of the block that have not returned, and in a warp collective for those
// lanes of its mask that have not returned. Where all that are left wait for what cannot come, the process aborts and says who
// waits where. Shared memory is filled with 0xFF (NaN) before each block, so that what nobody wrote shows.
//
// Environment: YOSO_EMULATED_ORDER = ascending | descending | a number that scrambles: in which order blocks, warps and lanes
// run; without it launches alternate between ascending and descending.
#pragma once
#ifndef __x86_64__
#error "the emulator switches stacks of x86-64 only"
#endif
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct uint3 {
    unsigned x, y, z;
};
struct dim3 {
    unsigned x, y, z;
    dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};
// `used`: a switch of fibers changes them behind the compiler's back.
__attribute__((used)) static uint3 threadIdx, blockIdx;
__attribute__((used)) static dim3 blockDim, gridDim;

// Saves what a call preserves, and goes on where `to` was left.
asm(R"(
    .pushsection .text
emulated_switch:
    push %rbp
    push %rbx
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, (%rdi)
    mov %rsi, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    pop %rbp
    ret
    .popsection
)");
extern "C" void emulated_switch(void **from, void *to);
// Where the linker put all `__shared__` arrays.
extern unsigned char __start_emulated_shared[] __attribute__((weak, visibility("hidden")));
extern unsigned char __stop_emulated_shared[] __attribute__((weak, visibility("hidden")));

namespace emulated {

struct Fiber {
    void *stack, *stack_pointer;
    Fiber *next;
};
struct Copy {
    void *to;
    const void *from;
    int group;
};
struct Thread {
    Fiber *fiber;
    uint3 index;
    Copy *copies;  // not yet waited for
    int count, room, group;
};
struct Warp;
/// Finishes a collective that all of `lanes` have reached.
typedef void (*Complete)(Warp &warp, unsigned lanes);
struct Group {
    const char *word;
    int line;
    unsigned mask, arrived;
    Complete complete;
};
struct Warp {
    unsigned live, ready, at_barrier;
    int groups;
    Group group[32];
    void *operand[32];
};
struct Machine {
    Thread thread[1024];
    Warp warp[32];
    Fiber *idle;
    void *scheduler;
    int current, live, arrived, barrier_line;
    void (*body)(void *);
    void *context;
    const char *kernel;
    unsigned char *dynamic;
    unsigned launches, lanes;  // `lanes`: see `order`
};
__attribute__((used)) static Machine machine;
static const size_t stack_bytes = 256 << 10, canary_bytes = 256, page_bytes = 4096;

[[noreturn]] static void fail(const char *format, ...) {
    fprintf(stderr, "emulator: %s, block (%u, %u, %u), thread (%u, %u, %u): ", machine.kernel, blockIdx.x, blockIdx.y,
            blockIdx.z, threadIdx.x, threadIdx.y, threadIdx.z);
    va_list values;
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fprintf(stderr, "\n");
    abort();
}

// Fibers -------------------------------------------------------------------------------------------------------------

static void enter();
static Fiber *new_fiber() {
    static unsigned made;
    unsigned char *stack = (unsigned char *)mmap(0, stack_bytes, PROT_READ | PROT_WRITE,
                                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stack == MAP_FAILED || mprotect(stack, page_bytes, PROT_NONE)) fail("no memory for the stack of a thread");
    // Tops at different places of a page, or all stacks would fight for the same lines of the cache.
    void **top = (void **)(stack + stack_bytes - 64 - made++ % 61 * 64);
    Fiber *fiber = (Fiber *)malloc(sizeof(Fiber));
    *--top = 0, *--top = (void *)enter;
    for (int i = 0; i < 6; i++) *--top = 0;
    fiber->stack = stack, fiber->stack_pointer = top;
    return fiber;
}
/// When a module is unloaded.
__attribute__((destructor)) static void drop_fibers() {
    for (Fiber *fiber = machine.idle; fiber; fiber = fiber->next) munmap(fiber->stack, stack_bytes);
}
/// Bit i of the result is bit i ^ by.
static unsigned xored(unsigned bits, unsigned by) {
    static const unsigned low[5] = {0x55555555u, 0x33333333u, 0x0f0f0f0fu, 0x00ff00ffu, 0x0000ffffu};
    for (int i = 0; i < 5; i++)
        if (by >> i & 1) bits = (bits & low[i]) << (1 << i) | (bits >> (1 << i) & low[i]);
    return bits;
}
/// The next lane of a warp to run becomes the current thread; null where none is ready.
static Fiber *next(unsigned w) {
    Warp &warp = machine.warp[w];
    if (!warp.ready) return 0;
    unsigned lane = (unsigned)__builtin_ctz(xored(warp.ready, machine.lanes)) ^ machine.lanes;
    warp.ready &= ~(1u << lane);
    Thread &thread = machine.thread[w * 32 + lane];
    machine.current = (int)(w * 32 + lane), threadIdx = thread.index;
    if (!thread.fiber) {
        if (!machine.idle) machine.idle = new_fiber(), machine.idle->next = 0;
        thread.fiber = machine.idle, machine.idle = machine.idle->next;
    }
    return thread.fiber;
}
/// The current thread waits, or has returned: its warp goes on, or else the block does.
static void wait() {
    Fiber *mine = machine.thread[machine.current].fiber, *other = next((unsigned)machine.current / 32);
    // Its own fiber is next where a thread has returned and a fresh one takes its stack.
    if (other != mine) emulated_switch(&mine->stack_pointer, other ? other->stack_pointer : machine.scheduler);
}
static void release_barrier() {
    machine.arrived = 0;
    for (Warp &warp : machine.warp) warp.ready |= warp.at_barrier, warp.at_barrier = 0;
}
static bool completed(Warp &warp, int i, unsigned except) {
    Group group = warp.group[i];
    if (group.arrived != (group.mask & warp.live)) return false;
    warp.group[i] = warp.group[--warp.groups];
    group.complete(warp, group.arrived);
    warp.ready |= group.arrived & ~except;
    return true;
}
/// A thread has returned: those who waited for it alone go on.
static void leave() {
    Thread &thread = machine.thread[machine.current];
    Warp &warp = machine.warp[machine.current / 32];
    warp.live &= ~(1u << machine.current % 32);
    for (int i = warp.groups; i--;) completed(warp, i, 0);
    if (--machine.live && machine.arrived == machine.live) release_barrier();
    thread.count = 0;
    thread.fiber->next = machine.idle, machine.idle = thread.fiber;
}
static void enter() {
    for (;;) {
        machine.body(machine.context);
        leave();
        wait();
    }
}

// Waiting ------------------------------------------------------------------------------------------------------------

/// Waits until all of `mask` that live are at the same word of the same line, when the last of them calls `complete`.
__attribute__((noinline)) static void collective(const char *word, int line, unsigned mask, void *operand,
                                                 Complete complete) {
    int lane = machine.current % 32, i = 0;
    Warp &warp = machine.warp[machine.current / 32];
    if (!(mask >> lane & 1)) fail("%s of line %d: lane %d is not in its own mask %08x", word, line, lane, mask);
    while (i < warp.groups && !(warp.group[i].line == line && warp.group[i].mask == mask && warp.group[i].word == word)) i++;
    if (i == warp.groups) warp.group[warp.groups++] = {word, line, mask, 0, complete};
    warp.operand[lane] = operand;
    warp.group[i].arrived |= 1u << lane;
    if (!completed(warp, i, 1u << lane)) wait();
}
__attribute__((noinline)) static void barrier(int line) {
    if (machine.arrived && machine.barrier_line != line)
        fail("at the __syncthreads of line %d, while others are at that of line %d", line, machine.barrier_line);
    machine.barrier_line = line;
    if (++machine.arrived == machine.live) return release_barrier();
    machine.warp[machine.current / 32].at_barrier |= 1u << machine.current % 32;
    wait();
}
[[noreturn]] static void stuck() {
    fprintf(stderr, "emulator: %s, block (%u, %u, %u): threads wait for what cannot come:\n", machine.kernel, blockIdx.x,
            blockIdx.y, blockIdx.z);
    for (int w = 0; w < 32; w++) {
        Warp &warp = machine.warp[w];
        if (warp.live && warp.at_barrier)
            fprintf(stderr, "  warp %d: lanes %08x at the __syncthreads of line %d\n", w, warp.at_barrier,
                    machine.barrier_line);
        for (int i = 0; warp.live && i < warp.groups; i++)
            fprintf(stderr, "  warp %d: lanes %08x in the %s of line %d, whose mask is %08x\n", w, warp.group[i].arrived,
                    warp.group[i].word, warp.group[i].line, warp.group[i].mask);
    }
    abort();
}

// Launches -----------------------------------------------------------------------------------------------------------

/// What the numbers of blocks, warps and lanes are xored with: 0 ascends, all ones descend.
static unsigned order(unsigned block) {
    const char *order = getenv("YOSO_EMULATED_ORDER");
    if (!order || !*order) return machine.launches & 1 ? ~0u : 0;
    if (!strcmp(order, "ascending")) return 0;
    if (!strcmp(order, "descending")) return ~0u;
    unsigned x = (unsigned)strtoul(order, 0, 10) * 0x9E3779B9u + machine.launches * 0x21f0aaadu + block;
    x ^= x >> 16, x *= 0x7feb352du, x ^= x >> 15, x *= 0x846ca68bu;
    return x ^ x >> 16;
}
static unsigned power_above(unsigned n) {
    unsigned power = 1;
    while (power < n) power *= 2;
    return power;
}
static void run_block(int threads, unsigned order) {
    unsigned warps = (threads + 31) / 32, power = power_above(warps);
    for (unsigned w = 0; w < 32; w++) {
        int lanes = threads - (int)w * 32;
        unsigned live = lanes >= 32 ? ~0u : lanes > 0 ? (1u << lanes) - 1 : 0;
        machine.warp[w].live = machine.warp[w].ready = live;
        machine.warp[w].at_barrier = machine.warp[w].groups = 0;
    }
    for (int t = 0; t < threads; t++) machine.thread[t].fiber = 0, machine.thread[t].group = 0;
    machine.live = threads, machine.arrived = 0, machine.lanes = order >> 8 & 31;
    while (machine.live) {
        bool moved = false;
        for (unsigned i = 0; i < power; i++) {
            unsigned w = i ^ (order & (power - 1));
            for (Fiber *fiber; w < warps && (fiber = next(w)); moved = true)
                emulated_switch(&machine.scheduler, fiber->stack_pointer);
        }
        if (!moved) stuck();
    }
}
static void fault(int, siginfo_t *info, void *) {
    fail("memory fault at %p (null: an address that is not aligned, or wild)", info->si_addr);
}
static void launch(const char *kernel, dim3 grid, dim3 block, size_t shared, void (*body)(void *), void *context) {
    unsigned threads = block.x * block.y * block.z, blocks = grid.x * grid.y * grid.z, power = power_above(blocks);
    machine.kernel = kernel, machine.body = body, machine.context = context;
    gridDim = grid, blockDim = block, blockIdx = {0, 0, 0}, threadIdx = {0, 0, 0};
    if (!threads || threads > 1024 || !blocks) fail("%u blocks of %u threads", blocks, threads);
    for (unsigned t = 0; t < threads; t++)
        machine.thread[t].index = {t % block.x, t / block.x % block.y, t / block.x / block.y};
    size_t rounded = (shared + 127) / 128 * 128;
    if (posix_memalign((void **)&machine.dynamic, 128, rounded + canary_bytes)) fail("no memory for %zu bytes", shared);
    struct sigaction ours = {}, before;
    ours.sa_sigaction = fault, ours.sa_flags = SA_SIGINFO | SA_RESETHAND;
    sigaction(SIGSEGV, &ours, &before);
    unsigned of_blocks = order(0);
    for (unsigned i = 0; i < power; i++) {
        unsigned b = i ^ (of_blocks & (power - 1));
        if (b >= blocks) continue;
        blockIdx = {b % grid.x, b / grid.x % grid.y, b / grid.x / grid.y};
        if (__start_emulated_shared)
            memset(__start_emulated_shared, 0xFF, __stop_emulated_shared - __start_emulated_shared);
        memset(machine.dynamic, 0xFF, rounded + canary_bytes);
        run_block((int)threads, order(b));
        for (size_t k = shared; k < rounded + canary_bytes; k++)
            if (machine.dynamic[k] != 0xFF) fail("wrote byte %zu of %zu of dynamic shared memory", k, shared);
    }
    sigaction(SIGSEGV, &before, 0);
    free(machine.dynamic);
    machine.launches++;
}

}  // namespace emulated
