#include "parley/domain/workspaces/workspace.h"

#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/events/event.h"
#include "parley/domain/people/user.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/workspaces/workspace_row.h"

/* What a personal workspace is called until its owner says otherwise. */
static const struct str personal_name = STR_INIT("Personal");

/* ---- reading ---- */

static enum err workspace_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct workspace *w = arg;
    bool is_kept = db_row_is_null(row, WORKSPACE_RETENTION_DAYS);

    *w = (struct workspace){
        .id = db_row_int(row, WORKSPACE_ID),
        .uuid = db_row_uuid(row, WORKSPACE_UUID),
        .name = arena_str(ctx->arena, db_row_str(row, WORKSPACE_NAME)),
        .personal = db_row_int(row, WORKSPACE_PERSONAL) != 0,
        .created_by = db_row_uuid(row, WORKSPACE_CREATOR_UUID),
        .role = (enum member_role)db_row_int(row, WORKSPACE_ROLE),
        .member_count = db_row_int(row, WORKSPACE_MEMBER_COUNT),
        .retention_days = is_kept ? INT64_MIN : db_row_int(row, WORKSPACE_RETENTION_DAYS),
        .require_2fa = db_row_int(row, WORKSPACE_REQUIRE_2FA) != 0,
        .version = db_row_int(row, WORKSPACE_VERSION),
        .created_us = db_row_int(row, WORKSPACE_CREATED_US),
        .updated_us = db_row_int(row, WORKSPACE_UPDATED_US),
    };
    return w->name.ptr != NULL ? ERR_OK : fail(ctx, ERR_NO_MEMORY);
}

static enum err workspace_list_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct workspace *added = list_add(ctx->arena, arg, sizeof(*added));

    return added != NULL ? workspace_read(ctx, row, added) : fail(ctx, ERR_NO_MEMORY);
}

enum err workspace_list(struct ctx *ctx, const struct workspace_list_opts *opts, struct list *ret_list)
{
    const struct db_value only = DB_INT(opts->only_id);
    struct list list = { NULL, 0 };

    TRY(db_each(ctx, SQL_WORKSPACE_LIST,
                DB_ARGS(DB_INT(opts->user_id), DB_INT(opts->after_id), only, only, DB_INT(opts->limit)),
                workspace_list_add, &list));
    *ret_list = list;
    return ERR_OK;
}

enum err workspace_get(struct ctx *ctx, const struct uuid *workspace, int64_t user_id, struct workspace *ret_workspace)
{
    enum err e = db_one(ctx, SQL_WORKSPACE_GET, DB_ARGS(DB_INT(user_id), DB_UUID(workspace)), workspace_read,
                        ret_workspace);

    return e == ERR_NOT_FOUND ? fail(ctx, ERR_WORKSPACE_NOT_FOUND) : e;
}

/* ---- making ---- */

struct insert_opts {
    struct uuid uuid;
    struct str name;
    int64_t user_id;
    bool personal;
};

static enum err workspace_insert(struct ctx *ctx, const struct insert_opts *opts)
{
    int64_t id = 0;

    TRY(db_insert(ctx, SQL_WORKSPACE_INSERT,
                  DB_ARGS(DB_UUID(&opts->uuid), DB_TEXT(opts->name), DB_INT(opts->personal), DB_INT(opts->user_id),
                          DB_INT(ctx->now_us), DB_INT(ctx->now_us)),
                  &id));
    TRY(db_exec(ctx, SQL_MEMBER_INSERT,
                DB_ARGS(DB_INT(id), DB_INT(opts->user_id), DB_INT(MEMBER_ROLE_OWNER), DB_INT(ctx->now_us)), NULL));
    return event_add(ctx, &(struct event){ .kind = EVENT_MEMBER_JOINED, .workspace_id = id, .user_id = opts->user_id });
}

enum err workspace_create_personal(struct ctx *ctx, int64_t user_id)
{
    return workspace_insert(
        ctx, &(struct insert_opts){ .uuid = uuid_new(), .name = personal_name, .user_id = user_id, .personal = true });
}

struct create_call {
    const struct workspace_create_opts *opts;
    struct workspace workspace;
};

static enum err create(struct ctx *ctx, void *arg)
{
    struct create_call *call = arg;
    const struct workspace_create_opts *opts = call->opts;
    struct insert_opts insert = { .uuid = uuid_new(), .name = opts->name, .user_id = opts->user_id };
    struct uuid made;
    enum idempotency state;
    int64_t count = 0;

    TRY(user_row_lock(ctx, opts->user_id));
    TRY(idempotency_take(ctx, opts->claim, &insert.uuid, &state, &made));
    if (state == IDEMPOTENCY_NEW) {
        TRY(db_number(ctx, SQL_MEMBER_WORKSPACE_COUNT, DB_ARGS(DB_INT(opts->user_id)), &count));
        if (count >= WORKSPACES_PER_USER_MAX)
            return failf(ctx, ERR_LIMIT, "One person can be in %d workspaces", WORKSPACES_PER_USER_MAX);
        TRY(workspace_insert(ctx, &insert));
        TRY(audit_add(ctx, &(struct audit_entry){
                               .action = AUDIT_WORKSPACE_CREATED, .target_kind = AUDIT_ON_WORKSPACE, .target = made }));
    }
    return workspace_get(ctx, &made, opts->user_id, &call->workspace);
}

enum err workspace_create(struct ctx *ctx, const struct workspace_create_opts *opts, struct workspace *ret_workspace)
{
    struct create_call call = { .opts = opts };

    TRY(db_run(ctx, create, &call));
    *ret_workspace = call.workspace;
    return ERR_OK;
}

/* ---- changing ---- */

static void workspace_apply(struct workspace *w, const struct workspace_update_opts *opts)
{
    if (opts->fields & WORKSPACE_CHANGE_NAME)
        w->name = opts->name;
    if (opts->fields & WORKSPACE_CHANGE_RETENTION_DAYS)
        w->retention_days = opts->retention_days;
    if (opts->fields & WORKSPACE_CHANGE_REQUIRE_2FA)
        w->require_2fa = opts->require_2fa;
}

static struct db_value int_value(int64_t number)
{
    return number == INT64_MIN ? DB_NULL : DB_INT(number);
}

struct update_call {
    const struct membership *membership;
    const struct workspace_update_opts *opts;
    struct workspace workspace;
};

/* The present settings; of the name only that it was changed. */
static enum err audit_update(struct ctx *ctx, const struct workspace_update_opts *opts, const struct workspace *w)
{
    struct audit_detail details[3];
    size_t count = 0;

    if (opts->fields & WORKSPACE_CHANGE_NAME)
        details[count++] = AUDIT_TEXT("name", STR("changed"));
    if (opts->fields & WORKSPACE_CHANGE_RETENTION_DAYS)
        details[count++] = w->retention_days == INT64_MIN ? AUDIT_JSON("retention_days", STR("null"))
                                                          : AUDIT_INT("retention_days", w->retention_days);
    if (opts->fields & WORKSPACE_CHANGE_REQUIRE_2FA)
        details[count++] = AUDIT_JSON("require_2fa", w->require_2fa ? STR("true") : STR("false"));
    return audit_add(ctx, &(struct audit_entry){ .action = AUDIT_WORKSPACE_CHANGED,
                                                 .target_kind = AUDIT_ON_WORKSPACE,
                                                 .target = w->uuid,
                                                 .details = { details, count } });
}

/* Only where members may have lost their way in. */
static enum err tell_update(struct ctx *ctx, const struct workspace *w, bool had_2fa)
{
    event_skip(ctx, EVENT_SECOND_FACTOR_CHANGED);
    if (!w->require_2fa || had_2fa)
        return ERR_OK;
    return event_add(ctx,
                     &(struct event){ .kind = EVENT_SECOND_FACTOR_CHANGED, .workspace_id = w->id, .subject = w->uuid });
}

static enum err update(struct ctx *ctx, void *arg)
{
    struct update_call *call = arg;
    const struct workspace_update_opts *opts = call->opts;
    struct workspace *w = &call->workspace;
    int64_t member_count;
    bool had_2fa;

    TRY(workspace_row_lock(ctx, call->membership->workspace_id, &member_count));
    TRY(workspace_get(ctx, &call->membership->workspace, opts->user_id, w));
    if (w->role < MEMBER_ROLE_OWNER)
        return fail(ctx, ERR_FORBIDDEN);
    if (opts->if_version != 0 && opts->if_version != w->version)
        return fail(ctx, ERR_PRECONDITION);
    had_2fa = w->require_2fa;
    workspace_apply(w, opts);
    w->version++;
    w->updated_us = ctx->now_us;
    TRY(db_exec(ctx, SQL_WORKSPACE_UPDATE,
                DB_ARGS(DB_TEXT(w->name), int_value(w->retention_days), DB_INT(w->require_2fa), DB_INT(w->updated_us),
                        DB_INT(w->id)),
                NULL));
    TRY(audit_update(ctx, opts, w));
    return tell_update(ctx, w, had_2fa);
}

enum err workspace_update(struct ctx *ctx, const struct membership *membership,
                          const struct workspace_update_opts *opts, struct workspace *ret_workspace)
{
    struct update_call call = { .membership = membership, .opts = opts };

    if ((opts->fields & WORKSPACE_CHANGE_REQUIRE_2FA) && opts->require_2fa && !opts->has_2fa)
        return fail(ctx, ERR_SECOND_FACTOR_OWN);
    TRY(db_run(ctx, update, &call));
    *ret_workspace = call.workspace;
    return ERR_OK;
}

struct delete_call {
    const struct membership *membership;
    int64_t caller_id, if_version;
};

static enum err mark_deleted(struct ctx *ctx, void *arg)
{
    const struct delete_call *call = arg;
    int64_t member_count, count = 0;

    outcome_wake(ctx, OUTCOME_DATA);
    TRY(workspace_row_lock(ctx, call->membership->workspace_id, &member_count));
    TRY(member_require(ctx, call->membership, call->caller_id, MEMBER_ROLE_OWNER));
    TRY(db_exec(ctx, SQL_WORKSPACE_MARK_DELETED,
                DB_ARGS(DB_INT(ctx->now_us), DB_INT(ctx->now_us), DB_INT(call->membership->workspace_id),
                        DB_INT(call->if_version), DB_INT(call->if_version)),
                &count));
    if (count == 0)
        return fail(ctx, call->if_version != 0 ? ERR_PRECONDITION : ERR_WORKSPACE_NOT_FOUND);
    TRY(audit_add(ctx, &(struct audit_entry){ .action = AUDIT_WORKSPACE_DELETED,
                                              .target_kind = AUDIT_ON_WORKSPACE,
                                              .target = call->membership->workspace }));
    return event_add(ctx, &(struct event){ .kind = EVENT_WORKSPACE_DELETED,
                                           .workspace_id = call->membership->workspace_id,
                                           .subject = call->membership->workspace });
}

enum err workspace_delete(struct ctx *ctx, const struct membership *membership, int64_t caller_id, int64_t if_version)
{
    if (membership->personal)
        return fail(ctx, ERR_PERSONAL_WORKSPACE);
    return db_run(ctx, mark_deleted, &(struct delete_call){ membership, caller_id, if_version });
}
