/* A generation under way: its order, and the attempt that runs. On the loop's thread. Private to app/ai. */
#ifndef PARLEY_APP_AI_GENERATION_H
#define PARLEY_APP_AI_GENERATION_H

#include "line.h"
#include "parley/ai/engine.h"
#include "parley/ai/read.h"
#include "parley/core/limits.h"

enum generation_state {
    GENERATION_QUEUED,  /* in its line */
    GENERATION_UNSENT,  /* has a place, and waits for its body */
    GENERATION_PAUSED,  /* has a place, and waits a moment before it asks again */
    GENERATION_RUNNING, /* a call is under way */
    GENERATION_TOLD,    /* its end has been told; the connection is left a moment to be complete, and used again */
};

struct generation {
    struct loop_item item; /* its start */
    struct engine *engine;
    struct generation *next, **link; /* of the engine's */
    struct generation *queue_next;   /* of its user's, in the line */
    int64_t id, user_id;
    struct ai_target targets[AI_ATTEMPTS_MAX]; /* providers held, names owned */
    size_t target_count, target;
    char request_id[AI_TRACE_MAX_BYTES + 1], traceparent[AI_TRACE_MAX_BYTES + 1];
    struct ai_sink sink;
    void (*need_body)(void *arg, const struct ai_need *need);
    struct ai_body body;
    bool has_body;

    enum generation_state state;
    struct line *line;
    struct loop_timer timer; /* the next that is to be looked at: deadline() */
    bool is_trying;          /* the breaker's question */
    bool was_retried;        /* this target */
    bool was_shortened;
    int attempt_count;
    int64_t begun_us;       /* engine_start; monotonic clock, as all that follows */
    int64_t entered_us;     /* the queue */
    int64_t first_us;       /* its first attempt; 0: none yet */
    int64_t first_token_us; /* 0: none yet */

    /* ---- the attempt ---- */
    struct loop_call *call;              /* NULL: none */
    int64_t sent_us, life_us, finish_us; /* began; last byte; the finish, 0: none yet */
    int64_t retry_after_ms;              /* -1: not told */
    bool is_stream;                      /* the reply says so */
    struct ai_read read;
    struct buf reply; /* the beginning of one that is no answer */
};

/* It has a place in its line: asks. */
void generation_run(struct generation *generation);
/* The provider cannot be asked: the next target, or the end. */
void generation_pass_on(struct generation *generation, enum ai_fault fault);
/* What engine_body brought. Takes the body over. */
void generation_body(struct generation *generation, const struct ai_body *body, enum ai_fault fault);
/* Tells its end and frees it, in whatever state. */
void generation_end(struct generation *generation, enum ai_outcome outcome, enum ai_fault fault);
/* The timer's function; arg: the generation. */
void generation_timer(void *arg);
/* Sets the timer for its state. */
void generation_timer_set(struct generation *generation);
/* Frees it, the call with it. */
void generation_free(struct generation *generation);
void ai_body_release(struct ai_body *body);

/* attempt.c: asks the present target. */
void attempt_start(struct generation *generation);
/* Drops what there is of an attempt. */
void attempt_drop(struct generation *generation);
/* Gives the sink what has been read. */
void attempt_give(struct generation *generation);

/* What became of an attempt: the answer is complete, its connection perhaps not yet; */
void generation_complete(struct generation *generation);
/* or it failed; is_unbilled: it may be made again. */
void generation_failed(struct generation *generation, enum ai_fault fault, bool is_unbilled);

#endif
