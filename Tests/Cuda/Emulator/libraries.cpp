// Tests the libraries that `build` makes, as a program uses CUDA: opened by name, kernels compiled at run time.
//
//     clang++ -std=c++17 libraries.cpp -o /tmp/libraries -ldl && /tmp/libraries OUTPUT_FOLDER [memory | lost | beyond | absent]
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <string>
#include <vector>

typedef void *Handle;
typedef unsigned long long Pointer;
static Handle driver, rtc, lt;
static int failures;
static void expect(bool holds, const char *what) {
    if (!holds) failures++, printf("libraries: wrong: %s\n", what);
}
/// Calls by name: an argument is as wide as its type, so pointers, handles and sizes must be given as such.
template <class... T> static int call(Handle library, const char *name, T... values) {
    auto function = (int (*)(T...))dlsym(library, name);
    if (!function) printf("libraries: no %s\n", name), exit(1);
    return function(values...);
}
template <class... T> static void must(Handle library, const char *name, T... values) {
    int result = call(library, name, values...);
    if (result) failures++, printf("libraries: %s answers %d\n", name, result);
}

static const char *text = R"(
#define KERNEL extern "C" __global__ void
struct Pair { double a; int b; };
#ifdef ABSENT
KERNEL absent(Unknown x) {}
#endif
// adds
KERNEL __launch_bounds__(SIZE, 2) axpy(float *__restrict__ y, const float *x /*read, (once) */, Pair pair,
                                       unsigned long long n) {  // n of them
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    __shared__ float s[256];
    s[threadIdx.x] = x[i];
    __syncthreads();
    if (i < n) y[i] += (float)pair.a * s[threadIdx.x] + pair.b;
}
KERNEL beyond(float *x) { x[64 + threadIdx.x] = 1; }
KERNEL nothing() {}
)";
static Handle stream, module;

static Handle compile(const char *text, const char *architecture, int expected) {
    Handle program, module = nullptr;
    const char *options[] = {architecture, "--std=c++17", "-DSIZE=256"};
    must(rtc, "nvrtcCreateProgram", &program, text, "k.cu", 0, (const char **)nullptr, (const char **)nullptr);
    int result = call(rtc, "nvrtcCompileProgram", program, 3, (const char **)options);
    size_t bytes, log_bytes;
    must(rtc, "nvrtcGetProgramLogSize", program, &log_bytes);
    std::string log(log_bytes, ' ');
    must(rtc, "nvrtcGetProgramLog", program, log.data());
    if (result != expected) failures++, printf("libraries: compile answers %d: %s\n", result, log.c_str());
    if (expected) expect(log.find("k.cu:2:") != log.npos, "the log of a wrong text");
    if (!result) {
        must(rtc, "nvrtcGetCUBINSize", program, &bytes);
        std::vector<char> image(bytes);
        must(rtc, "nvrtcGetCUBIN", program, image.data());
        must(driver, "cuModuleLoadData", &module, image.data());
    }
    must(rtc, "nvrtcDestroyProgram", &program);
    return module;
}
static Pointer allocate(const std::vector<float> &values) {
    Pointer at = 0;
    must(driver, "cuMemAlloc_v2", &at, values.size() * 4);
    must(driver, "cuMemcpyHtoDAsync_v2", at, (const void *)values.data(), values.size() * 4, stream);
    return at;
}
static std::vector<float> values(Pointer at, size_t count) {
    std::vector<float> out(count);
    must(driver, "cuMemcpyDtoHAsync_v2", (void *)out.data(), at, count * 4, stream);
    must(driver, "cuStreamSynchronize", stream);
    return out;
}
static int launch(const char *name, unsigned blocks, unsigned threads, std::vector<void *> parameters) {
    Handle function;
    must(driver, "cuModuleGetFunction", &function, module, name);
    return call(driver, "cuLaunchKernel", function, blocks, 1u, 1u, threads, 1u, 1u, 0u, stream, parameters.data(), (void **)0);
}

static void kernels() {
    struct {
        double a = 2;
        int b = 3;
    } pair;
    unsigned long long n = 500;
    std::vector<float> ones(512, 1);
    Pointer x = allocate(ones), y = allocate(ones);
    std::vector<void *> parameters = {&y, &x, &pair, &n};
    expect(launch("axpy", 2, 256, parameters) == 0, "axpy");
    std::vector<float> result = values(y, 512);
    expect(result[0] == 6 && result[499] == 6 && result[500] == 1, "axpy");
    expect(launch("axpy", 2, 512, parameters) == 1, "more threads than its bounds");
    expect(launch("nothing", 1, 1, {}) == 0, "nothing");

    Handle graph, execution, from, to;
    must(driver, "cuEventCreate", &from, 0u), must(driver, "cuEventCreate", &to, 0u);
    must(driver, "cuStreamBeginCapture_v2", stream, 0);
    launch("axpy", 2, 256, parameters);
    must(driver, "cuMemcpyDtoDAsync_v2", x, y, (size_t)4, stream);
    must(driver, "cuStreamEndCapture", stream, &graph);
    pair.a = 100;  // the graph has the values of the capture
    expect(values(y, 1)[0] == 6, "a capture runs nothing");
    must(driver, "cuGraphInstantiateWithFlags", &execution, graph, 0ull);
    must(driver, "cuEventRecord", from, stream);
    for (int i = 0; i < 2; i++) must(driver, "cuGraphLaunch", execution, stream);
    must(driver, "cuEventRecord", to, stream), must(driver, "cuEventSynchronize", to);
    float milliseconds = -1;
    must(driver, "cuEventElapsedTime", &milliseconds, from, to);
    expect(milliseconds >= 0, "elapsed time");
    result = values(y, 2);
    expect(result[0] == 6 + 5 + 25 && result[1] == 16, "two launches of a graph");
    must(driver, "cuStreamBeginCapture_v2", stream, 0);
    expect(call(driver, "cuStreamSynchronize", stream) == 900, "a wait in a capture");
    Handle none;
    expect(call(driver, "cuStreamEndCapture", stream, &none) == 901 && !none, "a broken capture");
    must(driver, "cuGraphExecDestroy", execution), must(driver, "cuGraphDestroy", graph);
    must(driver, "cuMemFree_v2", x), must(driver, "cuMemFree_v2", y);
    expect(call(driver, "cuMemFree_v2", y) == 1, "a second free");
}
/// Row-major C[m, n] = op(A) op(B) + 0.5 C + bias, as D^T = op(B)^T op(A)^T of column-major.
static void products(int ta, int tb) {
    int m = 70, n = 65, k = 33, epilogue = 4, single = 0, count = 0;
    std::vector<float> a(m * k), b(k * n), c(m * n), bias(n);
    for (auto *v : {&a, &b, &c, &bias})
        for (size_t i = 0; i < v->size(); i++) (*v)[i] = (float)((int)(i * 37 % 101) - 50);
    Pointer A = allocate(a), B = allocate(b), C = allocate(c), E = allocate(bias), W = allocate(std::vector<float>(16384));
    Handle handle, operation, la, lb, lc, preference;
    must(lt, "cublasLtCreate", &handle);
    must(lt, "cublasLtMatmulDescCreate", &operation, 68, 0);
    must(lt, "cublasLtMatmulDescSetAttribute", operation, 3, (const void *)&tb, (size_t)4);
    must(lt, "cublasLtMatmulDescSetAttribute", operation, 4, (const void *)&ta, (size_t)4);
    must(lt, "cublasLtMatmulDescSetAttribute", operation, 7, (const void *)&epilogue, (size_t)4);
    must(lt, "cublasLtMatmulDescSetAttribute", operation, 8, (const void *)&E, (size_t)8);
    must(lt, "cublasLtMatmulDescSetAttribute", operation, 26, (const void *)&single, (size_t)4);
    auto layout = [](Handle *l, int rows, int columns) {
        must(lt, "cublasLtMatrixLayoutCreate", l, 0, (unsigned long long)columns, (unsigned long long)rows, (long long)columns);
    };
    tb ? layout(&la, n, k) : layout(&la, k, n);
    ta ? layout(&lb, k, m) : layout(&lb, m, k);
    layout(&lc, m, n);
    struct {
        unsigned long long algorithm[8];
        size_t workspace;
        int state;
        float waves;
        int reserved[4];
    } found[2];
    size_t bytes = 65536;
    must(lt, "cublasLtMatmulPreferenceCreate", &preference);
    must(lt, "cublasLtMatmulPreferenceSetAttribute", preference, 1, (const void *)&bytes, (size_t)8);
    must(lt, "cublasLtMatmulAlgoGetHeuristic", handle, operation, la, lb, lc, lc, preference, 2, (void *)found, &count);
    expect(count == 1, "one algorithm");
    int unfit = call(lt, "cublasLtMatmulAlgoGetHeuristic", handle, operation, lc, lb, la, la, preference, 2, (void *)found,
                     &count);
    expect(unfit == 7, "shapes that do not fit");
    float one = 1, half = 0.5;
    must(lt, "cublasLtMatmul", handle, operation, (const void *)&one, B, la, A, lb, (const void *)&half, C, lc, C, lc,
         (const void *)found, W, bytes, stream);
    std::vector<float> result = values(C, m * n);
    for (int i = 0; i < m; i++)
        for (int j = 0; j < n; j++) {
            float sum = 0.5f * c[i * n + j] + bias[j];
            for (int p = 0; p < k; p++) sum += (ta ? a[p * m + i] : a[i * k + p]) * (tb ? b[j * k + p] : b[p * n + j]);
            if (sum != result[i * n + j]) return expect(false, "a product");
        }
}

int main(int count, char **words) {
    std::string folder = words[1], mode = count > 2 ? words[2] : "";
    driver = dlopen((folder + "/libcuda.so.1").c_str(), RTLD_NOW), rtc = dlopen((folder + "/libnvrtc.so.13").c_str(), RTLD_NOW);
    lt = dlopen((folder + "/libcublasLt.so.13").c_str(), RTLD_NOW);
    if (!driver || !rtc || !lt) return printf("libraries: %s\n", dlerror()), 1;
    int initialized = call(driver, "cuInit", 0u), device;
    if (mode == "absent") return expect(initialized == 100, "no device"), failures;
    Handle context;
    size_t free, total;
    expect(call(driver, "cuMemGetInfo_v2", &free, &total) == 201, "no context");
    must(driver, "cuDeviceGet", &device, 0), must(driver, "cuDevicePrimaryCtxRetain", &context, device);
    must(driver, "cuCtxSetCurrent", context), must(driver, "cuStreamCreate", &stream, 1u);
    must(driver, "cuMemGetInfo_v2", &free, &total);
    if (mode == "memory") {
        Pointer at;
        expect(total == 1 << 20 && call(driver, "cuMemAlloc_v2", &at, (size_t)2 << 20) == 2, "out of memory");
        return failures;
    }
    module = compile(text, "--gpu-architecture=sm_90a", 0);
    compile("#define KERNEL extern \"C\" void\nKERNEL f(int x) { return y; }\n", "--gpu-architecture=sm_90a", 6);
    if (mode == "lost") {
        launch("nothing", 1, 1, {});
        int code = call(driver, "cuStreamSynchronize", stream);
        expect(code == 700 && call(driver, "cuStreamSynchronize", stream) == 700, "a lost device");
        return failures;
    }
    if (mode == "beyond") {
        Pointer x = allocate(std::vector<float>(64));
        launch("beyond", 1, 32, {&x});
        return values(x, 1).size() ? 0 : 1;
    }
    for (int i = 0; i < 2; i++) kernels();
    for (int i = 0; i < 4; i++) products(i & 1, i >> 1);
    must(driver, "cuModuleUnload", module), must(driver, "cuStreamDestroy_v2", stream);
    if (!failures) printf("libraries: right\n");
    return failures != 0;
}
