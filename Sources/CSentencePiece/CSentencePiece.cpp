#include "CSentencePiece.h"

#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <new>
#include <sstream>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

struct csp_processor {
    sentencepiece::SentencePieceProcessor processor;
};

namespace {

/// The library's own up to 0.2.1, Abseil's from 0.2.2 on.
using Status = decltype(std::declval<const sentencepiece::SentenceIterator &>().status());

char *copy(const void *bytes, size_t count) {
    char *memory = static_cast<char *>(std::malloc(count + 1));
    if (memory == nullptr) std::abort();
    // Of no bytes, whose pointer may be null.
    std::copy_n(static_cast<const char *>(bytes), count, memory);
    memory[count] = 0;
    return memory;
}

char *copy(const std::string &text) { return copy(text.data(), text.size()); }

/// Runs `work`, which returns a status, and turns whatever goes wrong into a message.
template <typename Work>
char *guarded(Work work) noexcept {
    try {
        const Status status = work();
        return status.ok() ? nullptr : copy(std::string(status.message()));
    } catch (const std::bad_alloc &) {
        return copy("out of memory");
    } catch (const std::exception &error) {
        return copy(error.what());
    } catch (...) {
        return copy("an unknown exception");
    }
}

/// The trainer's pull iterator over a C callback.
class Sentences : public sentencepiece::SentenceIterator {
  public:
    Sentences(csp_next_sentence next, void *context) : next_(next), context_(context) { Next(); }
    bool done() const override { return done_; }
    const std::string &value() const override { return value_; }
    Status status() const override { return {}; }
    void Next() override {
        int64_t length = 0;
        const char *bytes = next_(context_, &length);
        done_ = bytes == nullptr;
        if (!done_) value_.assign(bytes, static_cast<size_t>(length));
    }

  private:
    csp_next_sentence next_;
    void *context_;
    std::string value_;
    bool done_ = false;
};

}  // namespace

extern "C" {

csp_processor *csp_load(const void *bytes, int64_t count, char **message) {
    csp_processor *result = nullptr;
    *message = guarded([&] {
        result = new csp_processor();
        return result->processor.LoadFromSerializedProto(
            absl::string_view(static_cast<const char *>(bytes), static_cast<size_t>(count)));
    });
    if (*message != nullptr) {
        delete result;
        return nullptr;
    }
    return result;
}

void csp_unload(csp_processor *processor) { delete processor; }

int32_t csp_piece_count(const csp_processor *processor) { return processor->processor.GetPieceSize(); }

char *csp_encode(const csp_processor *processor, const char *text, int64_t length, int32_t **ids, int32_t **begins,
                 int32_t **ends, int64_t *count) {
    return guarded([&] {
        sentencepiece::ImmutableSentencePieceText pieces;
        const auto status = processor->processor.Encode(
            absl::string_view(text, static_cast<size_t>(length)), pieces.mutable_proto());
        if (!status.ok()) return status;
        const size_t size = pieces.pieces_size();
        std::vector<int32_t> id(size), begin(size), end(size);
        for (size_t i = 0; i < size; i++) {
            const auto piece = pieces.pieces(static_cast<int>(i));
            id[i] = static_cast<int32_t>(piece.id());
            begin[i] = static_cast<int32_t>(piece.begin());
            end[i] = static_cast<int32_t>(piece.end());
        }
        *ids = reinterpret_cast<int32_t *>(copy(id.data(), size * sizeof(int32_t)));
        *begins = reinterpret_cast<int32_t *>(copy(begin.data(), size * sizeof(int32_t)));
        *ends = reinterpret_cast<int32_t *>(copy(end.data(), size * sizeof(int32_t)));
        *count = static_cast<int64_t>(size);
        return status;
    });
}

char *csp_decode(const csp_processor *processor, const int32_t *ids, int64_t count, char **text) {
    return guarded([&] {
        std::string decoded;
        const auto status = processor->processor.Decode(std::vector<int>(ids, ids + count), &decoded);
        if (status.ok()) *text = copy(decoded);
        return status;
    });
}

char *csp_train(const char *arguments, csp_next_sentence next, void *context, char **model, int64_t *count) {
    return guarded([&] {
        Sentences sentences(next, context);
        std::string bytes;
        // The overload that takes one string logs it before it reads the log level in it.
        std::unordered_map<std::string, std::string> values;
        std::istringstream words(arguments);
        for (std::string word; words >> word;) {
            const size_t equals = word.find('=');
            values[word.substr(2, equals - 2)] = word.substr(equals + 1);
        }
        const auto status = sentencepiece::SentencePieceTrainer::Train(values, &sentences, &bytes);
        if (status.ok()) {
            *model = copy(bytes);
            *count = static_cast<int64_t>(bytes.size());
        }
        return status;
    });
}

void csp_free(void *memory) { std::free(memory); }

}  // extern "C"
