#include "CCuda.h"

// Standard in C23, and an extension of every Clang since 19 before it.
#pragma clang diagnostic ignored "-Wc23-extensions"

// Paths are relative to this file, which is compiled anew when one of them changes.
static const char common[] = {
#embed "../Cuda/Kernels/common.cu" suffix(, 0)
};

static const char embedding[] = {
#embed "../Cuda/Kernels/embedding.cu" suffix(, 0)
};

static const char norm[] = {
#embed "../Cuda/Kernels/norm.cu" suffix(, 0)
};

static const char activations[] = {
#embed "../Cuda/Kernels/activations.cu" suffix(, 0)
};

static const char rows[] = {
#embed "../Cuda/Kernels/rows.cu" suffix(, 0)
};

static const char loss[] = {
#embed "../Cuda/Kernels/loss.cu" suffix(, 0)
};

static const char optimizer[] = {
#embed "../Cuda/Kernels/optimizer.cu" suffix(, 0)
};

static const char small[] = {
#embed "../Cuda/Kernels/small.cu" suffix(, 0)
};

static const char softmax[] = {
#embed "../Cuda/Kernels/softmax_window.cu" suffix(, )
#embed "../Cuda/Kernels/softmax.cu" suffix(, )
#embed "../Cuda/Kernels/softmax_gradient.cu" suffix(, )
#embed "../Cuda/Kernels/softmax_fp32.cu" suffix(, )
#embed "../Cuda/Kernels/softmax_unit.cu" suffix(, 0)
};

static const char segment[] = {
#embed "../Cuda/Kernels/segment.cu" suffix(, )
#embed "../Cuda/Kernels/nystrom.cu" suffix(, 0)
};

static const char yoso[] = {
#embed "../Cuda/Kernels/yoso.cu" suffix(, )
#embed "../Cuda/Kernels/yoso_codes.cu" suffix(, )
#embed "../Cuda/Kernels/yoso_hash.cu" suffix(, )
#embed "../Cuda/Kernels/yoso_planes.cu" suffix(, )
#embed "../Cuda/Kernels/yoso_pairs.cu" suffix(, )
#embed "../Cuda/Kernels/yoso_gradients.cu" suffix(, )
#embed "../Cuda/Kernels/yoso_matches.cu" suffix(, )
#embed "../Cuda/Kernels/yoso_expectation.cu" suffix(, )
#embed "../Cuda/Kernels/yoso_dense.cu" suffix(, )
#embed "../Cuda/Kernels/yoso_budget.cu" suffix(, )
#embed "../Cuda/Kernels/convolution.cu" suffix(, 0)
};

#define TEXT(name)                                                                                                     \
    const char *cc_##name##_text(void) { return name; }
CC_TEXTS(TEXT)
