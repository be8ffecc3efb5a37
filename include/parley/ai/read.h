/*
 * Reads one attempt's answer: bytes of the HTTP body in; text, reasoning, calls, usage and the end out. One thread at a time.
 *
 *     ai_read_init(&read, ops, scratch);
 *     for each piece: ai_read_add(&read, bytes); take read.text and read.reasoning, buf_clear them;
 *                     read.fault, read.is_ended and read.finish say whether to go on
 *     at the end: ai_read_end(&read); take the rest
 *     ai_read_release(&read)
 */
#ifndef PARLEY_AI_READ_H
#define PARLEY_AI_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/ai/answer.h"
#include "parley/ai/fault.h"
#include "parley/ai/sse.h"
#include "parley/core/arena.h"
#include "parley/core/buf.h"

struct provider_ops;

/* A call of a tool, as far as it has come. Pieces are put together by id, and where a piece has none, by index. */
struct ai_call {
    int64_t index;
    struct buf id, name;  /* id: empty where the provider gives none */
    struct buf arguments; /* JSON, when the answer is complete */
    unsigned half;        /* as ai_read's text_half */
};

/* Where the answer stands with a tag of reasoning that may open it. */
enum ai_think { AI_THINK_MAYBE, AI_THINK_INSIDE, AI_THINK_AFTER, AI_THINK_NONE };

struct ai_read {
    /* What has come since the caller last cleared it; well-formed UTF-8, whole characters. */
    struct buf text, reasoning;
    struct ai_call *calls; /* all so far, in the order of their beginnings */
    size_t call_count;     /* ≤ AI_CALLS_MAX */
    struct ai_usage usage; /* the last that was told */
    enum ai_finish finish;
    enum ai_fault fault; /* AI_FAULT_NONE; once set, nothing more is read and what came before counts */
    bool has_token;      /* text, reasoning or a call has begun: a role, an empty delta or a comment is none */
    bool is_ended;       /* the provider said that nothing more comes; what does come is passed over */

    /* read.c's own */
    const struct provider_ops *ops;
    struct arena *scratch;
    struct sse sse;
    size_t answer_bytes; /* of text, reasoning and calls */
    bool has_event;
    bool is_last;                       /* the event that is read had no end of its own */
    unsigned text_half, reasoning_half; /* the first half of a character that waits for the other; 0: none */
    enum ai_think think;
    size_t think_tag;
    struct buf think_held; /* what may be the beginning of a tag */
};

/*
 * ops: of parley/ai/kinds.h. scratch: reset with each event, so it may serve all answers of a thread, and nothing else; its cap is at
 * least AI_SCRATCH_BYTES. Both borrowed until ai_read_release.
 */
void ai_read_init(struct ai_read *read, const struct provider_ops *ops, struct arena *scratch);
/* Frees the memory. Fine on a zeroed one. */
void ai_read_release(struct ai_read *read);

/* Reads on. What goes wrong is in read->fault. */
void ai_read_add(struct ai_read *read, struct str bytes);
/*
 * Once, at the connection's end or when is_ended says that it may be closed: what was held back is given out. An answer that neither
 * ended nor had a finish is AI_FAULT_CUT_OFF; one of which no event came, or nothing but its end, is AI_FAULT_BAD_ANSWER.
 */
void ai_read_end(struct ai_read *read);

#endif
