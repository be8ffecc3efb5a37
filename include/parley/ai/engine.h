/*
 * The engine: takes a question to its provider and an answer back. It has no thread of its own but runs on the loop's
 * (parley/egress/loop.h), never blocks, and knows nothing of rows.
 *
 *   queue     per provider, AI_QUEUE_MAX long, served round robin over users; max_parallel answers at once, AI_PER_USER_MAX
 *             of one user; AI_QUEUE_WAIT_MAX_S in it
 *   timers    connection, first token (a role, an empty delta or a comment is none), silence (a comment ends it), total
 *   again     the same provider once, only where nothing can have been billed: no connection came about, or the request was
 *             not taken; or it says 429, 503 or 529 and how long to wait, at most AI_RETRY_AFTER_MAX_MS
 *   shorter   once with a shorter question, where it was longer than the model can read
 *   fallback  the next target, before the first token, where the fault is of a kind that allows it (parley/ai/faults.def)
 *   breaker   per provider: who fails AI_BREAKER_ROW times in a row, or half of the time, or refuses our key, is left alone
 *             for a while; then one question tries. Meanwhile questions go to the next target, or fail at once with the
 *             fault that opened it
 *   end       the provider's own; or a finish, and AI_USAGE_WAIT_MS for the usage; or the connection's
 */
#ifndef PARLEY_AI_ENGINE_H
#define PARLEY_AI_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#include "parley/ai/answer.h"
#include "parley/ai/provider.h"
#include "parley/core/err.h"
#include "parley/core/str.h"
#include "parley/egress/loop.h"

struct engine;

/* The loop is borrowed until engine_stop has returned. Caller frees. ERR_OK or ERR_NO_MEMORY. */
enum err engine_new(struct loop *loop, struct engine **ret_engine) MUST_CHECK;
/*
 * From now on what is started ends at once, as AI_FAULT_INTERRUPTED, and so does what is in a queue. Waits for the answers
 * that run, at most max_s seconds; then ends them in the same way. Each sink has been told when this returns. Not on the
 * loop's thread.
 */
void engine_stop(struct engine *engine, int max_s);
/* After engine_stop, and after loop_free, which may still bring it what was said too late. NULL is fine. */
void engine_free(struct engine *engine);

/* ---- a question ---- */

/* The JSON of a request: in memory, or, where ptr is NULL, in a file from its beginning on. */
struct ai_body {
    struct str bytes;
    int fd;
    int64_t file_bytes;
    void (*release)(void *arg); /* once, on the loop's thread, when it is not needed any more; NULL: nothing is to do */
    void *arg;
};

/* A model that may be asked. */
struct ai_target {
    struct ai_provider *provider;
    const char *model; /* as the provider calls it */
};

/* Another body is needed. */
struct ai_need {
    size_t target;   /* of the order's targets */
    bool is_shorter; /* of the same question with less before it: AI_FAULT_CONTEXT_TOO_LONG otherwise */
};

struct ai_order {
    int64_t id;      /* the caller's own, not in use by another order */
    int64_t user_id; /* whose share of the queue it takes */
    const struct ai_target
        *targets;        /* in the order in which they are asked; each must do for the question (flags, window) */
    size_t target_count; /* 1 … AI_ATTEMPTS_MAX */
    struct ai_body first_body;
    const char *request_id, *traceparent; /* sent along, at most AI_TRACE_MAX_BYTES each; NULL: not */
    struct ai_sink sink;
    /*
     * Asks for another body, with sink.arg: answered by engine_body, from any thread, now or later, until sink.end. NULL:
     * nothing but the first target is asked, and no shorter question.
     */
    void (*need_body)(void *arg, const struct ai_need *need);
};

/*
 * Begins. Whatever comes of it is told to the sink, on the loop's thread: texts, then one end. The order is copied, its
 * providers are held, its body is taken over. ERR_NO_MEMORY: nothing is told, and the body is still the caller's. Any
 * thread.
 */
enum err engine_start(struct engine *engine, const struct ai_order *order) MUST_CHECK;
/*
 * The body that was asked for, which is taken over; or why there is none: AI_FAULT_NONE with a body, else the fault that
 * the answer ends with. Nothing where the answer has ended: the body is released. ERR_NO_MEMORY: nothing was done. Any
 * thread.
 */
enum err engine_body(struct engine *engine, int64_t id, const struct ai_body *body, enum ai_fault fault) MUST_CHECK;
/*
 * Stops an answer: AI_STOPPED with AI_FAULT_STOPPED, the connection closed or its stream reset. Nothing where it has ended.
 * ERR_NO_MEMORY: nothing was done. Any thread.
 */
enum err engine_cancel(struct engine *engine, int64_t id) MUST_CHECK;

/* ---- figures ---- */

struct engine_stats {
    int64_t running_count, queued_count; /* now */
    int64_t open_count;                  /* breakers, now */
    int64_t started_count, completed_count, stopped_count;
    int64_t attempt_count, retry_count, fallback_count; /* retries: of the same provider, shorter questions too */
    int64_t failed_counts[AI_FAULT_COUNT];              /* answers, by fault */
};

/* Any thread. */
void engine_stats(struct engine *engine, struct engine_stats *ret_stats);

/* One provider, for its page. */
struct engine_provider_state {
    int64_t running_count, queued_count;
    enum ai_fault fault; /* what opened its breaker; AI_FAULT_NONE: it is not open */
    int64_t open_for_ms; /* so long nobody is sent to it; 0: not open, or one question is trying */
};

/* Zeros for one that nobody has asked. Any thread. */
void engine_provider_state(struct engine *engine, int64_t provider_id, struct engine_provider_state *ret_state);

#endif
