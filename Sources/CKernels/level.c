#define _GNU_SOURCE  // syscall
#include "kernels.h"
#include <stdlib.h>

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

const char *ck_level(void) {
#if defined(CK_AVX2)
    return "AVX2";
#elif defined(__x86_64__) && !defined(CK_BASELINE)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("x86-64-v4")) return "AVX-512";
    if (__builtin_cpu_supports("x86-64-v3")) return "AVX2";
#endif
    return "baseline";
}

int32_t ck_has_bf16(void) {
#if defined(__x86_64__) && !defined(CK_AVX2) && !defined(CK_BASELINE)
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512bf16") ? 1 : 0;
#else
    return 0;
#endif
}

static int32_t ask_for_amx(void) {
    const char *wanted = getenv("YOSO_KERNELS");
    if (!ck_has_bf16() || (wanted && strncmp(wanted, "AVX", 3) == 0)) return 0;
    if (wanted && strcmp(wanted, "EmulatedAMX") == 0) return AMX_EMULATED;
#if defined(__x86_64__) && defined(__linux__)
    // Intel SDM, CPUID leaf 7: AMX-BF16 and AMX-TILE.
    const unsigned features = 1u << 22 | 1u << 24;
    unsigned a, b, c, d;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & features) != features) return 0;
    // Linux, arch/x86/include/uapi/asm/prctl.h: tiles are 8 KB more of a thread's state, which a process must ask for.
    enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
    return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0 ? 1 : -1;
#else
    return 0;
#endif
}

int32_t ck_amx(void) {
    static _Atomic int32_t answer = UNKNOWN;
    return asked_once(&answer, ask_for_amx);
}

const char *ck_bf16_kernel(void) {
    if (!ck_has_bf16()) return "none";
    if (ck_amx() <= 0) return ck_bf16_is_fused() ? "AVX512-FMA" : "AVX512-BF16";
    return ck_amx() == AMX_EMULATED ? "EmulatedAMX" : "AMX";
}
