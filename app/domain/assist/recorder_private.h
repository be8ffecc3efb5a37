/* The recorder's parts. Private to domain/assist. */
#ifndef PARLEY_APP_DOMAIN_RECORDER_PRIVATE_H
#define PARLEY_APP_DOMAIN_RECORDER_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "answer.h"
#include "parley/core/task.h"
#include "parley/core/wake.h"
#include "parley/domain/assist/provider_snapshot.h"
#include "parley/domain/assist/recorder.h"

/* An answer that is to be begun, or stopped: by its row of generations, or by its message. */
struct recorder_call {
    struct recorder_call *next;
    int64_t id;
};

struct recorder {
    const struct app *app;
    struct engine *engine; /* NULL: not started */
    struct uuid holder;
    struct wake wake, delta_wake;
    pthread_t thread, delta_thread;
    bool has_thread, has_delta_thread;
    atomic_bool stopping; /* both threads end */

    /* ---- the threads' own ---- */
    struct task task;
    struct provider_snapshots *providers;
    int64_t looked_us, renewed_us, environment_us; /* monotonic: the recorder's last looks; 0: none yet */
    bool is_fault_logged;

    pthread_mutex_t lock;
    struct recorder_call *begun, *stopped; /* what is to be done */
    struct answer *answers;                /* those under way */
    int64_t answer_count;
};

/* ---- recorder_begin.c: on the recorder's thread ---- */

/* Begins one that has been posted. Its row says what is wrong where it cannot be. Errors of the database: it is to be tried again. */
enum err recorder_answer_begin(struct ctx *ctx, struct recorder *recorder, int64_t id) MUST_CHECK;
/* Who is told the pieces: those in the chat, as they are now. */
enum err recorder_audience(struct ctx *ctx, const struct answer *answer,
                           struct answer_audience *ret_audience) MUST_CHECK;

/* ---- question.c: on the recorder's thread ---- */

/* Another question for one, which the engine has asked for. */
void recorder_answer_body(struct ctx *ctx, struct recorder *recorder, struct answer *answer,
                          const struct ai_need *need);

/* ---- recorder_write.c: on the recorder's thread ---- */

/* Writes down what has grown, and has those stop that are to; once a second. */
enum err recorder_grow(struct ctx *ctx, struct recorder *recorder) MUST_CHECK;
/* Writes the ends of those that have ended, and lets go of them. */
enum err recorder_finish(struct ctx *ctx, struct recorder *recorder) MUST_CHECK;

/* ---- delta.c ---- */

/* The thread that tells open streams what answers grow by. arg: struct recorder. */
void *delta_run(void *arg);

#endif
