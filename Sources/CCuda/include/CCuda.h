// CUDA by dlopen: the functions of libcuda, NVRTC and cublasLt that the room Cuda calls, by hand-written prototypes, so that no
// header and no library of CUDA is needed to build, and none to run on a CPU. Every function `f` is called as `cc_f`, once its
// library was opened. Handles are pointers that nobody looks behind.
#ifndef CCUDA_H
#define CCUDA_H

#include <stddef.h>
#include <stdint.h>

typedef void *_Nullable cc_handle;
typedef cc_handle *_Nonnull cc_out;
typedef uint64_t cc_address;
typedef const char *_Nullable const *_Nullable cc_strings;
typedef void *_Nullable *_Nullable cc_arguments;

/// One of the algorithms that cublasLt knows for a product (cublasLtMatmulHeuristicResult_t).
typedef struct {
    uint64_t algorithm[8];
    size_t workspace;
    int32_t state;
    float waves;
    int32_t reserved[4];
} cc_heuristic;

/// A kernel of a graph (CUDA_KERNEL_NODE_PARAMS_v2).
typedef struct {
    cc_handle function;
    unsigned gx, gy, gz, bx, by, bz, shared;
    cc_arguments arguments, extra;
    cc_handle kernel, context;
} cc_kernel_node;

#define CC_DRIVER(X)                                                                                                   \
    X(cuInit, (unsigned flags), (flags))                                                                               \
    X(cuDriverGetVersion, (int *_Nonnull version), (version))                                                          \
    X(cuDeviceGetCount, (int *_Nonnull count), (count))                                                                \
    X(cuDeviceGet, (int *_Nonnull device, int ordinal), (device, ordinal))                                             \
    X(cuDeviceGetName, (char *_Nonnull name, int length, int device), (name, length, device))                          \
    X(cuDeviceGetAttribute, (int *_Nonnull value, int attribute, int device), (value, attribute, device))              \
    X(cuDevicePrimaryCtxRetain, (cc_out context, int device), (context, device))                                       \
    X(cuCtxSetCurrent, (cc_handle context), (context))                                                                 \
    X(cuMemGetInfo_v2, (size_t *_Nonnull spare, size_t *_Nonnull total), (spare, total))                               \
    X(cuModuleLoadData, (cc_out module, const void *_Nonnull image), (module, image))                                  \
    X(cuModuleGetFunction, (cc_out function, cc_handle module, const char *_Nonnull name), (function, module, name))   \
    X(cuFuncSetAttribute, (cc_handle function, int attribute, int value), (function, attribute, value))                \
    X(cuLaunchKernel,                                                                                                  \
      (cc_handle function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,               \
       unsigned shared, cc_handle stream, cc_arguments arguments, cc_arguments extra),                                 \
      (function, gx, gy, gz, bx, by, bz, shared, stream, arguments, extra))                                            \
    X(cuMemAlloc_v2, (cc_address *_Nonnull address, size_t bytes), (address, bytes))                                   \
    X(cuMemFree_v2, (cc_address address), (address))                                                                   \
    X(cuMemHostAlloc, (void *_Nullable *_Nonnull start, size_t bytes, unsigned flags), (start, bytes, flags))          \
    X(cuMemFreeHost, (void *_Nullable start), (start))                                                                 \
    X(cuMemcpyHtoDAsync_v2, (cc_address to, const void *_Nonnull from, size_t bytes, cc_handle stream),                \
      (to, from, bytes, stream))                                                                                       \
    X(cuMemcpyDtoHAsync_v2, (void *_Nonnull to, cc_address from, size_t bytes, cc_handle stream),                      \
      (to, from, bytes, stream))                                                                                       \
    X(cuMemcpyDtoDAsync_v2, (cc_address to, cc_address from, size_t bytes, cc_handle stream),                          \
      (to, from, bytes, stream))                                                                                       \
    X(cuMemsetD8Async, (cc_address at, unsigned char value, size_t count, cc_handle stream),                           \
      (at, value, count, stream))                                                                                      \
    X(cuMemsetD32Async, (cc_address at, unsigned value, size_t count, cc_handle stream), (at, value, count, stream))   \
    X(cuStreamCreate, (cc_out stream, unsigned flags), (stream, flags))                                                \
    X(cuStreamSynchronize, (cc_handle stream), (stream))                                                               \
    X(cuStreamBeginCapture_v2, (cc_handle stream, int mode), (stream, mode))                                           \
    X(cuStreamEndCapture, (cc_handle stream, cc_out graph), (stream, graph))                                           \
    X(cuStreamGetCaptureInfo_v2,                                                                                       \
      (cc_handle stream, int *_Nonnull status, uint64_t *_Nonnull id, cc_out graph,                                    \
       const cc_handle *_Nullable *_Nonnull last, size_t *_Nonnull count),                                             \
      (stream, status, id, graph, last, count))                                                                        \
    X(cuGraphInstantiateWithFlags, (cc_out execution, cc_handle graph, unsigned long long flags),                      \
      (execution, graph, flags))                                                                                       \
    X(cuGraphExecKernelNodeSetParams_v2, (cc_handle execution, cc_handle node, const cc_kernel_node *_Nonnull kernel), \
      (execution, node, kernel))                                                                                       \
    X(cuGraphLaunch, (cc_handle execution, cc_handle stream), (execution, stream))                                     \
    X(cuGraphDestroy, (cc_handle graph), (graph))                                                                      \
    X(cuGraphExecDestroy, (cc_handle execution), (execution))                                                          \
    X(cuEventCreate, (cc_out event, unsigned flags), (event, flags))                                                   \
    X(cuEventDestroy_v2, (cc_handle event), (event))                                                                   \
    X(cuEventRecord, (cc_handle event, cc_handle stream), (event, stream))                                             \
    X(cuEventSynchronize, (cc_handle event), (event))                                                                  \
    X(cuEventElapsedTime, (float *_Nonnull milliseconds, cc_handle from, cc_handle to), (milliseconds, from, to))      \
    X(cuGetErrorName, (int error, const char *_Nullable *_Nonnull name), (error, name))

#define CC_COMPILER(X)                                                                                                 \
    X(nvrtcVersion, (int *_Nonnull major, int *_Nonnull minor), (major, minor))                                        \
    X(nvrtcCreateProgram,                                                                                              \
      (cc_out program, const char *_Nonnull text, const char *_Nullable name, int headers, cc_strings contents,        \
       cc_strings names),                                                                                              \
      (program, text, name, headers, contents, names))                                                                 \
    X(nvrtcCompileProgram, (cc_handle program, int count, cc_strings options), (program, count, options))              \
    X(nvrtcGetProgramLogSize, (cc_handle program, size_t *_Nonnull size), (program, size))                             \
    X(nvrtcGetProgramLog, (cc_handle program, char *_Nonnull log), (program, log))                                     \
    X(nvrtcGetCUBINSize, (cc_handle program, size_t *_Nonnull size), (program, size))                                  \
    X(nvrtcGetCUBIN, (cc_handle program, char *_Nonnull image), (program, image))                                      \
    X(nvrtcDestroyProgram, (cc_out program), (program))

#define CC_PRODUCTS(X)                                                                                                 \
    X(cublasLtCreate, (cc_out handle), (handle))                                                                       \
    X(cublasLtMatmulDescCreate, (cc_out description, int compute, int scale), (description, compute, scale))           \
    X(cublasLtMatmulDescSetAttribute,                                                                                  \
      (cc_handle description, int attribute, const void *_Nonnull value, size_t bytes),                                \
      (description, attribute, value, bytes))                                                                          \
    X(cublasLtMatrixLayoutCreate, (cc_out layout, int type, uint64_t rows, uint64_t columns, int64_t stride),          \
      (layout, type, rows, columns, stride))                                                                           \
    X(cublasLtMatmulDescDestroy, (cc_handle description), (description))                                               \
    X(cublasLtMatrixLayoutDestroy, (cc_handle layout), (layout))                                                       \
    X(cublasLtMatmulPreferenceCreate, (cc_out preference), (preference))                                               \
    X(cublasLtMatmulPreferenceSetAttribute,                                                                            \
      (cc_handle preference, int attribute, const void *_Nonnull value, size_t bytes),                                 \
      (preference, attribute, value, bytes))                                                                           \
    X(cublasLtMatmulAlgoGetHeuristic,                                                                                  \
      (cc_handle handle, cc_handle description, cc_handle a, cc_handle b, cc_handle c, cc_handle d,                    \
       cc_handle preference, int wanted, cc_heuristic *_Nonnull results, int *_Nonnull found),                         \
      (handle, description, a, b, c, d, preference, wanted, results, found))                                           \
    X(cublasLtMatmul,                                                                                                  \
      (cc_handle handle, cc_handle description, const void *_Nonnull alpha, cc_address a, cc_handle a_layout,          \
       cc_address b, cc_handle b_layout, const void *_Nonnull beta, cc_address c, cc_handle c_layout, cc_address d,    \
       cc_handle d_layout, const void *_Nullable algorithm, cc_address workspace, size_t bytes, cc_handle stream),     \
      (handle, description, alpha, a, a_layout, b, b_layout, beta, c, c_layout, d, d_layout, algorithm, workspace,     \
       bytes, stream))

#define CC_DECLARE(name, parameters, arguments) int cc_##name parameters;
CC_DRIVER(CC_DECLARE)
CC_COMPILER(CC_DECLARE)
CC_PRODUCTS(CC_DECLARE)
#undef CC_DECLARE

size_t cc_cublasLtGetVersion(void);

enum { CC_LIBRARY_DRIVER, CC_LIBRARY_COMPILER, CC_LIBRARY_PRODUCTS };

/// Opens `path`, or the library that the loader finds by that name, as one of the three.
///
/// Returns null, or why not: the loader's words, or the name of the first function that it does not have.
const char *_Nullable cc_open(int32_t library, const char *_Nonnull path);
/// Opens a library that another one looks for by its name.
int32_t cc_open_beside(const char *_Nonnull path);
/// Where an opened library lies.
const char *_Nonnull cc_path(int32_t library);

/// The programs that the room Cuda has NVRTC compile, and what stands before each of them.
#define CC_TEXTS(X)                                                                                                    \
    X(common) X(embedding) X(norm) X(activations) X(rows) X(loss) X(optimizer) X(small) X(softmax) X(segment) X(yoso)
#define CC_DECLARE(name) const char *_Nonnull cc_##name##_text(void);
CC_TEXTS(CC_DECLARE)
#undef CC_DECLARE

#endif
