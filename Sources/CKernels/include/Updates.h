// Steps of optimizers: part of CKernels.h, which has the types.

// optimizer.c -----------------------------------------------------------------------------------------------------

/// The scalars of one AdamW step (Loshchilov & Hutter 2019, algorithm 2).
typedef struct {
    float rate, beta1, beta2, epsilon;
    float correction1, correction2;  // 1 - beta^t
    float clip;                      // factor of the gradient
} ck_adamw_step;

/// One AdamW step on a range; `decay` is the decoupled weight decay of that range.
void ck_adamw(int64_t n, ck_adamw_step step, float decay, CK_IN gradient, CK_OUT value, CK_OUT mean, CK_OUT square);

/// The same as so many AdamW steps in turn for which all gradients of the range are zero, with the same bits, in one go over it.
void ck_adamw_late(int64_t n, int64_t count, const ck_adamw_step *_Nonnull steps, float decay, CK_OUT value,
                   CK_OUT mean, CK_OUT square);

/// The moments of a LAMB step on a range; returns the sum of squares of its direction, AdamW's with the decay in it.
double ck_lamb_moments(int64_t n, ck_adamw_step step, float decay, CK_IN gradient, CK_IN value, CK_OUT mean,
                       CK_OUT square);

/// Goes a LAMB step from these moments; the trust ratio is a factor of the rate.
void ck_lamb(int64_t n, ck_adamw_step step, float decay, CK_OUT value, CK_IN mean, CK_IN square);
