#include "presence_state.h"

#include <assert.h>

#include "parley/core/clock.h"
#include "parley/core/limits.h"

enum { ACTIVE, LEFT, BEAT };

static int64_t later(int64_t a_us, int64_t b_us)
{
    return a_us > b_us ? a_us : b_us;
}

void presence_state_add(const struct ctx *ctx, const struct db_row *row, int first, struct presence_state *state)
{
    if (db_row_int(row, first + BEAT) > ctx->now_us - NODE_LIFE_S * US_PER_S)
        state->is_here = true;
    state->active_us = later(state->active_us, db_row_int(row, first + ACTIVE));
    state->left_us = later(state->left_us, db_row_int(row, first + LEFT));
}

enum presence_status presence_state_status(const struct presence_state *state, int64_t now_us)
{
    if (!state->is_here)
        return PRESENCE_OFFLINE;
    return now_us - state->active_us >= PRESENCE_AWAY_S * US_PER_S ? PRESENCE_AWAY : PRESENCE_ONLINE;
}

struct db_args presence_args_fill(struct presence_args *args, const struct db_value *first, size_t first_count,
                                  const int64_t *user_ids, size_t count)
{
    assert(first_count <= 2 && count <= PRESENCE_BATCH);
    for (size_t i = 0; i < first_count; i++)
        args->values[i] = first[i];
    for (size_t i = 0; i < PRESENCE_BATCH; i++)
        args->values[first_count + i] = i < count ? DB_INT(user_ids[i]) : DB_NULL;
    return (struct db_args){ args->values, first_count + PRESENCE_BATCH };
}

struct batch {
    const int64_t *user_ids;
    size_t count;
    struct presence_state *states;
};

static enum err row_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    const struct batch *batch = arg;
    int64_t user_id = db_row_int(row, PRESENCE_STATES_USER_ID);

    for (size_t i = 0; i < batch->count; i++)
        if (batch->user_ids[i] == user_id)
            presence_state_add(ctx, row, PRESENCE_STATES_ACTIVE_US, &batch->states[i]);
    return ERR_OK;
}

enum err presence_states_load(struct ctx *ctx, const int64_t *user_ids, size_t count, struct presence_state *ret_states)
{
    struct batch batch = { user_ids, count, ret_states };
    struct presence_args args;

    for (size_t i = 0; i < count; i++)
        ret_states[i] = (struct presence_state){ .is_here = false };
    return db_each(ctx, SQL_PRESENCE_STATES, presence_args_fill(&args, NULL, 0, user_ids, count), row_read, &batch);
}
