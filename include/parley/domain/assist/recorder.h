/*
 * The recorder: writes what the engine (ai/engine.h) reports of answers into their messages. Two threads a process:
 *
 *   worker    posts question and answer (post.h); after the commit recorder_take
 *   recorder  reads what the model is shown, starts the engine; once a second writes down what has grown, keeps the leases and
 *             looks who is to stop; writes each end in one transaction
 *   deltas    tell open streams each piece, within 20 ms
 *
 * An answer outlives its reader. Whose process dies is ended by a job of another one (generation_reap_step) when its lease is over.
 */
#ifndef PARLEY_DOMAIN_RECORDER_H
#define PARLEY_DOMAIN_RECORDER_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/err.h"
#include "parley/core/ids.h"

struct engine;
struct recorder;

/* Without its threads. app: borrowed until recorder_free. NULL without memory or descriptors. */
struct recorder *recorder_new(const struct app *app);
/* Starts the threads; app's database, bus and hub must be there. engine: borrowed. ERR_NO_MEMORY; ERR_LIMIT: bus_subscribe. */
enum err recorder_start(struct recorder *recorder, struct engine *engine) MUST_CHECK;
/*
 * Nothing new is begun; what the engine still writes has ended within max_s and is written down, as far as the database answers:
 * waits for both, at most max_s + RECORDER_LAST_S. ERR_TIMEOUT: a thread hangs in a call; then nothing may be freed.
 */
enum err recorder_stop(struct recorder *recorder, int max_s) MUST_CHECK;
/* After recorder_stop that was ERR_OK, and after engine_free. NULL is fine. */
void recorder_free(struct recorder *recorder);

/* This process, in the rows of what it writes. */
struct uuid recorder_holder(const struct recorder *recorder);

/* After the commit (core/outcome.h): begins to write these. Any thread; without memory their leases lapse. */
void recorder_take(struct recorder *recorder, const struct outcome_answer *answers);
/* Whoever writes the answer of this message stops, in whatever process, at once where the bus reaches it. Any thread. */
void recorder_tell_stop(const struct app *app, int64_t message_id);

struct recorder_stats {
    int64_t answer_count; /* under way, now */
};
/* Any thread. */
void recorder_stats(struct recorder *recorder, struct recorder_stats *ret_stats);

#endif
