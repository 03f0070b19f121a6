// A C face of the few SentencePiece functions that we use. No C++ exception crosses it: a failure comes back as a
// message, allocated with malloc, that the caller frees with csp_free.
#ifndef CSENTENCEPIECE_H
#define CSENTENCEPIECE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct csp_processor csp_processor;

/// Loads a serialized ModelProto; null with a message on failure.
csp_processor *_Nullable csp_load(const void *_Nonnull bytes, int64_t count, char *_Nullable *_Nonnull message);
void csp_unload(csp_processor *_Nonnull processor);

int32_t csp_piece_count(const csp_processor *_Nonnull processor);

/// Encodes UTF-8 `text`. On success the result is null and `*ids`, `*begins`, `*ends` hold `*count` values each, to be
/// freed with csp_free: piece i covers bytes begins[i] ..< ends[i] of `text`. On failure the result is the message.
char *_Nullable csp_encode(const csp_processor *_Nonnull processor, const char *_Nonnull text, int64_t length,
                           int32_t *_Nullable *_Nonnull ids, int32_t *_Nullable *_Nonnull begins,
                           int32_t *_Nullable *_Nonnull ends, int64_t *_Nonnull count);

/// Decodes ids to UTF-8; `*text` is freed with csp_free. The result is null or the message.
char *_Nullable csp_decode(const csp_processor *_Nonnull processor, const int32_t *_Nonnull ids, int64_t count,
                           char *_Nullable *_Nonnull text);

/// Gives the next sentence as bytes that live until the next call; null at the end.
typedef const char *_Nullable (*csp_next_sentence)(void *_Nonnull context, int64_t *_Nonnull length);

/// Trains a model with `arguments` (`--vocab_size=8000 …`) on the sentences of `next`. On success the result is null
/// and `*model` holds `*count` bytes, to be freed with csp_free. On failure the result is the message.
char *_Nullable csp_train(const char *_Nonnull arguments, csp_next_sentence _Nonnull next, void *_Nonnull context,
                          char *_Nullable *_Nonnull model, int64_t *_Nonnull count);

void csp_free(void *_Nullable memory);

#ifdef __cplusplus
}
#endif
#endif
