// The emulated cublasLt: D = alpha op(A) op(B) + beta C + bias, column-major, of float32 (0) and bfloat16 (14), summed in
// float32 in the order of k. What the library would refuse is refused: shapes and types that do not fit, other epilogues, too
// small a workspace, an algorithm that no heuristic gave.
#include "driver.h"
#include <algorithm>
#include <string.h>

namespace {
constexpr Result unset = 1, wrong_value = 7, execution_failed = 13, unsupported = 15;
constexpr int float32 = 0, bfloat16 = 14;
const unsigned long long magic = 0x454d554c41544544ull;
const size_t workspace_bytes = 32 << 10;

struct Operation {
    int scale_type, transposes_a = 0, transposes_b = 0, epilogue = 1, bias_type = -1;
    Pointer bias = 0;
};
struct Matrix {
    int type;
    unsigned long long rows, columns;
    long long leading;
    int batches = 1;
    long long stride = 0;
};
struct Preference {
    size_t workspace = 0;
};
struct Algorithm {
    unsigned long long data[8];
};
struct Heuristic {
    Algorithm algorithm;
    size_t workspace;
    Result state;
    float waves;
    int reserved[4];
};

size_t width(int type) { return type == float32 ? 4 : 2; }
float get(const void *at, int type, size_t i) {
    if (type == float32) return ((const float *)at)[i];
    unsigned bits = (unsigned)((const unsigned short *)at)[i] << 16;
    float x;
    memcpy(&x, &bits, 4);
    return x;
}
void put(void *at, int type, size_t i, float x) {
    if (type == float32) {
        ((float *)at)[i] = x;
        return;
    }
    unsigned bits;
    memcpy(&bits, &x, 4);
    ((unsigned short *)at)[i] = (unsigned short)(x != x ? bits >> 16 | 64 : (bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
/// The elements from the first to the last, in bytes.
size_t extent(const Matrix &m) {
    long long last = (m.batches - 1) * m.stride + (long long)(m.columns - 1) * m.leading + (long long)m.rows;
    return (size_t)last * width(m.type);
}
Result check(const Operation &o, const Matrix &a, const Matrix &b, const Matrix &c, const Matrix &d) {
    unsigned long long k = o.transposes_a ? a.rows : a.columns;
    bool fits = (o.transposes_a ? a.columns : a.rows) == d.rows && (o.transposes_b ? b.columns : b.rows) == k &&
                (o.transposes_b ? b.rows : b.columns) == d.columns && c.rows == d.rows && c.columns == d.columns;
    for (const Matrix *m : {&a, &b, &c, &d})
        fits = fits && m->rows && m->columns && m->leading >= (long long)m->rows && m->batches == d.batches;
    if (!fits) return wrong_value;
    bool known = a.type == b.type && c.type == d.type && (d.type == a.type || d.type == float32) && o.scale_type == float32;
    return known && (o.epilogue == 1 || o.epilogue == 4) ? success : unsupported;
}

struct Operands {
    const void *a, *b, *c, *bias;
    void *d;
    float alpha, beta;
};
/// One product: op(A) as [k, m] of float32, then 4 columns by 64 rows of D at a time.
void multiply(const Operation &o, const Matrix &a, const Matrix &b, const Matrix &c, const Matrix &d, Operands x) {
    size_t m = d.rows, n = d.columns, k = o.transposes_a ? a.rows : a.columns, padded = (m + 63) / 64 * 64;
    std::vector<float> left(padded * k), right(k * 4);
    for (size_t i = 0; i < m; i++)
        for (size_t p = 0; p < k; p++)
            left[p * padded + i] = get(x.a, a.type, o.transposes_a ? i * a.leading + p : p * a.leading + i);
    int bias_type = o.bias_type < 0 ? d.type : o.bias_type;
    for (size_t first = 0; first < n; first += 4) {
        size_t columns = std::min(n - first, (size_t)4);
        for (size_t p = 0; p < k; p++)
            for (size_t j = 0; j < columns; j++) {
                size_t column = first + j;
                right[p * 4 + j] = get(x.b, b.type, o.transposes_b ? p * b.leading + column : column * b.leading + p);
            }
        for (size_t top = 0; top < m; top += 64) {
            float sums[4][64] = {};
            for (size_t p = 0; p < k; p++)
                for (int j = 0; j < 4; j++)
                    for (int i = 0; i < 64; i++) sums[j][i] += left[p * padded + top + i] * right[p * 4 + j];
            for (size_t j = 0; j < columns; j++)
                for (size_t i = 0; i < std::min(m - top, (size_t)64); i++) {
                    float sum = x.alpha * sums[j][i];
                    if (x.beta != 0) sum += x.beta * get(x.c, c.type, (first + j) * c.leading + top + i);
                    if (x.bias) sum += get(x.bias, bias_type, top + i);
                    put(x.d, d.type, (first + j) * d.leading + top + i, sum);
                }
        }
    }
}
template <class T> Result set(T &field, const void *value, size_t bytes) {
    if (bytes != sizeof field) return wrong_value;
    memcpy(&field, value, bytes);
    return success;
}
}  // namespace

EXPORT Result cublasLtCreate(void **handle) {
    static int only;
    ENTER_OUTSIDE_CAPTURE();
    *handle = &only;
    return success;
}
EXPORT Result cublasLtDestroy(void *) { return success; }
EXPORT size_t cublasLtGetVersion(void) { return 130000; }

EXPORT Result cublasLtMatmulDescCreate(Operation **operation, int compute, int scale_type) {
    if (compute != 68 && compute != 77) return unsupported;  // 32F, 32F_FAST_TF32
    *operation = new Operation{scale_type};
    return success;
}
EXPORT Result cublasLtMatmulDescDestroy(Operation *operation) {
    delete operation;
    return success;
}
EXPORT Result cublasLtMatmulDescSetAttribute(Operation *operation, int attribute, const void *value, size_t bytes) {
    switch (attribute) {
    case 3: return set(operation->transposes_a, value, bytes);
    case 4: return set(operation->transposes_b, value, bytes);
    case 7: return set(operation->epilogue, value, bytes);
    case 8: return set(operation->bias, value, bytes);
    case 26: return set(operation->bias_type, value, bytes);
    default: return unsupported;
    }
}
EXPORT Result cublasLtMatrixLayoutCreate(Matrix **matrix, int type, unsigned long long rows, unsigned long long columns,
                                         long long leading) {
    if (type != float32 && type != bfloat16) return unsupported;
    *matrix = new Matrix{type, rows, columns, leading};
    return success;
}
EXPORT Result cublasLtMatrixLayoutDestroy(Matrix *matrix) {
    delete matrix;
    return success;
}
EXPORT Result cublasLtMatrixLayoutSetAttribute(Matrix *matrix, int attribute, const void *value, size_t bytes) {
    int order = 0;
    switch (attribute) {
    case 0: return set(matrix->type, value, bytes);
    case 1: return set(order, value, bytes) ? wrong_value : order ? unsupported : success;
    case 2: return set(matrix->rows, value, bytes);
    case 3: return set(matrix->columns, value, bytes);
    case 4: return set(matrix->leading, value, bytes);
    case 5: return set(matrix->batches, value, bytes);
    case 6: return set(matrix->stride, value, bytes);
    default: return unsupported;
    }
}
EXPORT Result cublasLtMatmulPreferenceCreate(Preference **preference) {
    *preference = new Preference;
    return success;
}
EXPORT Result cublasLtMatmulPreferenceDestroy(Preference *preference) {
    delete preference;
    return success;
}
EXPORT Result cublasLtMatmulPreferenceSetAttribute(Preference *preference, int attribute, const void *value, size_t bytes) {
    return attribute == 1 ? set(preference->workspace, value, bytes) : success;
}
EXPORT Result cublasLtMatmulAlgoGetHeuristic(void *handle, Operation *operation, Matrix *a, Matrix *b, Matrix *c, Matrix *d,
                                             Preference *preference, int wanted, Heuristic *found, int *count) {
    *count = 0;
    if (!handle) return unset;
    if (wanted < 1) return wrong_value;
    if (Result result = check(*operation, *a, *b, *c, *d)) return result;
    size_t workspace = std::min(preference ? preference->workspace : 0, workspace_bytes);
    *found = {{{magic, workspace}}, workspace, success, 1, {}};
    *count = 1;
    return success;
}
EXPORT Result cublasLtMatmul(void *handle, Operation *operation, const float *alpha, const void *a, Matrix *la, const void *b,
                             Matrix *lb, const float *beta, const void *c, Matrix *lc, void *d, Matrix *ld,
                             const Algorithm *algorithm, Pointer workspace, size_t bytes, Stream *stream) {
    ENTER();
    static const char products = 0;
    if (driver::nothing()) return driver::enqueue(stream, &products, [] {});
    if (!handle) return unset;
    if (Result result = check(*operation, *la, *lb, *lc, *ld)) return result;
    if (algorithm && (algorithm->data[0] != magic || algorithm->data[1] > bytes)) return wrong_value;
    Operands x = {a, b, c, operation->epilogue == 4 ? (const void *)operation->bias : nullptr, d, *alpha, *beta};
    bool held = driver::holds((Pointer)a, extent(*la)) && driver::holds((Pointer)b, extent(*lb)) &&
                driver::holds((Pointer)d, extent(*ld)) && (x.beta == 0 || driver::holds((Pointer)c, extent(*lc))) &&
                (!algorithm || !algorithm->data[1] || driver::holds(workspace, algorithm->data[1])) &&
                (operation->epilogue != 4 || driver::holds(operation->bias, ld->rows * 2));
    if (!held) return wrong_value;
    Operation o = *operation;
    Matrix A = *la, B = *lb, C = *lc, D = *ld;
    return driver::enqueue(stream, &products, [=] {
        for (int batch = 0; batch < D.batches; batch++) {
            Operands of_batch = x;
            of_batch.a = (const char *)x.a + batch * A.stride * width(A.type);
            of_batch.b = (const char *)x.b + batch * B.stride * width(B.type);
            of_batch.c = (const char *)x.c + batch * C.stride * width(C.type);
            of_batch.d = (char *)x.d + batch * D.stride * width(D.type);
            multiply(o, A, B, C, D, of_batch);
        }
    }) ? execution_failed : success;
}
