#define _GNU_SOURCE
#include "CCuda.h"

#include <dlfcn.h>

#define DEFINE(name, parameters, arguments)     \
    static int(*_Nullable own_##name) parameters; \
    int cc_##name parameters { return own_##name arguments; }
CC_DRIVER(DEFINE)
CC_COMPILER(DEFINE)
CC_PRODUCTS(DEFINE)

static size_t (*own_cublasLtGetVersion)(void);
size_t cc_cublasLtGetVersion(void) { return own_cublasLtGetVersion(); }

static const char *paths[3];

#define LOAD(name, parameters, arguments)           \
    *(void **)&own_##name = dlsym(opened, #name);   \
    if (!own_##name) return "it has no " #name;

const char *cc_open(int32_t library, const char *path) {
    void *opened = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
    if (!opened) return dlerror();
    switch (library) {
    case CC_LIBRARY_DRIVER: CC_DRIVER(LOAD) break;
    case CC_LIBRARY_COMPILER: CC_COMPILER(LOAD) break;
    default: CC_PRODUCTS(LOAD) LOAD(cublasLtGetVersion, , )
    }
    Dl_info info;
    const void *of[] = {*(void **)&own_cuInit, *(void **)&own_nvrtcVersion, *(void **)&own_cublasLtCreate};
    paths[library] = dladdr(of[library], &info) ? info.dli_fname : path;
    return 0;
}

int32_t cc_open_beside(const char *path) { return dlopen(path, RTLD_NOW | RTLD_GLOBAL) != 0; }

const char *cc_path(int32_t library) { return paths[library] ? paths[library] : ""; }
