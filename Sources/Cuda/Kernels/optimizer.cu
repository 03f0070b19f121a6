// AdamW and LAMB over chunks of parameters, a block a chunk, with the sums of squares that they and clipping need.

/// At most 4,096 elements of one parameter.
struct Chunk {
    long offset;
    int count;
    int parameter;
    float decay;
    float rate;  // factor of the step's
};
/// As ck_adamw_step.
struct Step {
    float rate, beta1, beta2, epsilon;
    float correction1, correction2;  // 1 - βᵗ
    float clip;                      // the longest gradient, longer ones are cut to it; 0 for any length
};
/// What of a step its gradients decide.
struct Verdict {
    float clip;  // factor of the gradients
    int lives;   // whether they are finite; where they are not, nothing changes
};

/// f(index, lanes) of all elements of a chunk: four at a time where they lie on 16 bytes, else one.
template <class F4, class F1> DEVICE void each(const Chunk &chunk, F4 four, F1 one) {
    if (chunk.offset % 4 == 0 && chunk.count % 4 == 0) {
#pragma unroll 2
        for (int i = threadIdx.x * 4; i < chunk.count; i += 1024) four(chunk.offset + i);
    } else {
        for (int i = threadIdx.x; i < chunk.count; i += 256) one(chunk.offset + i);
    }
}

/// Over a block, by a tree; thread 0 has it.
template <int SIZE> DEVICE double block_sum(double x) {
    __shared__ double sums[SIZE];
    __syncthreads();
    sums[threadIdx.x] = x;
    for (int half = SIZE / 2; half; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
    }
    return sums[0];
}
DEVICE double square(float x) { return (double)x * (double)x; }

/// partials[chunk] = Σ g²
// grid (chunks), block 256.
KERNEL square_sums(double *partials, const float *g, const Chunk *chunks) {
    const Chunk chunk = chunks[blockIdx.x];
    double sum = 0;
    each(
        chunk,
        [&](long i) {
            const float4 x = *(const float4 *)(g + i);
            sum += square(x.x) + square(x.y) + square(x.z) + square(x.w);
        },
        [&](long i) { sum += square(g[i]); });
    sum = block_sum<256>(sum);
    if (threadIdx.x == 0) partials[blockIdx.x] = sum;
}

/// out[0] = Σ partials, the square of the gradients' length, and what follows from it.
// grid (1), block 1024.
KERNEL judge(double *out, Verdict *verdict, const double *partials, int n, Step step) {
    double sum = 0;
#pragma unroll 4
    for (int i = threadIdx.x; i < n; i += 1024) sum += partials[i];
    sum = block_sum<1024>(sum);
    if (threadIdx.x) return;
    out[0] = sum;
    const double share = (double)step.clip / (sqrt(sum) + 1e-6);
    verdict->clip = step.clip > 0 && share < 1 ? (float)share : 1.0f;
    verdict->lives = sum - sum == 0;
}

DEVICE void put_shadow(u16 *shadow, long i, float4 w) {
    if (shadow) *(uint2 *)(shadow + i) = make_uint2(narrow2(w.x, w.y), narrow2(w.z, w.w));
}

/// m = β₁ m + (1-β₁) clip g and v = β₂ v + (1-β₂) (clip g)², with the clip of the verdict.
DEVICE void moments(const Step &step, float g, float &m, float &v) {
    g *= step.clip;
    m = step.beta1 * m + (1.0f - step.beta1) * g;
    v = step.beta2 * v + (1.0f - step.beta2) * g * g;
}

/// What AdamW makes of a step and a chunk.
struct AdamW {
    Step step;
    float kept, rate, root;
};
DEVICE float adamw_value(const AdamW &a, float w, float g, float &m, float &v) {
    moments(a.step, g, m, v);
    return w * a.kept - a.rate * m / (sqrtf(v) * a.root + a.step.epsilon);
}

/// With η the rate and λ the decay of the chunk: w = w (1 - η λ) - η m̂ / (√v̂ + ε); g = 0; shadow = w in bf16, unless null.
// grid (chunks), block 256.
KERNEL adamw(float *w, float *g, float *m, float *v, u16 *shadow, const Chunk *chunks, const Verdict *verdict, Step step) {
    if (!verdict->lives) return;
    step.clip = verdict->clip;
    const Chunk chunk = chunks[blockIdx.x];
    const float rate = step.rate * chunk.rate;
    const AdamW a = {step, 1.0f - rate * chunk.decay, rate / step.correction1, 1.0f / sqrtf(step.correction2)};
    each(
        chunk,
        [&](long i) {
            float4 ws = *(float4 *)(w + i), gs = *(float4 *)(g + i), ms = *(float4 *)(m + i), vs = *(float4 *)(v + i);
            ws.x = adamw_value(a, ws.x, gs.x, ms.x, vs.x), ws.y = adamw_value(a, ws.y, gs.y, ms.y, vs.y);
            ws.z = adamw_value(a, ws.z, gs.z, ms.z, vs.z), ws.w = adamw_value(a, ws.w, gs.w, ms.w, vs.w);
            *(float4 *)(w + i) = ws, *(float4 *)(m + i) = ms, *(float4 *)(v + i) = vs;
            *(float4 *)(g + i) = make_float4(0, 0, 0, 0);
            put_shadow(shadow, i, ws);
        },
        [&](long i) {
            w[i] = adamw_value(a, w[i], g[i], m[i], v[i]);
            g[i] = 0;
            if (shadow) shadow[i] = narrow(w[i]);
        });
}

/// AdamW's direction m̂ / (√v̂ + ε) with the decay in it.
DEVICE float direction(const Step &step, float decay, float w, float m, float v) {
    return m / step.correction1 / (sqrtf(v / step.correction2) + step.epsilon) + decay * w;
}

/// The moments of a LAMB step; partials[chunk] = {Σ w², Σ direction²}; g = 0.
// grid (chunks), block 256.
KERNEL lamb_moments(double *partials, const float *w, float *g, float *m, float *v, const Chunk *chunks, const Verdict *verdict,
                    Step step) {
    if (!verdict->lives) return;
    step.clip = verdict->clip;
    const Chunk chunk = chunks[blockIdx.x];
    double weights = 0, directions = 0;
    const auto add = [&](float w, float g, float &m, float &v) {
        moments(step, g, m, v);
        weights += square(w);
        directions += square(direction(step, chunk.decay, w, m, v));
    };
    each(
        chunk,
        [&](long i) {
            const float4 ws = *(const float4 *)(w + i), gs = *(float4 *)(g + i);
            float4 ms = *(float4 *)(m + i), vs = *(float4 *)(v + i);
            add(ws.x, gs.x, ms.x, vs.x), add(ws.y, gs.y, ms.y, vs.y);
            add(ws.z, gs.z, ms.z, vs.z), add(ws.w, gs.w, ms.w, vs.w);
            *(float4 *)(m + i) = ms, *(float4 *)(v + i) = vs;
            *(float4 *)(g + i) = make_float4(0, 0, 0, 0);
        },
        [&](long i) {
            add(w[i], g[i], m[i], v[i]);
            g[i] = 0;
        });
    weights = block_sum<256>(weights);
    directions = block_sum<256>(directions);
    if (threadIdx.x == 0) partials[2 * blockIdx.x] = weights, partials[2 * blockIdx.x + 1] = directions;
}

/// The trust ratio |w| / |direction| of every parameter, of {first chunk, count}; 1 where it does not decay or one is zero.
// grid (parameters), block 256.
KERNEL lamb_ratios(float *ratios, const double *partials, const int2 *of, const u8 *decays, int parameters) {
    const int2 chunks = of[blockIdx.x];
    double weights = 0, directions = 0;
    for (int i = threadIdx.x; i < chunks.y; i += 256) {
        weights += partials[2l * (chunks.x + i)];
        directions += partials[2l * (chunks.x + i) + 1];
    }
    weights = block_sum<256>(weights);
    directions = block_sum<256>(directions);
    if (threadIdx.x > 0) return;
    const bool trusts = decays[blockIdx.x] && weights > 0 && directions > 0;
    ratios[blockIdx.x] = trusts ? sqrtf((float)(weights / directions)) : 1.0f;
}

/// w -= η ratio direction, from these moments; shadow = w in bf16, unless null.
// grid (chunks), block 256.
KERNEL lamb(float *w, const float *m, const float *v, u16 *shadow, const float *ratios, const Chunk *chunks,
            const Verdict *verdict, Step step) {
    if (!verdict->lives) return;
    const Chunk chunk = chunks[blockIdx.x];
    const float rate = step.rate * (chunk.rate * ratios[chunk.parameter]);
    const auto value = [&](float w, float m, float v) { return w - rate * direction(step, chunk.decay, w, m, v); };
    each(
        chunk,
        [&](long i) {
            float4 ws = *(float4 *)(w + i);
            const float4 ms = *(const float4 *)(m + i), vs = *(const float4 *)(v + i);
            ws = make_float4(value(ws.x, ms.x, vs.x), value(ws.y, ms.y, vs.y), value(ws.z, ms.z, vs.z),
                             value(ws.w, ms.w, vs.w));
            *(float4 *)(w + i) = ws;
            put_shadow(shadow, i, ws);
        },
        [&](long i) {
            w[i] = value(w[i], m[i], v[i]);
            if (shadow) shadow[i] = narrow(w[i]);
        });
}

/// shadow = w in bf16.
// grid (⌈n / 1024⌉), block 256.
KERNEL narrow_shadow(u16 *shadow, const float *w, long n) {
    const long i = (blockIdx.x * 256l + threadIdx.x) * 4;
    if (i + 4 <= n) {
        put_shadow(shadow, i, *(const float4 *)(w + i));
    } else {
        for (long j = i; j < n; j++) shadow[j] = narrow(w[j]);
    }
}
