// The emulated driver's streams, copies, events and graphs.
#include "driver.h"
#include <deque>
#include <set>
#include <string.h>
#include <time.h>

struct Event {
    bool recorded, done;
    double seconds;
};

static std::deque<Work> queue;
static std::set<Stream *> streams;
static Stream null_stream;
static const char copies = 0, sets = 0;

// Queue --------------------------------------------------------------------------------------------------------------

static Stream *of(Stream *stream) { return stream ? stream : &null_stream; }

namespace driver {
bool drain(bool one) {
    bool any = !queue.empty();
    while (!queue.empty()) {
        Work work = std::move(queue.front());
        queue.pop_front();
        if (!lost) work();
        if (one) break;
    }
    return any;
}
Result enqueue(Stream *stream, const void *kind, Work work) {
    stream = of(stream);
    if (stream != &null_stream && !streams.count(stream)) return invalid_handle;
    if (stream->captures) {
        if (stream->broken) return capture_invalidated;
        stream->graph->nodes.push_back({kind, std::move(work)});
        return success;
    }
    queue.push_back(std::move(work));
    if (!number("YOSO_EMULATED_LATE", 0)) drain();
    return success;
}
Result outside_capture(bool even_relaxed) {
    for (Stream *stream : streams)
        if (stream->captures && (even_relaxed || !stream->relaxed)) {
            stream->broken = true;
            return capture_unsupported;
        }
    return success;
}
}  // namespace driver

EXPORT Result cuStreamCreate(Stream **stream, unsigned) {
    ENTER();
    streams.insert(*stream = new Stream);
    return success;
}
EXPORT Result cuStreamDestroy_v2(Stream *stream) {
    ENTER();
    driver::drain();
    if (!streams.erase(stream)) return invalid_handle;
    delete stream->graph;
    delete stream;
    return driver::lost;
}
EXPORT Result cuStreamSynchronize(Stream *stream) {
    ENTER();
    if (Result result = driver::outside_capture(of(stream)->captures)) return result;
    driver::drain();
    return driver::lost;
}

// Copies -------------------------------------------------------------------------------------------------------------

EXPORT Result cuMemcpyHtoDAsync_v2(Pointer to, const void *from, size_t bytes, Stream *stream) {
    ENTER();
    if (!driver::holds(to, bytes)) return invalid_value;
    if (driver::pinned(from) || of(stream)->captures)
        return driver::enqueue(stream, &copies, [=] { memcpy((void *)to, from, bytes); });
    // Pageable memory is read before the call returns.
    std::vector<char> staged((const char *)from, (const char *)from + bytes);
    return driver::enqueue(stream, &copies, [=] { memcpy((void *)to, staged.data(), bytes); });
}
EXPORT Result cuMemcpyDtoHAsync_v2(void *to, Pointer from, size_t bytes, Stream *stream) {
    ENTER();
    if (!driver::holds(from, bytes)) return invalid_value;
    Result result = driver::enqueue(stream, &copies, [=] { memcpy(to, (void *)from, bytes); });
    if (!driver::pinned(to)) driver::drain();
    return result ? result : driver::lost;
}
EXPORT Result cuMemcpyDtoDAsync_v2(Pointer to, Pointer from, size_t bytes, Stream *stream) {
    ENTER();
    if (!driver::holds(from, bytes) || !driver::holds(to, bytes)) return invalid_value;
    return driver::enqueue(stream, &copies, [=] { memmove((void *)to, (void *)from, bytes); });
}
EXPORT Result cuMemcpyHtoD_v2(Pointer to, const void *from, size_t bytes) {
    ENTER_OUTSIDE_CAPTURE();
    Result result = cuMemcpyHtoDAsync_v2(to, from, bytes, nullptr);
    driver::drain();
    return result ? result : driver::lost;
}
EXPORT Result cuMemcpyDtoH_v2(void *to, Pointer from, size_t bytes) {
    ENTER_OUTSIDE_CAPTURE();
    Result result = cuMemcpyDtoHAsync_v2(to, from, bytes, nullptr);
    driver::drain();
    return result ? result : driver::lost;
}
EXPORT Result cuMemsetD8Async(Pointer at, unsigned char value, size_t count, Stream *stream) {
    ENTER();
    if (!driver::holds(at, count)) return invalid_value;
    return driver::enqueue(stream, &sets, [=] { driver::fill(at, value, count); });
}
EXPORT Result cuMemsetD32Async(Pointer at, unsigned value, size_t count, Stream *stream) {
    ENTER();
    if (at % 4 || !driver::holds(at, 4 * count)) return invalid_value;
    return driver::enqueue(stream, &sets, [=] {
        for (size_t i = 0; i < count; i++) ((unsigned *)at)[i] = value;
    });
}

// Events -------------------------------------------------------------------------------------------------------------

EXPORT Result cuEventCreate(Event **event, unsigned) {
    ENTER();
    *event = new Event();
    return success;
}
EXPORT Result cuEventDestroy_v2(Event *event) {
    ENTER();
    driver::drain();
    delete event;
    return success;
}
EXPORT Result cuEventRecord(Event *event, Stream *stream) {
    ENTER();
    event->recorded = true, event->done = false;
    return driver::enqueue(stream, event, [=] {
        timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        event->seconds = (double)now.tv_sec + 1e-9 * (double)now.tv_nsec, event->done = true;
    });
}
EXPORT Result cuEventSynchronize(Event *event) {
    ENTER();
    while (event->recorded && !event->done && driver::drain(true)) {}
    return driver::lost;
}
EXPORT Result cuEventQuery(Event *event) {
    ENTER();
    if (!event->recorded || event->done) return success;
    driver::drain(true);
    return driver::lost ? driver::lost : not_ready;
}
EXPORT Result cuEventElapsedTime(float *milliseconds, Event *from, Event *to) {
    ENTER();
    if (!from->recorded || !to->recorded) return invalid_handle;
    if (!from->done || !to->done) return not_ready;
    *milliseconds = (float)(1000 * (to->seconds - from->seconds));
    return success;
}

// Graphs -------------------------------------------------------------------------------------------------------------

EXPORT Result cuStreamBeginCapture_v2(Stream *stream, int mode) {
    ENTER();
    if (!streams.count(stream)) return stream ? invalid_handle : capture_unsupported;
    if (stream->captures) return invalid_value;
    stream->captures = true, stream->broken = false, stream->relaxed = mode == 2, stream->graph = new Graph;
    return success;
}
EXPORT Result cuStreamEndCapture(Stream *stream, Graph **graph) {
    ENTER();
    *graph = nullptr;
    if (!streams.count(stream) || !stream->captures) return invalid_value;
    std::swap(*graph, stream->graph);
    stream->captures = false;
    if (!stream->broken) return success;
    delete *graph;
    *graph = nullptr;
    return capture_invalidated;
}
/// The node that was captured last: its number from 1.
EXPORT Result cuStreamGetCaptureInfo_v2(Stream *stream, int *status, unsigned long long *id, Graph **graph, void *const **last,
                                        size_t *count) {
    ENTER();
    static void *node;
    if (!streams.count(stream)) return invalid_handle;
    *status = stream->broken ? 2 : stream->captures, *id = 1, *graph = stream->graph, *count = 0;
    if (!stream->captures || stream->broken) return success;
    node = (void *)stream->graph->nodes.size();
    *last = &node, *count = node != nullptr;
    return success;
}
EXPORT Result cuGraphInstantiateWithFlags(Execution **execution, Graph *graph, unsigned long long) {
    ENTER();
    *execution = new Execution{graph->nodes};
    return success;
}
EXPORT Result cuGraphExecUpdate_v2(Execution *execution, Graph *graph, int *info) {
    ENTER();
    bool same = execution->nodes.size() == graph->nodes.size();
    for (size_t i = 0; same && i < graph->nodes.size(); i++) same = execution->nodes[i].kind == graph->nodes[i].kind;
    *info = same ? 0 : 2;  // TOPOLOGY_CHANGED
    if (!same) return update_failure;
    execution->nodes = graph->nodes;
    return success;
}
Result driver::replace(Execution *execution, void *node, const void *kind, Work work) {
    size_t number = (size_t)node;
    if (!number || number > execution->nodes.size() || execution->nodes[number - 1].kind != kind) return invalid_value;
    execution->nodes[number - 1].work = std::move(work);
    return success;
}
EXPORT Result cuGraphLaunch(Execution *execution, Stream *stream) {
    ENTER_OUTSIDE_CAPTURE();
    for (const Node &node : execution->nodes)
        if (Result result = driver::enqueue(stream, node.kind, node.work)) return result;
    return success;
}
EXPORT Result cuGraphDestroy(Graph *graph) {
    ENTER();
    delete graph;
    return success;
}
EXPORT Result cuGraphExecDestroy(Execution *execution) {
    ENTER();
    delete execution;
    return success;
}
