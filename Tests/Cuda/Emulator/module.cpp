// The emulated driver's modules and launches. An image is a shared object that nvrtc.cpp has made.
//
// Environment: YOSO_EMULATED_LOST="n" or "n:code": the n-th launch of the process (from 1) loses the device with CUDA's error
// `code` (719, or 700), which every later call answers, as on a GPU.
#include "driver.h"
#include <dlfcn.h>
#include <memory>
#include <set>
#include <stdio.h>
#include <stdlib.h>
#include <string>
#include <string.h>
#include <unistd.h>

typedef void (*Launch)(const char *, void (*)(void **), void **, const unsigned *, const unsigned *, size_t);
struct Function {
    std::string name;
    void (*kernel)(void **);
    const unsigned long *parameters;
    Launch launch;
    size_t most_shared = 48 << 10;
};
struct Module {
    void *library;
    std::vector<std::unique_ptr<Function>> functions;
};
static std::set<Function *> functions;

EXPORT Result cuModuleLoadData(Module **module, const void *image) {
    ENTER_OUTSIDE_CAPTURE();
    unsigned long long bytes;
    // nvrtc.cpp puts the number of bytes in front: an image comes without.
    if (memcmp(image, "EMULATED", 8)) return invalid_image;
    memcpy(&bytes, (const char *)image + 8, 8);
    const char *folder = getenv("TMPDIR");
    std::string path = std::string(folder && *folder ? folder : "/tmp") + "/emulated-XXXXXX";
    int file = mkstemp(path.data());
    if (file < 0) return invalid_image;
    bool written = write(file, (const char *)image + 16, bytes) == (ssize_t)bytes;
    close(file);
    void *library = written ? dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL) : nullptr;
    unlink(path.c_str());
    if (!library) {
        const char *error = dlerror();
        fprintf(stderr, "emulator: the image does not load: %s\n", error ? error : "not written");
        return invalid_image;
    }
    *module = new Module{library, {}};
    return success;
}
EXPORT Result cuModuleUnload(Module *module) {
    ENTER_OUTSIDE_CAPTURE();
    driver::drain();
    for (auto &function : module->functions) functions.erase(function.get());
    dlclose(module->library);
    delete module;
    return driver::lost;
}
EXPORT Result cuModuleGetFunction(Function **function, Module *module, const char *name) {
    ENTER();
    std::string text = name;
    void *kernel = dlsym(module->library, (text + "__emulated").c_str());
    void *parameters = dlsym(module->library, (text + "__parameters").c_str());
    void *launch = dlsym(module->library, "emulated_launch");
    if (!kernel || !parameters || !launch) return not_found;
    module->functions.emplace_back(
        new Function{text, (void (*)(void **))kernel, (const unsigned long *)parameters, (Launch)launch});
    functions.insert(*function = module->functions.back().get());
    return success;
}
EXPORT Result cuFuncSetAttribute(Function *function, int attribute, int value) {
    ENTER();
    if (!functions.count(function)) return invalid_handle;
    if (attribute != 8) return success;
    // Dynamic and static memory share a limit; how much a kernel has of its own is not known here, at most a kilobyte with this much.
    if (value < 0 || value > driver::most_shared() - 1024) return invalid_value;
    function->most_shared = (size_t)value;
    return success;
}

/// What the launch asks for and no GPU gives, or null.
static const char *wrong(Function *function, const unsigned *grid, const unsigned *block, size_t shared) {
    if (!grid[0] || !grid[1] || !grid[2] || !block[0] || !block[1] || !block[2]) return "nothing to run";
    if (grid[0] > 2147483647u || grid[1] > 65535 || grid[2] > 65535) return "the grid is too large";
    if (block[0] > 1024 || block[1] > 1024 || block[2] > 64) return "the block is too large";
    if ((unsigned long)block[0] * block[1] * block[2] > function->parameters[0]) return "more threads than its bounds";
    if (shared > function->most_shared) return "more dynamic shared memory than allowed";
    return nullptr;
}
static void run(Function *function, void **parameters, const unsigned *grid, const unsigned *block, size_t shared) {
    static long launches;
    launches++;
    const char *lost = getenv("YOSO_EMULATED_LOST");
    if (lost && atol(lost) == launches) {
        const char *code = strchr(lost, ':');
        driver::lost = code ? atoi(code + 1) : launch_failed;
        return;
    }
    function->launch(function->name.c_str(), function->kernel, parameters, grid, block, shared);
    driver::check_canaries(function->name.c_str());
}
/// What a launch does.
static Result prepare(Function *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                      unsigned shared, void **parameters, void **extra, Work *work) {
    if (!functions.count(function)) return invalid_handle;
    std::vector<unsigned> grid = {gx, gy, gz}, block = {bx, by, bz};
    if (const char *what = wrong(function, grid.data(), block.data(), shared)) {
        fprintf(stderr, "emulator: %s: %s: grid (%u, %u, %u), block (%u, %u, %u), %u bytes of dynamic shared memory\n",
                function->name.c_str(), what, gx, gy, gz, bx, by, bz, shared);
        return invalid_value;
    }
    const unsigned long *sizes = function->parameters + 1;
    if (extra || (*sizes && !parameters)) return invalid_value;
    // The values are taken now, as on a GPU; the caller's may be gone when the kernel runs. `max_align_t` keeps them aligned.
    typedef std::vector<std::max_align_t> Value;
    std::vector<Value> values;
    for (int i = 0; sizes[i]; i++) {
        values.emplace_back((sizes[i] + sizeof(std::max_align_t) - 1) / sizeof(std::max_align_t));
        memcpy(values.back().data(), parameters[i], sizes[i]);
    }
    *work = [=] {
        std::vector<Value> copies = values;
        std::vector<void *> pointers;
        for (Value &value : copies) pointers.push_back(value.data());
        run(function, pointers.data(), grid.data(), block.data(), shared);
    };
    return success;
}
EXPORT Result cuLaunchKernel(Function *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                             unsigned shared, Stream *stream, void **parameters, void **extra) {
    ENTER();
    if (driver::nothing()) return driver::enqueue(stream, function, [] {});
    Work work;
    Result result = prepare(function, gx, gy, gz, bx, by, bz, shared, parameters, extra, &work);
    return result ? result : driver::enqueue(stream, function, work);
}

struct Parameters {
    Function *function;
    unsigned gx, gy, gz, bx, by, bz, shared;
    void **parameters, **extra;
    void *kernel, *context;
};
EXPORT Result cuGraphExecKernelNodeSetParams_v2(Execution *execution, void *node, const Parameters *p) {
    ENTER();
    if (driver::nothing()) return success;
    Work work;
    Result result =
        prepare(p->function, p->gx, p->gy, p->gz, p->bx, p->by, p->bz, p->shared, p->parameters, p->extra, &work);
    return result ? result : driver::replace(execution, node, p->function, work);
}
