/*
 * What is told to open streams and never logged: presence, and who is typing. One thread a process, which sleeps where no
 * stream is open:
 *
 *   hub      ─ presence_roll ─▶ writes down who comes, goes and rests ─▶ bus "presence" ─▶ thread of every process ─▶ its hub
 *   workers  ─ presence_active ─▶
 *   typing   ─▶ bus "signal" ─▶ hub of every process
 *
 * Where the bus reaches no other process (no Redis, or it is away) the same goes through rows of table `signals`, which
 * processes with open streams look at each SIGNAL_LOOK_MS. All of it is best effort: what is lost is seen by who asks.
 */
#ifndef PARLEY_DOMAIN_EPHEMERAL_H
#define PARLEY_DOMAIN_EPHEMERAL_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/err.h"
#include "parley/live/presence_roll.h"

struct chat_ref;
struct ephemeral;

/* Tells this process's streams that a user of another one is writing: typing_hear. */
typedef enum err (*ephemeral_typing_fn)(struct ctx *ctx, const struct chat_ref *chat, const struct uuid *user);

/* Without its thread. app: borrowed until ephemeral_free. NULL without memory or descriptors. */
struct ephemeral *ephemeral_new(const struct app *app, ephemeral_typing_fn typing);
/* For the hub and the workers. */
struct presence_roll *ephemeral_roll(struct ephemeral *ephemeral);
/* Starts the thread; app's database, bus and hub must be there. ERR_NO_MEMORY; ERR_LIMIT: bus_subscribe. */
enum err ephemeral_start(struct ephemeral *ephemeral) MUST_CHECK;
/* Before the streams are ended: that a process stops makes nobody leave. Returns at once. */
void ephemeral_rest(struct ephemeral *ephemeral);
/* Ends the thread. ERR_TIMEOUT: it hangs in a call to the database after STOP_MAX_S; then nothing may be freed. */
enum err ephemeral_stop(struct ephemeral *ephemeral) MUST_CHECK;
/* After ephemeral_stop that was ERR_OK, after bus_close and hub_free, which call it until then. NULL is fine. */
void ephemeral_free(struct ephemeral *ephemeral);

/* Somebody is typing, for the processes that the bus does not reach. Never waits; more than SIGNAL_ROWS_MAX are dropped. Any thread. */
void ephemeral_typing(const struct app *app, int64_t workspace_id, int64_t chat_id, int64_t user_id);

struct ephemeral_stats {
    int64_t written_count, dropped_count; /* rows for other processes; and those for which there was no room */
    int64_t told_count;                   /* events `presence` */
};
/* Any thread. */
void ephemeral_stats(struct ephemeral *ephemeral, struct ephemeral_stats *ret_stats);

/* For the job: deletes a batch of old rows; *ret_count 0: none are left. */
enum err signals_expire(struct ctx *ctx, int64_t *ret_count) MUST_CHECK;

#endif
