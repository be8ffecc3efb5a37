#include "parley/domain/talk/scheduled.h"

#include "message_content.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/people/user.h"
#include "parley/domain/talk/chat.h"

/* ---- rows ---- */

enum err scheduled_read(struct ctx *ctx, const struct db_row *row, struct scheduled *ret_scheduled)
{
    struct scheduled_failure *failed = NULL;

    if (!db_row_is_null(row, SCHEDULED_VIEW_FAILED_CODE)) {
        failed = arena_alloc(ctx->arena, sizeof(*failed));
        if (failed == NULL)
            return fail(ctx, ERR_NO_MEMORY);
        failed->code = arena_str(ctx->arena, db_row_str(row, SCHEDULED_VIEW_FAILED_CODE));
        failed->at_us = db_row_int(row, SCHEDULED_VIEW_FAILED_US);
    }
    *ret_scheduled = (struct scheduled){
        .id = db_row_int(row, SCHEDULED_VIEW_ID),
        .uuid = db_row_uuid(row, SCHEDULED_VIEW_UUID),
        .chat = db_row_uuid(row, SCHEDULED_VIEW_CHAT_UUID),
        .reply_to = db_row_uuid(row, SCHEDULED_VIEW_REPLY_TO_UUID),
        .content = arena_str(ctx->arena, db_row_str(row, SCHEDULED_VIEW_CONTENT)),
        .send_us = db_row_int(row, SCHEDULED_VIEW_SEND_US),
        .failed = failed,
        .version = db_row_int(row, SCHEDULED_VIEW_VERSION),
        .created_us = db_row_int(row, SCHEDULED_VIEW_CREATED_US),
        .updated_us = db_row_int(row, SCHEDULED_VIEW_UPDATED_US),
    };
    return arena_check(ctx->arena);
}

static enum err one_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    return scheduled_read(ctx, row, arg);
}

/* scheduled_get or scheduled_lock, which take the same. */
static enum err find(struct ctx *ctx, enum sql statement, const struct scheduled_target *target,
                     struct scheduled *ret_scheduled)
{
    enum err e = db_one(
        ctx, statement,
        DB_ARGS(DB_UUID(&target->scheduled), DB_INT(target->m->workspace_id), DB_INT(target->principal->user_id)),
        one_read, ret_scheduled);

    return e == ERR_NOT_FOUND ? fail(ctx, ERR_SCHEDULED_NOT_FOUND) : e;
}

enum err scheduled_get(struct ctx *ctx, const struct scheduled_target *target, struct scheduled *ret_scheduled)
{
    return find(ctx, SQL_SCHEDULED_GET, target, ret_scheduled);
}

/* ---- what is asked for ---- */

static enum err time_check(struct ctx *ctx, int64_t send_us)
{
    if (send_us >= ctx->now_us + SCHEDULE_MIN_S * US_PER_S && send_us <= ctx->now_us + SCHEDULE_MAX_DAYS * US_PER_DAY)
        return ERR_OK;
    return problem_add(ctx->problem, (struct fault){ .where = "body",
                                                     .field = "send_at",
                                                     .type = "value_error",
                                                     .message = "must be a minute to a year ahead" });
}

static struct db_value uuid_or_null(const struct uuid *uuid)
{
    static const struct uuid none;

    return uuid_eq(uuid, &none) ? DB_NULL : DB_UUID(uuid);
}

/* ---- adding ---- */

struct add_call {
    const struct scheduled_draft *draft;
    struct uuid uuid;
    struct scheduled scheduled;
};

/* Whoever may write, under the person's lock, so that many at once make no more than there may be. */
static enum err right_hold(struct ctx *ctx, const struct message_location *location)
{
    int64_t user_id = location->principal->user_id, count = 0;
    struct chat_ref chat;

    TRY(user_row_lock(ctx, user_id));
    TRY(chat_require_held(ctx, location->workspace, user_id, &location->chat, CHAT_WRITE, &chat));
    TRY(db_number(ctx, SQL_SCHEDULED_COUNT, DB_ARGS(DB_INT(user_id)), &count));
    if (count >= SCHEDULED_MAX)
        return failf(ctx, ERR_LIMIT, "One person can have %d messages wait for their time", SCHEDULED_MAX);
    return ERR_OK;
}

static enum err row_insert(struct ctx *ctx, const struct add_call *call)
{
    const struct scheduled_draft *draft = call->draft;
    const struct message_location *location = &draft->location;
    const struct db_value now = DB_INT(ctx->now_us), send = DB_INT(draft->send_us);

    TRY(right_hold(ctx, location));
    return db_insert(ctx, SQL_SCHEDULED_INSERT,
                     DB_ARGS(DB_UUID(&call->uuid), DB_INT(location->workspace->workspace_id),
                             DB_INT(location->principal->user_id), DB_INT_OR_NULL(location->principal->key_id),
                             DB_UUID(&location->chat), uuid_or_null(&draft->reply_to), DB_TEXT(draft->content), send,
                             send, now, now),
                     NULL);
}

static enum err add(struct ctx *ctx, void *arg)
{
    struct add_call *call = arg;
    struct scheduled_target target = { .m = call->draft->location.workspace,
                                       .principal = call->draft->location.principal };
    enum idempotency state;

    TRY(idempotency_take(ctx, call->draft->claim, &call->uuid, &state, &target.scheduled));
    if (state == IDEMPOTENCY_NEW)
        TRY(row_insert(ctx, call));
    return scheduled_get(ctx, &target, &call->scheduled);
}

enum err scheduled_add(struct ctx *ctx, const struct scheduled_draft *draft, struct scheduled *ret_scheduled)
{
    struct add_call call = { .draft = draft, .uuid = uuid_new() };

    TRY(message_content_check(ctx, draft->content, 0));
    TRY(time_check(ctx, draft->send_us));
    TRY(db_run(ctx, add, &call));
    *ret_scheduled = call.scheduled;
    return ERR_OK;
}

/* ---- changing ---- */

struct change_call {
    const struct scheduled_target *target;
    const struct scheduled_change *change; /* NULL: it goes */
    struct scheduled scheduled;
};

/* Locked: whoever sends it at this moment is waited for, and then it is gone. */
static enum err target_lock(struct ctx *ctx, struct change_call *call)
{
    const struct scheduled_target *target = call->target;

    TRY(find(ctx, SQL_SCHEDULED_LOCK, target, &call->scheduled));
    if (target->version != 0 && target->version != call->scheduled.version)
        return fail(ctx, ERR_PRECONDITION);
    return ERR_OK;
}

static enum err put(struct ctx *ctx, void *arg)
{
    struct change_call *call = arg;
    const struct scheduled_target *target = call->target;
    struct scheduled *scheduled = &call->scheduled;

    TRY(target_lock(ctx, call));
    if (call->change->fields & SCHEDULED_CONTENT)
        scheduled->content = call->change->content;
    if (call->change->fields & SCHEDULED_SEND_AT)
        scheduled->send_us = call->change->send_us;
    if ((call->change->fields & SCHEDULED_SEND_AT) || scheduled->failed != NULL)
        TRY(time_check(ctx, scheduled->send_us));
    TRY(db_exec(ctx, SQL_SCHEDULED_SET,
                DB_ARGS(DB_TEXT(scheduled->content), DB_INT(scheduled->send_us), DB_INT(scheduled->send_us),
                        DB_INT_OR_NULL(target->principal->key_id), DB_INT(ctx->now_us), DB_INT(scheduled->id),
                        DB_INT(target->m->workspace_id), DB_INT(target->principal->user_id)),
                NULL));
    scheduled->failed = NULL;
    scheduled->version++;
    scheduled->updated_us = ctx->now_us;
    return ERR_OK;
}

enum err scheduled_put(struct ctx *ctx, const struct scheduled_target *target, const struct scheduled_change *change,
                       struct scheduled *ret_scheduled)
{
    struct change_call call = { .target = target, .change = change };

    if (change->fields & SCHEDULED_CONTENT)
        TRY(message_content_check(ctx, change->content, 0));
    TRY(db_run(ctx, put, &call));
    *ret_scheduled = call.scheduled;
    return ERR_OK;
}

static enum err withdraw(struct ctx *ctx, void *arg)
{
    struct change_call *call = arg;
    const struct scheduled_target *target = call->target;

    TRY(target_lock(ctx, call));
    return db_exec(
        ctx, SQL_SCHEDULED_DELETE,
        DB_ARGS(DB_INT(call->scheduled.id), DB_INT(target->m->workspace_id), DB_INT(target->principal->user_id)), NULL);
}

enum err scheduled_withdraw(struct ctx *ctx, const struct scheduled_target *target)
{
    struct change_call call = { .target = target };

    return db_run(ctx, withdraw, &call);
}

/* ---- the list ---- */

static enum err list_add_row(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct scheduled *added = list_add(ctx->arena, arg, sizeof(*added));

    return added == NULL ? fail(ctx, ERR_NO_MEMORY) : scheduled_read(ctx, row, added);
}

enum err scheduled_list(struct ctx *ctx, const struct scheduled_target *owner, const struct scheduled_range *range,
                        struct list *ret_list)
{
    const struct db_value after = DB_INT(range->after_us);
    struct list list = { NULL, 0 };

    TRY(db_each(ctx, SQL_SCHEDULED_LIST,
                DB_ARGS(DB_INT(owner->m->workspace_id), DB_INT(owner->principal->user_id), after, after,
                        DB_INT(range->after_id), DB_INT(range->limit)),
                list_add_row, &list));
    *ret_list = list;
    return ERR_OK;
}
