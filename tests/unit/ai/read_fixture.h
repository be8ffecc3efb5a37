/* An answer that is read, whole or in pieces, and what came out as one text. */
#ifndef PARLEY_TESTS_READ_FIXTURE_H
#define PARLEY_TESTS_READ_FIXTURE_H

#include "parley/ai/kinds.h"
#include "parley/ai/read.h"
#include "unit.h"

static struct arena *scratch;

static inline int read_setup(void **state)
{
    (void)state;
    scratch = arena_new(AI_SCRATCH_BYTES);
    return scratch == NULL;
}

static inline int read_teardown(void **state)
{
    (void)state;
    arena_free(scratch);
    return 0;
}

/* What a caller of ai_read does: it takes the text after each piece. */
struct reading {
    struct ai_read read;
    struct buf text, reasoning;
};

static inline void reading_begin(struct reading *r, const char *kind)
{
    ai_read_init(&r->read, kinds_find(str_from(kind)), scratch);
    buf_init(&r->text, 16 * MIB);
    buf_init(&r->reasoning, 16 * MIB);
}

static inline void reading_take(struct reading *r)
{
    assert_true(str_is_utf8(buf_str(&r->read.text)) && str_is_utf8(buf_str(&r->read.reasoning)));
    buf_add(&r->text, buf_str(&r->read.text));
    buf_add(&r->reasoning, buf_str(&r->read.reasoning));
    buf_clear(&r->read.text);
    buf_clear(&r->read.reasoning);
}

static inline void reading_add(struct reading *r, struct str bytes)
{
    ai_read_add(&r->read, bytes);
    reading_take(r);
}

static inline void reading_end(struct reading *r)
{
    ai_read_end(&r->read);
    reading_take(r);
}

static inline void reading_release(struct reading *r)
{
    ai_read_release(&r->read);
    buf_release(&r->text);
    buf_release(&r->reasoning);
}

static const char *const finish_names[] = { "none", "stop", "length", "tools", "filter" };

/* The form of the .expected files. */
static inline void reading_summary(const struct reading *r, struct buf *out)
{
    const struct ai_usage *usage = &r->read.usage;

    buf_addf(out, "finish: %s, fault: %s, usage: ", finish_names[r->read.finish], ai_fault_row(r->read.fault)->code);
    if (usage->is_known)
        buf_addf(out, "%d/%d/%d/%d\n", (int)usage->prompt, (int)usage->cached, (int)usage->completion,
                 (int)usage->reasoning);
    else
        buf_add_c(out, "unknown\n");
    for (size_t i = 0; i < r->read.call_count; i++) {
        buf_add_c(out, "call: ");
        buf_add(out, buf_str(&r->read.calls[i].name));
        buf_add_c(out, " ");
        buf_add(out, buf_str(&r->read.calls[i].arguments));
        buf_add_c(out, "\n");
    }
    buf_add_c(out, "reasoning: ");
    buf_add(out, buf_str(&r->reasoning));
    buf_add_c(out, "\ntext: ");
    buf_add(out, buf_str(&r->text));
    buf_add_c(out, "\n");
}

/* Reads a stream in two pieces, cut at a byte; or, where the cut is SIZE_MAX, byte by byte. Caller releases the summary. */
static inline struct buf replay(const char *kind, struct str stream, size_t cut)
{
    struct reading r;
    struct buf summary;

    reading_begin(&r, kind);
    for (size_t i = 0; cut == SIZE_MAX && i < stream.len; i++)
        reading_add(&r, str_head(str_tail(stream, i), 1));
    if (cut != SIZE_MAX) {
        reading_add(&r, str_head(stream, cut));
        reading_add(&r, str_tail(stream, cut));
    }
    reading_end(&r);
    buf_init(&summary, 32 * MIB);
    reading_summary(&r, &summary);
    assert_ok(buf_check(&summary));
    reading_release(&r);
    return summary;
}

static inline void assert_replay(const char *kind, struct str stream, size_t cut, struct str expected)
{
    struct buf got = replay(kind, stream, cut);

    if (!str_eq(buf_str(&got), expected))
        fail_msg("cut at %zu:\n%s\nnot\n%.*s\n", cut, got.ptr, STR_FMT(expected));
    buf_release(&got);
}

/* The same whole, byte by byte, and cut in two at every byte. */
static inline void assert_reads(const char *kind, struct str stream, struct str expected)
{
    assert_replay(kind, stream, stream.len, expected);
    assert_replay(kind, stream, SIZE_MAX, expected);
    for (size_t cut = 0; cut < stream.len; cut++)
        assert_replay(kind, stream, cut, expected);
}

#define assert_answer(kind, stream, expected) assert_reads((kind), str_from(stream), str_from(expected))

#endif
