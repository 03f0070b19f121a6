// Stands in front of the text that the emulated NVRTC compiles, and is what the emulated driver finds in a loaded module.
// In front of every `KERNEL name(type parameter, …)` nvrtc.cpp writes `name__emulated`, which calls it by pointers to its
// parameters, and `name__parameters`: the most threads of a block, then the bytes of every parameter, then 0.
#pragma once
#include "emulate.h"

#define EMULATED_EXPORT extern "C" __attribute__((visibility("default")))

/// Runs a kernel by what unpacks its parameters.
EMULATED_EXPORT void emulated_launch(const char *name, void (*kernel)(void **), void **parameters, const unsigned *grid,
                                     const unsigned *block, size_t shared) {
    struct Context {
        void (*kernel)(void **);
        void **parameters;
    } context = {kernel, parameters};
    auto body = [](void *context) { ((Context *)context)->kernel(((Context *)context)->parameters); };
    emulated::launch(name, dim3(grid[0], grid[1], grid[2]), dim3(block[0], block[1], block[2]), shared, body, &context);
}
