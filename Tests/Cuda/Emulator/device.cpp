// The emulated driver's device, contexts, memory and errors.
//
// Environment: YOSO_EMULATED_NO_DEVICE=1 (cuInit answers 100), YOSO_EMULATED_DRIVER (the version, 13000),
// YOSO_EMULATED_MEMORY (bytes in all, 4 GiB). New memory is filled with 0xFF (NaN), and so are 256 bytes behind it, which are
// looked at after every launch.
#include "driver.h"
#include <algorithm>
#include <map>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

static const size_t canary = 256, page = 4096;
static std::map<Pointer, size_t> allocations;
static std::map<const char *, size_t> pages;  // of cuMemHostAlloc
static size_t taken;
static bool initialized;
static int context_of_device;
static thread_local void *current;

namespace driver {
std::recursive_mutex lock;
Result lost;

long number(const char *variable, long otherwise) {
    const char *value = getenv(variable);
    return value && *value ? atol(value) : otherwise;
}
long most_shared() { return number("YOSO_EMULATED_SHARED", 232448); }
bool nothing() {
    static const bool is = number("YOSO_EMULATED_NOTHING", 0);
    return is;
}
Result ready() { return lost ? lost : !initialized ? not_initialized : !current ? invalid_context : success; }
void check_canaries(const char *kernel) {
    for (auto [at, bytes] : allocations)
        for (size_t i = bytes; i < bytes + canary; i++)
            if (((unsigned char *)at)[i] != 0xFF) {
                fprintf(stderr, "emulator: %s wrote byte %zu of an allocation of %zu bytes\n", kernel, i, bytes);
                abort();
            }
}
bool holds(Pointer at, size_t bytes) {
    auto after = allocations.upper_bound(at);
    return after != allocations.begin() && (--after, at + bytes <= after->first + after->second);
}
void fill(Pointer at, unsigned char value, size_t bytes) {
    static const size_t part = 1 << 20;
    static const int poison = [] {
        int file = memfd_create("emulated", MFD_CLOEXEC);
        std::vector<char> values(part, (char)0xFF);
        return file >= 0 && write(file, values.data(), part) == (ssize_t)part ? file : -1;
    }();
    size_t first = std::min(bytes, (page - (size_t)at % page) % page), end = bytes - (bytes - first) % page;
    if (value != 0xFF || bytes < part || poison < 0) first = end = bytes;
    memset((void *)at, value, first);
    for (; first < end; first += part) {
        size_t count = std::min(part, end - first);
        if (mmap((char *)at + first, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, poison, 0) == MAP_FAILED)
            memset((char *)at + first, value, count);
    }
    memset((char *)at + end, value, bytes - end);
}
bool pinned(const void *at) {
    auto after = pages.upper_bound((const char *)at);
    return after != pages.begin() && (--after, (const char *)at < after->first + after->second);
}
}  // namespace driver

static size_t total() { return (size_t)driver::number("YOSO_EMULATED_MEMORY", 4l << 30); }

// Device -------------------------------------------------------------------------------------------------------------

EXPORT Result cuInit(unsigned) {
    if (driver::number("YOSO_EMULATED_NO_DEVICE", 0)) return no_device;
    initialized = true;
    return success;
}
EXPORT Result cuDriverGetVersion(int *version) {
    *version = (int)driver::number("YOSO_EMULATED_DRIVER", 13000);
    return success;
}
EXPORT Result cuDeviceGetCount(int *count) {
    *count = 1;
    return initialized ? success : not_initialized;
}
EXPORT Result cuDeviceGet(int *device, int ordinal) {
    *device = 0;
    return !initialized ? not_initialized : ordinal ? invalid_device : success;
}
EXPORT Result cuDeviceGetName(char *name, int bytes, int device) {
    snprintf(name, (size_t)bytes, "Emulated");
    return device ? invalid_device : success;
}
EXPORT Result cuDeviceTotalMem_v2(size_t *bytes, int device) {
    *bytes = total();
    return device ? invalid_device : success;
}
EXPORT Result cuDeviceGetUuid(unsigned char *uuid, int device) {
    memcpy(uuid, "EmulatedEmulated", 16);
    return device ? invalid_device : success;
}
EXPORT Result cuDeviceGetUuid_v2(unsigned char *uuid, int device) { return cuDeviceGetUuid(uuid, device); }
EXPORT Result cuDeviceGetAttribute(int *value, int attribute, int device) {
    static const std::map<int, long> values = {
        {1, 1024},                         // MAX_THREADS_PER_BLOCK
        {2, 1024}, {3, 1024}, {4, 64},     // MAX_BLOCK_DIM_X, Y, Z
        {5, 2147483647}, {6, 65535}, {7, 65535},  // MAX_GRID_DIM_X, Y, Z
        {8, 49152},                        // MAX_SHARED_MEMORY_PER_BLOCK
        {10, 32},                          // WARP_SIZE
        {12, 65536}, {82, 65536},          // MAX_REGISTERS_PER_BLOCK, _PER_MULTIPROCESSOR
        {13, 1980000}, {36, 2619000},      // CLOCK_RATE, MEMORY_CLOCK_RATE
        {16, 132},                         // MULTIPROCESSOR_COUNT
        {37, 5120}, {38, 50 << 20},        // GLOBAL_MEMORY_BUS_WIDTH, L2_CACHE_SIZE
        {39, 2048}, {106, 32},             // MAX_THREADS_PER_MULTIPROCESSOR, MAX_BLOCKS_PER_MULTIPROCESSOR
        {41, 1},                           // UNIFIED_ADDRESSING
        {75, 9}, {76, 0},                  // COMPUTE_CAPABILITY_MAJOR, MINOR
        {81, driver::most_shared() + 1024}, {97, driver::most_shared()},  // MAX_SHARED_MEMORY_PER_MULTIPROCESSOR, _PER_BLOCK_OPTIN
    };
    auto found = values.find(attribute);
    *value = found == values.end() ? 0 : (int)found->second;
    return !initialized ? not_initialized : device ? invalid_device : success;
}

// Contexts -----------------------------------------------------------------------------------------------------------

EXPORT Result cuDevicePrimaryCtxRetain(void **context, int device) {
    *context = &context_of_device;
    return driver::lost ? driver::lost : !initialized ? not_initialized : device ? invalid_device : success;
}
EXPORT Result cuDevicePrimaryCtxRelease_v2(int device) { return device ? invalid_device : success; }
EXPORT Result cuCtxSetCurrent(void *context) {
    if (context && context != &context_of_device) return invalid_context;
    current = context;
    return driver::lost;
}
EXPORT Result cuCtxGetCurrent(void **context) {
    *context = current;
    return success;
}

// Memory -------------------------------------------------------------------------------------------------------------

EXPORT Result cuMemGetInfo_v2(size_t *free, size_t *all) {
    ENTER();
    *all = total(), *free = taken < *all ? *all - taken : 0;
    return success;
}
/// The bytes that are mapped for an allocation and its canary.
static size_t mapped(size_t bytes) { return (bytes + canary + page - 1) / page * page; }
EXPORT Result cuMemAlloc_v2(Pointer *at, size_t bytes) {
    ENTER_OUTSIDE_CAPTURE();
    if (!bytes) return invalid_value;
    if (bytes > total() || taken + bytes > total()) return out_of_memory;
    void *memory = mmap(nullptr, mapped(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) return out_of_memory;
    if (!driver::nothing()) driver::fill((Pointer)memory, 0xFF, bytes);
    memset((char *)memory + bytes, 0xFF, canary);
    *at = (Pointer)memory, allocations[*at] = bytes, taken += bytes;
    return success;
}
EXPORT Result cuMemFree_v2(Pointer at) {
    ENTER_OUTSIDE_CAPTURE();
    if (!at) return success;
    auto found = allocations.find(at);
    if (found == allocations.end()) return invalid_value;
    driver::drain();
    driver::check_canaries("something");
    taken -= found->second;
    munmap((void *)at, mapped(found->second));
    allocations.erase(found);
    return driver::lost;
}
EXPORT Result cuMemHostAlloc(void **at, size_t bytes, unsigned) {
    ENTER_OUTSIDE_CAPTURE();
    if (!bytes) return invalid_value;
    if (posix_memalign(at, 4096, bytes)) return out_of_memory;
    pages[(const char *)*at] = bytes;
    return success;
}
EXPORT Result cuMemFreeHost(void *at) {
    ENTER_OUTSIDE_CAPTURE();
    driver::drain();
    if (!pages.erase((const char *)at)) return invalid_value;
    free(at);
    return driver::lost;
}

// Errors -------------------------------------------------------------------------------------------------------------

struct Name {
    const char *name, *text;
};
static const std::map<Result, Name> names = {
    {success, {"CUDA_SUCCESS", "no error"}},
    {invalid_value, {"CUDA_ERROR_INVALID_VALUE", "invalid argument"}},
    {out_of_memory, {"CUDA_ERROR_OUT_OF_MEMORY", "out of memory"}},
    {not_initialized, {"CUDA_ERROR_NOT_INITIALIZED", "initialization error"}},
    {no_device, {"CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"}},
    {invalid_device, {"CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"}},
    {invalid_image, {"CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"}},
    {invalid_context, {"CUDA_ERROR_INVALID_CONTEXT", "invalid device context"}},
    {invalid_handle, {"CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"}},
    {not_found, {"CUDA_ERROR_NOT_FOUND", "named symbol not found"}},
    {not_ready, {"CUDA_ERROR_NOT_READY", "device not ready"}},
    {illegal_address, {"CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"}},
    {launch_failed, {"CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"}},
    {capture_unsupported,
     {"CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"}},
    {capture_invalidated,
     {"CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", "operation failed due to a previous error during capture"}},
    {update_failure,
     {"CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE",
      "the graph update was not performed because it included changes which violated constraints"}},
};
EXPORT Result cuGetErrorName(Result result, const char **name) {
    auto found = names.find(result);
    *name = found == names.end() ? nullptr : found->second.name;
    return *name ? success : invalid_value;
}
EXPORT Result cuGetErrorString(Result result, const char **text) {
    auto found = names.find(result);
    *text = found == names.end() ? nullptr : found->second.text;
    return *text ? success : invalid_value;
}
