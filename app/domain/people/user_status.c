#include "parley/domain/people/user_status.h"

#include <assert.h>

#include "parley/core/emoji.h"
#include "parley/core/limits.h"
#include "parley/core/list.h"
#include "parley/db/db.h"
#include "parley/domain/events/event.h"

enum { TEXT, EMOJI, UNTIL };

const struct user_status *user_status_read(struct ctx *ctx, const struct db_row *row, int first)
{
    int64_t until_us = db_row_int(row, first + UNTIL);
    struct user_status *status;

    if ((db_row_is_null(row, first + TEXT) && db_row_is_null(row, first + EMOJI)) ||
        (until_us != 0 && until_us <= ctx->now_us))
        return NULL;
    status = arena_alloc(ctx->arena, sizeof(*status));
    if (status == NULL)
        return NULL;
    *status = (struct user_status){
        .text = arena_str(ctx->arena, db_row_str(row, first + TEXT)),
        .emoji = arena_str(ctx->arena, db_row_str(row, first + EMOJI)),
        .until_us = until_us,
    };
    return status;
}

static enum err status_fault(struct ctx *ctx, const char *field, const char *message)
{
    return problem_add(ctx->problem,
                       (struct fault){ .where = "body", .field = field, .type = "value_error", .message = message });
}

struct set_call {
    int64_t user_id;
    struct user_status status;
};

/* In each of the user's workspaces; there may be none. */
static enum err tell(struct ctx *ctx, int64_t user_id)
{
    struct list workspaces = { NULL, 0 };

    event_skip(ctx, EVENT_STATUS);
    TRY(db_ids(ctx, SQL_MEMBER_WORKSPACES, DB_ARGS(DB_INT(user_id)), &workspaces));
    for (size_t i = 0; i < workspaces.count; i++)
        TRY(event_add(ctx, &(struct event){ .kind = EVENT_STATUS,
                                            .workspace_id = ((const int64_t *)workspaces.items)[i],
                                            .user_id = user_id }));
    return ERR_OK;
}

static enum err set(struct ctx *ctx, void *arg)
{
    const struct set_call *call = arg;
    int64_t count = 0;

    TRY(db_exec(ctx, SQL_USER_SET_STATUS,
                DB_ARGS(DB_TEXT(call->status.text), DB_TEXT(call->status.emoji), DB_INT_OR_NULL(call->status.until_us),
                        DB_INT(ctx->now_us), DB_INT(call->user_id)),
                &count));
    if (count == 0)
        return fail(ctx, ERR_USER_NOT_FOUND);
    return tell(ctx, call->user_id);
}

enum err user_status_set(struct ctx *ctx, int64_t user_id, const struct user_status *status)
{
    struct set_call call = { .user_id = user_id, .status = *status };
    char emoji[EMOJI_BYTES];

    if (status->text.len == 0)
        call.status.text = (struct str){ NULL, 0 };
    if (status->emoji.len == 0)
        call.status.emoji = (struct str){ NULL, 0 };
    else if (emoji_canonical(status->emoji, emoji) != ERR_OK)
        return status_fault(ctx, "emoji", "is not an emoji");
    else
        call.status.emoji = str_from(emoji);
    if (status->until_us != 0 && status->until_us <= ctx->now_us)
        return status_fault(ctx, "until", "must be in the future");
    if (call.status.text.ptr == NULL && call.status.emoji.ptr == NULL)
        call.status.until_us = 0;
    return db_run(ctx, set, &call);
}

/* ---- for the events ---- */

struct batch {
    const int64_t *user_ids;
    size_t count;
    const struct user_status **statuses;
};

/* A user may be named more than once. */
static enum err batch_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    const struct batch *batch = arg;
    int64_t id = db_row_int(row, USER_STATUS_BATCH_ID);
    const struct user_status *status = user_status_read(ctx, row, USER_STATUS_BATCH_STATUS_TEXT);

    for (size_t i = 0; i < batch->count; i++)
        if (batch->user_ids[i] == id)
            batch->statuses[i] = status;
    return arena_check(ctx->arena);
}

enum err user_status_batch_load(struct ctx *ctx, const int64_t *user_ids, size_t count,
                                const struct user_status **ret_statuses)
{
    struct db_value values[EVENT_BATCH_MAX];
    struct batch batch = { user_ids, count, ret_statuses };

    assert(count <= EVENT_BATCH_MAX);
    for (size_t i = 0; i < count; i++)
        ret_statuses[i] = NULL;
    for (size_t i = 0; i < EVENT_BATCH_MAX; i++)
        values[i] = i < count ? DB_INT(user_ids[i]) : DB_NULL;
    return db_each(ctx, SQL_USER_STATUS_BATCH, (struct db_args){ values, EVENT_BATCH_MAX }, batch_read, &batch);
}
