// What the emulated driver's files share: one device, one lock, one queue for all streams.
//
// Work is done when it is asked for; with YOSO_EMULATED_LATE=1 it waits in the queue until somebody waits for it, as late as a
// GPU may do it, so that a host that reads or reuses memory too early shows. With YOSO_EMULATED_NOTHING=1 launches and products
// are never done, and memory begins as zeros: what is left is the host's own time.
#pragma once
#include <cstddef>
#include <functional>
#include <mutex>
#include <vector>

#define EXPORT extern "C" __attribute__((visibility("default")))

typedef int Result;
typedef unsigned long long Pointer;
typedef std::function<void()> Work;

constexpr Result success = 0,
                 invalid_value = 1,
                 out_of_memory = 2,
                 not_initialized = 3,
                 no_device = 100,
                 invalid_device = 101,
                 invalid_image = 200,
                 invalid_context = 201,
                 invalid_handle = 400,
                 not_found = 500,
                 not_ready = 600,
                 illegal_address = 700,
                 launch_failed = 719,
                 capture_unsupported = 900,
                 capture_invalidated = 901,
                 update_failure = 910;

struct Node {
    const void *kind;  // the function that it launches, or what tells copies, sets and products apart
    Work work;
};
struct Graph {
    std::vector<Node> nodes;
};
struct Execution {
    std::vector<Node> nodes;
};
struct Stream {
    bool captures = false, broken = false, relaxed = false;
    Graph *graph = nullptr;
};

namespace driver {
extern std::recursive_mutex lock;
/// What killed the device; every later call answers it.
extern Result lost;
/// A number from the environment, or `otherwise`.
long number(const char *variable, long otherwise);
/// Another launch of the same kernel in the place of a graph's node.
Result replace(Execution *execution, void *node, const void *kind, Work work);
/// Bytes of shared memory that a block may have: of an H100, or YOSO_EMULATED_SHARED.
long most_shared();
/// Whether launches and products are left out.
bool nothing();
/// Whether a call that needs a context of its thread can go on.
Result ready();
/// Does it, now or late, or adds it to the graph that the stream captures.
Result enqueue(Stream *stream, const void *kind, Work work);
/// Does what waits: all, or the first only. False where nothing waits.
bool drain(bool one = false);
/// Whether a call that may not stand in a capture can go on; if not, it breaks the capture. A relaxed capture allows most.
Result outside_capture(bool even_relaxed = false);
/// Of all allocations, those that were written beyond their end: aborts with a line.
void check_canaries(const char *kernel);
/// Whether all of it lies in one allocation of the device.
bool holds(Pointer at, size_t bytes);
/// Of megabytes of 0xFF, only pages that are written to later are made.
void fill(Pointer at, unsigned char value, size_t bytes);
bool pinned(const void *at);
}  // namespace driver

/// In every entry that needs a context: one thread at a time, and an answer where there is none or the device is lost.
#define ENTER()                                                \
    std::lock_guard<std::recursive_mutex> locked(driver::lock); \
    if (Result result = driver::ready()) return result
#define ENTER_OUTSIDE_CAPTURE() \
    ENTER();                    \
    if (Result result = driver::outside_capture()) return result
