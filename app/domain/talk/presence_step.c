#include "presence_step.h"

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "presence_state.h"

/* A few users of one kind, with what was known of them before. */
struct batch {
    struct presence_work *work;
    int64_t ids[PRESENCE_BATCH];
    struct presence_state states[PRESENCE_BATCH];
    size_t count;
};

typedef enum err (*batch_fn)(struct ctx *ctx, struct batch *batch);

/* Runs fn for all, some at a time. */
static enum err batches_run(struct ctx *ctx, struct presence_work *work, const int64_t *ids, size_t count, batch_fn fn)
{
    for (size_t done = 0; done < count; done += PRESENCE_BATCH) {
        size_t left = count - done;
        struct batch batch = { .work = work, .count = left < PRESENCE_BATCH ? left : PRESENCE_BATCH };

        memcpy(batch.ids, ids + done, batch.count * sizeof(ids[0]));
        TRY(presence_states_load(ctx, batch.ids, batch.count, batch.states));
        TRY(fn(ctx, &batch));
    }
    return ERR_OK;
}

/* Those for whom `is_meant` says so. */
static size_t pick(const struct batch *batch, bool (*is_meant)(const struct presence_state *state, int64_t now_us),
                   int64_t now_us, int64_t *ret_ids)
{
    size_t count = 0;

    for (size_t i = 0; i < batch->count; i++)
        if (is_meant(&batch->states[i], now_us))
            ret_ids[count++] = batch->ids[i];
    return count;
}

static bool is_here(const struct presence_state *state, int64_t now_us)
{
    (void)now_us;
    return state->is_here;
}

static bool is_gone(const struct presence_state *state, int64_t now_us)
{
    (void)now_us;
    return !state->is_here;
}

static bool is_away(const struct presence_state *state, int64_t now_us)
{
    return presence_state_status(state, now_us) == PRESENCE_AWAY;
}

static bool is_known(const struct presence_state *state, int64_t now_us)
{
    (void)now_us;
    return state->is_here || state->active_us != 0 || state->left_us != 0;
}

static void tell(const struct batch *batch, const int64_t *ids, size_t count)
{
    if (count > 0)
        batch->work->changed(batch->work->arg, ids, count);
}

/* ---- who comes ---- */

static enum err enter(struct ctx *ctx, const struct batch *batch, int64_t active_us, const int64_t *ids, size_t count)
{
    const struct db_value first[] = { DB_INT(batch->work->node.id), DB_INT(active_us) };
    struct presence_args args;

    if (count == 0)
        return ERR_OK;
    return db_exec(ctx, SQL_PRESENCE_COME, presence_args_fill(&args, first, COUNT_OF(first), ids, count), NULL);
}

/*
 * Whoever is there already, with another stream, or since the process that they were at has only just been restarted, does
 * nothing by coming; it would bring back everybody who is away.
 */
static enum err come(struct ctx *ctx, struct batch *batch)
{
    int64_t fresh[PRESENCE_BATCH], back[PRESENCE_BATCH];
    size_t fresh_count = pick(batch, is_gone, ctx->now_us, fresh);
    size_t back_count = pick(batch, is_here, ctx->now_us, back);

    TRY(enter(ctx, batch, ctx->now_us, fresh, fresh_count));
    TRY(enter(ctx, batch, 0, back, back_count));
    for (size_t i = 0; i < batch->count; i++) {
        int64_t active_us = batch->states[i].is_here ? batch->states[i].active_us : ctx->now_us;

        presence_roll_note(batch->work->roll, batch->ids[i], active_us, ctx->now_us);
        presence_roll_entered(batch->work->roll, batch->ids[i]);
    }
    tell(batch, fresh, fresh_count);
    return ERR_OK;
}

/* ---- who goes ---- */

struct leaving {
    int64_t node_id, left_us;
    const int64_t *ids;
    size_t count;
};

static enum err leave(struct ctx *ctx, void *arg)
{
    const struct leaving *leaving = arg;
    const struct db_value first[] = { DB_INT(leaving->left_us), DB_INT(leaving->node_id) };
    struct presence_args args;

    TRY(db_exec(ctx, SQL_PRESENCE_KEEP, presence_args_fill(&args, first, COUNT_OF(first), leaving->ids, leaving->count),
                NULL));
    return db_exec(ctx, SQL_PRESENCE_LEAVE, presence_args_fill(&args, first + 1, 1, leaving->ids, leaving->count),
                   NULL);
}

/* Out of a process's rows. Whoever is not at another one is gone. */
static enum err strike_out(struct ctx *ctx, struct batch *batch, int64_t node_id, int64_t left_us)
{
    struct leaving leaving = { node_id, left_us, batch->ids, batch->count };
    int64_t gone[PRESENCE_BATCH];

    TRY(db_run(ctx, leave, &leaving));
    TRY(presence_states_load(ctx, batch->ids, batch->count, batch->states));
    tell(batch, gone, pick(batch, is_gone, ctx->now_us, gone));
    return ERR_OK;
}

static enum err go(struct ctx *ctx, struct batch *batch)
{
    TRY(strike_out(ctx, batch, batch->work->node.id, ctx->now_us - PRESENCE_LEAVES_S * US_PER_S));
    for (size_t i = 0; i < batch->count; i++)
        presence_roll_gone(batch->work->roll, batch->ids[i]);
    return ERR_OK;
}

/* ---- who rests, and who is active ---- */

static void note_all(const struct batch *batch, int64_t now_us)
{
    for (size_t i = 0; i < batch->count; i++)
        presence_roll_note(batch->work->roll, batch->ids[i], batch->states[i].active_us, now_us);
}

/* Another process may have seen them do something. */
static enum err rest(struct ctx *ctx, struct batch *batch)
{
    int64_t away[PRESENCE_BATCH];

    tell(batch, away, pick(batch, is_away, ctx->now_us, away));
    note_all(batch, ctx->now_us);
    return ERR_OK;
}

/* Somebody of whom nothing is known has never had a stream, and is not written down. */
static enum err become_active(struct ctx *ctx, struct batch *batch)
{
    const struct db_value first[] = { DB_INT(ctx->now_us), DB_INT(ctx->now_us) };
    int64_t known[PRESENCE_BATCH], back[PRESENCE_BATCH];
    size_t known_count = pick(batch, is_known, ctx->now_us, known),
           back_count = pick(batch, is_away, ctx->now_us, back);
    struct presence_args args;

    if (known_count == 0)
        return ERR_OK;
    TRY(db_exec(ctx, SQL_PRESENCE_ACTIVE, presence_args_fill(&args, first, COUNT_OF(first), known, known_count), NULL));
    for (size_t i = 0; i < batch->count; i++)
        batch->states[i].active_us = ctx->now_us;
    note_all(batch, ctx->now_us);
    tell(batch, back, back_count);
    return ERR_OK;
}

/* ---- what a dead process has left ---- */

struct dead {
    int64_t id, beat_us;
    int64_t ids[PRESENCE_BATCH];
    size_t count;
};

static enum err dead_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct dead *dead = arg;

    (void)ctx;
    dead->id = db_row_int(row, NODE_DEAD_ID);
    dead->beat_us = db_row_int(row, NODE_DEAD_BEAT_US);
    return ERR_OK;
}

static enum err user_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct dead *dead = arg;

    if (dead->count >= PRESENCE_BATCH)
        return fail(ctx, ERR_INTERNAL);
    dead->ids[dead->count++] = db_row_int(row, PRESENCE_OF_NODE_USER_ID);
    return ERR_OK;
}

/* *ret_is_more: there may be more of it, or another one. */
static enum err bury(struct ctx *ctx, struct presence_work *work, bool *ret_is_more)
{
    struct dead dead = { .id = 0 };
    struct batch batch = { .work = work };
    enum err e = db_one(ctx, SQL_NODE_DEAD, DB_ARGS(DB_INT(ctx->now_us - NODE_LIFE_S * US_PER_S)), dead_read, &dead);

    *ret_is_more = e == ERR_OK;
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    TRY(db_each(ctx, SQL_PRESENCE_OF_NODE, DB_ARGS(DB_INT(dead.id), DB_INT(PRESENCE_BATCH)), user_read, &dead));
    if (dead.count == 0)
        return db_exec(ctx, SQL_NODE_DELETE, DB_ARGS(DB_INT(dead.id)), NULL);
    batch.count = dead.count;
    memcpy(batch.ids, dead.ids, sizeof(batch.ids));
    return strike_out(ctx, &batch, dead.id, dead.beat_us);
}

static enum err bury_all(struct ctx *ctx, struct presence_work *work)
{
    bool is_more = work->node.may_judge;

    for (size_t done = 0; is_more && done < PRESENCE_STEP_MAX; done += PRESENCE_BATCH)
        TRY(bury(ctx, work, &is_more));
    return ERR_OK;
}

/* ---- a step ---- */

static enum err all_due(struct ctx *ctx, struct presence_work *work, enum presence_due due, batch_fn fn)
{
    int64_t ids[PRESENCE_STEP_MAX];
    size_t count = presence_roll_due(work->roll, due, ctx->now_us, ids, COUNT_OF(ids));

    return batches_run(ctx, work, ids, count, fn);
}

static enum err all_active(struct ctx *ctx, struct presence_work *work)
{
    int64_t ids[PRESENCE_STEP_MAX];
    size_t count = presence_roll_take_active(work->roll, ids, COUNT_OF(ids));

    return batches_run(ctx, work, ids, count, become_active);
}

enum err presence_step(struct ctx *ctx, struct presence_work *work)
{
    bool is_new;

    TRY(all_active(ctx, work));
    if (presence_roll_is_empty(work->roll))
        return node_leave(ctx, &work->node);
    TRY(node_beat(ctx, &work->node, &is_new));
    if (is_new)
        presence_roll_renew(work->roll);
    TRY(all_due(ctx, work, PRESENCE_COMES, come));
    TRY(all_due(ctx, work, PRESENCE_GOES, go));
    TRY(all_due(ctx, work, PRESENCE_RESTS, rest));
    return bury_all(ctx, work);
}
