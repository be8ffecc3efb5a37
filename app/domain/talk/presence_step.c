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

struct writing;

/* What is done with those of a kind: all are written in one transaction; behind it they are noted and told. */
struct way {
    enum err (*write)(struct ctx *ctx, const struct writing *writing, const struct batch *batch); /* NULL: nothing is */
    enum err (*finish)(struct ctx *ctx, struct batch *batch);
};

struct writing {
    const struct way *way;
    int64_t node_id; /* at which process they come or go */
    int64_t left_us; /* when they went */
    struct batch *batches;
    size_t count;
};

static enum err write_all(struct ctx *ctx, void *arg)
{
    const struct writing *writing = arg;

    for (size_t i = 0; i < writing->count; i++)
        TRY(writing->way->write(ctx, writing, &writing->batches[i]));
    return ERR_OK;
}

static enum err batches_run(struct ctx *ctx, struct writing *writing)
{
    struct batch *batches = writing->batches;

    for (size_t i = 0; i < writing->count; i++)
        TRY(presence_states_load(ctx, batches[i].ids, batches[i].count, batches[i].states));
    if (writing->way->write != NULL)
        TRY(db_run(ctx, write_all, writing));
    for (size_t i = 0; i < writing->count; i++)
        TRY(writing->way->finish(ctx, &batches[i]));
    return ERR_OK;
}

/* opts: all but the batches. */
static enum err ids_run(struct ctx *ctx, struct presence_work *work, const int64_t *ids, size_t count,
                        const struct writing *opts)
{
    struct writing writing = *opts;

    if (count == 0)
        return ERR_OK;
    writing.count = (count + PRESENCE_BATCH - 1) / PRESENCE_BATCH;
    writing.batches = arena_calloc(ctx->arena, writing.count, sizeof(writing.batches[0]));
    if (writing.batches == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        struct batch *batch = &writing.batches[i / PRESENCE_BATCH];

        batch->work = work;
        batch->ids[batch->count++] = ids[i];
    }
    return batches_run(ctx, &writing);
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

static enum err enter(struct ctx *ctx, int64_t node_id, int64_t active_us, const int64_t *ids, size_t count)
{
    const struct db_value first[] = { DB_INT(node_id), DB_INT(active_us) };
    struct presence_args args;

    if (count == 0)
        return ERR_OK;
    return db_exec(ctx, SQL_PRESENCE_COME, presence_args_fill(&args, first, COUNT_OF(first), ids, count), NULL);
}

/*
 * Whoever is there already, with another stream, or since the process that they were at has only just been restarted, does
 * nothing by coming; it would bring back everybody who is away.
 */
static enum err come_write(struct ctx *ctx, const struct writing *writing, const struct batch *batch)
{
    int64_t fresh[PRESENCE_BATCH], back[PRESENCE_BATCH];

    TRY(enter(ctx, writing->node_id, ctx->now_us, fresh, pick(batch, is_gone, ctx->now_us, fresh)));
    return enter(ctx, writing->node_id, 0, back, pick(batch, is_here, ctx->now_us, back));
}

/* Those who have come are told, and those who are away since this process was last in time: as another one it has them come anew. */
static enum err come_finish(struct ctx *ctx, struct batch *batch)
{
    int64_t told[PRESENCE_BATCH];
    size_t told_count = 0;

    for (size_t i = 0; i < batch->count; i++) {
        bool is_fresh = !batch->states[i].is_here;
        int64_t active_us = is_fresh ? ctx->now_us : batch->states[i].active_us;
        bool went_away = presence_roll_note(batch->work->roll, batch->ids[i], active_us, ctx->now_us);

        presence_roll_entered(batch->work->roll, batch->ids[i]);
        if (is_fresh || went_away)
            told[told_count++] = batch->ids[i];
    }
    tell(batch, told, told_count);
    return ERR_OK;
}

static const struct way coming = { come_write, come_finish };

/* ---- who goes ---- */

/* Out of a process's rows, into what is known of those who are nowhere. */
static enum err leave_write(struct ctx *ctx, const struct writing *writing, const struct batch *batch)
{
    const struct db_value first[] = { DB_INT(writing->left_us), DB_INT(writing->node_id) };
    struct presence_args args;

    TRY(db_exec(ctx, SQL_PRESENCE_KEEP, presence_args_fill(&args, first, COUNT_OF(first), batch->ids, batch->count),
                NULL));
    return db_exec(ctx, SQL_PRESENCE_LEAVE, presence_args_fill(&args, first + 1, 1, batch->ids, batch->count), NULL);
}

/* Whoever is not at another process is gone. */
static enum err tell_gone(struct ctx *ctx, struct batch *batch)
{
    int64_t gone[PRESENCE_BATCH];

    TRY(presence_states_load(ctx, batch->ids, batch->count, batch->states));
    tell(batch, gone, pick(batch, is_gone, ctx->now_us, gone));
    return ERR_OK;
}

static enum err go_finish(struct ctx *ctx, struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++)
        presence_roll_gone(batch->work->roll, batch->ids[i]);
    return tell_gone(ctx, batch);
}

static const struct way going = { leave_write, go_finish };

/* ---- who rests, and who is active ---- */

/* Another process may have seen them do something. */
static enum err rest_finish(struct ctx *ctx, struct batch *batch)
{
    int64_t away[PRESENCE_BATCH];

    tell(batch, away, pick(batch, is_away, ctx->now_us, away));
    for (size_t i = 0; i < batch->count; i++)
        (void)presence_roll_note(batch->work->roll, batch->ids[i], batch->states[i].active_us, ctx->now_us);
    return ERR_OK;
}

static const struct way resting = { NULL, rest_finish };

/* Somebody of whom nothing is known has never had a stream, and is not written down. */
static enum err active_write(struct ctx *ctx, const struct writing *writing, const struct batch *batch)
{
    const struct db_value first[] = { DB_INT(ctx->now_us), DB_INT(ctx->now_us) };
    int64_t known[PRESENCE_BATCH];
    size_t count = pick(batch, is_known, ctx->now_us, known);
    struct presence_args args;

    (void)writing;
    if (count == 0)
        return ERR_OK;
    return db_exec(ctx, SQL_PRESENCE_ACTIVE, presence_args_fill(&args, first, COUNT_OF(first), known, count), NULL);
}

static enum err active_finish(struct ctx *ctx, struct batch *batch)
{
    int64_t back[PRESENCE_BATCH];

    tell(batch, back, pick(batch, is_away, ctx->now_us, back));
    for (size_t i = 0; i < batch->count; i++)
        (void)presence_roll_note(batch->work->roll, batch->ids[i], ctx->now_us, ctx->now_us);
    return ERR_OK;
}

static const struct way acting = { active_write, active_finish };

/* ---- what a dead process has left ---- */

struct dead {
    int64_t id, beat_us;
    int64_t ids[PRESENCE_STEP_MAX];
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

    if (dead->count >= COUNT_OF(dead->ids))
        return fail(ctx, ERR_INTERNAL);
    dead->ids[dead->count++] = db_row_int(row, PRESENCE_OF_NODE_USER_ID);
    return ERR_OK;
}

static const struct way burying = { leave_write, tell_gone };

/* Some of one's people; with the last of them it goes itself, at the next step. */
static enum err bury(struct ctx *ctx, struct presence_work *work)
{
    struct dead dead = { .count = 0 };
    enum err e = db_one(ctx, SQL_NODE_DEAD, DB_ARGS(DB_INT(ctx->now_us - NODE_LIFE_S * US_PER_S)), dead_read, &dead);
    struct writing writing;

    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    TRY(db_each(ctx, SQL_PRESENCE_OF_NODE, DB_ARGS(DB_INT(dead.id), DB_INT(PRESENCE_STEP_MAX)), user_read, &dead));
    if (dead.count == 0)
        return db_exec(ctx, SQL_NODE_DELETE, DB_ARGS(DB_INT(dead.id)), NULL);
    writing = (struct writing){ .way = &burying, .node_id = dead.id, .left_us = dead.beat_us };
    return ids_run(ctx, work, dead.ids, dead.count, &writing);
}

/* ---- a step ---- */

static enum err all_due(struct ctx *ctx, struct presence_work *work, enum presence_due due, const struct way *way)
{
    const struct writing writing = { .way = way,
                                     .node_id = work->node.id,
                                     .left_us = ctx->now_us - PRESENCE_LEAVES_S * US_PER_S };
    int64_t ids[PRESENCE_STEP_MAX];
    size_t count = presence_roll_due(work->roll, due, ctx->now_us, ids, COUNT_OF(ids));

    return ids_run(ctx, work, ids, count, &writing);
}

static enum err all_active(struct ctx *ctx, struct presence_work *work)
{
    const struct writing writing = { .way = &acting };
    int64_t ids[PRESENCE_STEP_MAX];
    size_t count = presence_roll_take_active(work->roll, ids, COUNT_OF(ids));

    return ids_run(ctx, work, ids, count, &writing);
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
    TRY(all_due(ctx, work, PRESENCE_COMES, &coming));
    TRY(all_due(ctx, work, PRESENCE_GOES, &going));
    TRY(all_due(ctx, work, PRESENCE_RESTS, &resting));
    return work->node.may_judge ? bury(ctx, work) : ERR_OK;
}
