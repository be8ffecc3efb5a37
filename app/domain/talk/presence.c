#include "parley/domain/talk/presence.h"

#include <assert.h>

#include "parley/core/limits.h"
#include "parley/domain/talk/ephemeral.h"
#include "presence_state.h"

/* ---- who asks ---- */

struct asked {
    const struct uuid *users;
    size_t count;
    bool is_member[PRESENCE_BATCH];
    struct presence_state states[PRESENCE_BATCH];
};

static enum err row_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct asked *asked = arg;
    struct uuid user = db_row_uuid(row, PRESENCE_OF_WORKSPACE_UUID);

    for (size_t i = 0; i < asked->count; i++)
        if (uuid_eq(&asked->users[i], &user)) {
            asked->is_member[i] = true;
            presence_state_add(ctx, row, PRESENCE_OF_WORKSPACE_ACTIVE_US, &asked->states[i]);
        }
    return ERR_OK;
}

static int64_t last_seen_us(const struct presence_state *state)
{
    return state->is_here || state->active_us > state->left_us ? state->active_us : state->left_us;
}

static enum err view_add(struct ctx *ctx, const struct uuid *user, const struct presence_state *state,
                         struct list *list)
{
    struct presence_seen *seen = list_add(ctx->arena, list, sizeof(*seen));

    if (seen == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *seen = (struct presence_seen){ .user = *user,
                                    .status = (int)presence_state_status(state, ctx->now_us),
                                    .last_seen_us = last_seen_us(state) };
    return ERR_OK;
}

static enum err batch_list(struct ctx *ctx, int64_t workspace_id, struct asked *asked, struct list *list)
{
    struct db_value values[1 + PRESENCE_BATCH] = { DB_INT(workspace_id) };

    for (size_t i = 0; i < PRESENCE_BATCH; i++)
        values[1 + i] = i < asked->count ? DB_UUID(&asked->users[i]) : DB_NULL;
    TRY(db_each(ctx, SQL_PRESENCE_OF_WORKSPACE, (struct db_args){ values, COUNT_OF(values) }, row_read, asked));
    for (size_t i = 0; i < asked->count; i++)
        if (asked->is_member[i])
            TRY(view_add(ctx, &asked->users[i], &asked->states[i], list));
    return ERR_OK;
}

/* Each once, in the order of their first places. */
static size_t unique(const struct uuid *users, size_t count, struct uuid *ret_users)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        size_t k = 0;

        while (k < kept && !uuid_eq(&ret_users[k], &users[i]))
            k++;
        if (k == kept)
            ret_users[kept++] = users[i];
    }
    return kept;
}

enum err presence_list(struct ctx *ctx, const struct membership *workspace, const struct uuid *users, size_t count,
                       struct list *ret_list)
{
    struct uuid wanted[PRESENCE_ASKED_MAX];
    struct list list = { NULL, 0 };
    size_t wanted_count;

    assert(count <= PRESENCE_ASKED_MAX);
    wanted_count = unique(users, count, wanted);
    for (size_t done = 0; done < wanted_count; done += PRESENCE_BATCH) {
        size_t left = wanted_count - done;
        struct asked asked = { .users = wanted + done, .count = left < PRESENCE_BATCH ? left : PRESENCE_BATCH };

        TRY(batch_list(ctx, workspace->workspace_id, &asked, &list));
    }
    *ret_list = list;
    return ERR_OK;
}

/* ---- what is told of somebody ---- */

void presence_active(const struct app *app, const struct principal *principal)
{
    if (app->ephemeral != NULL && principal->key_id == 0)
        presence_roll_active(ephemeral_roll(app->ephemeral), principal->user_id);
}

enum err presence_forget(struct ctx *ctx, int64_t user_id)
{
    return db_exec(ctx, SQL_PRESENCE_FORGET, DB_ARGS(DB_INT(user_id)), NULL);
}
