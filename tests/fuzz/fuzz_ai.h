/*
 * A provider's answer, as a fuzzer makes it: what comes out is well-formed, within its limits, and the same when the stream is cut
 * in two. The first byte says where it is cut.
 */
#ifndef PARLEY_TESTS_FUZZ_AI_H
#define PARLEY_TESTS_FUZZ_AI_H

#include <assert.h>

#include "parley/ai/kinds.h"
#include "parley/ai/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_answer {
    struct ai_read read;
    struct buf text, reasoning;
};

static inline void fuzz_take(struct buf *all, struct buf *piece)
{
    assert(str_is_utf8(buf_str(piece)));
    buf_add(all, buf_str(piece));
    buf_clear(piece);
}

static inline void fuzz_add(struct fuzz_answer *answer, struct str bytes)
{
    ai_read_add(&answer->read, bytes);
    fuzz_take(&answer->text, &answer->read.text);
    fuzz_take(&answer->reasoning, &answer->read.reasoning);
}

static inline void fuzz_read(struct fuzz_answer *answer, const char *kind, struct arena *scratch, struct str stream,
                             size_t cut)
{
    ai_read_init(&answer->read, kinds_find(str_from(kind)), scratch);
    buf_init(&answer->text, 4 * AI_ANSWER_MAX_BYTES);
    buf_init(&answer->reasoning, 4 * AI_ANSWER_MAX_BYTES);
    fuzz_add(answer, str_head(stream, cut));
    fuzz_add(answer, str_tail(stream, cut));
    ai_read_end(&answer->read);
    fuzz_add(answer, STR(""));
}

static inline void fuzz_check(const struct fuzz_answer *answer)
{
    const struct ai_usage *usage = &answer->read.usage;

    assert(answer->text.len + answer->reasoning.len <= AI_ANSWER_MAX_BYTES + 64);
    assert(answer->read.call_count <= AI_CALLS_MAX);
    assert(usage->completion >= 0 && usage->completion <= 2 * AI_TOKENS_MAX);
    assert(usage->prompt >= 0 && usage->prompt <= 3 * AI_TOKENS_MAX);
    for (size_t i = 0; i < answer->read.call_count; i++)
        assert(str_is_utf8(buf_str(&answer->read.calls[i].arguments)));
}

static inline void fuzz_release(struct fuzz_answer *answer)
{
    ai_read_release(&answer->read);
    buf_release(&answer->text);
    buf_release(&answer->reasoning);
}

static inline int fuzz_kind(const char *kind, const uint8_t *data, size_t size)
{
    struct arena *scratch = arena_new(AI_SCRATCH_BYTES);
    struct fuzz_answer whole, cut;
    struct str stream;

    if (size < 2 || scratch == NULL) {
        arena_free(scratch);
        return 0;
    }
    stream = (struct str){ (const char *)data + 1, size - 1 };
    fuzz_read(&whole, kind, scratch, stream, stream.len);
    fuzz_read(&cut, kind, scratch, stream, data[0] % stream.len);
    fuzz_check(&whole);
    assert(str_eq(buf_str(&whole.text), buf_str(&cut.text)));
    assert(str_eq(buf_str(&whole.reasoning), buf_str(&cut.reasoning)));
    assert(whole.read.fault == cut.read.fault && whole.read.finish == cut.read.finish);
    fuzz_release(&whole);
    fuzz_release(&cut);
    (void)ai_fault_of_reply(scratch, data[0] + 200, stream);
    arena_free(scratch);
    return 0;
}

#endif
