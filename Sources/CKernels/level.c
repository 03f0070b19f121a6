#include "kernels.h"

const char *ck_level(void) {
#if defined(CK_AVX2)
    return "AVX2";
#elif defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("x86-64-v4")) return "AVX-512";
    if (__builtin_cpu_supports("x86-64-v3")) return "AVX2";
#endif
    return "baseline";
}

int32_t ck_has_bf16(void) {
#if defined(__x86_64__) && !defined(CK_AVX2)
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512bf16") ? 1 : 0;
#else
    return 0;
#endif
}
