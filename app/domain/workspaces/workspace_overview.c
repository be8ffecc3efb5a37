#include "parley/domain/workspaces/workspace_overview.h"

#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/events/event.h"
#include "parley/domain/people/display_name.h"
#include "parley/domain/people/user.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/workspaces/member.h"
#include "parley/domain/workspaces/workspace_row.h"

/* ---- the list ---- */

static enum err overview_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct workspace_overview *added = list_add(ctx->arena, arg, sizeof(*added));

    if (added == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *added = (struct workspace_overview){
        .id = db_row_int(row, WORKSPACE_OVERVIEW_ID),
        .uuid = db_row_uuid(row, WORKSPACE_OVERVIEW_UUID),
        .name = arena_str(ctx->arena, db_row_str(row, WORKSPACE_OVERVIEW_NAME)),
        .personal = db_row_int(row, WORKSPACE_OVERVIEW_PERSONAL) != 0,
        .member_count = db_row_int(row, WORKSPACE_OVERVIEW_MEMBER_COUNT),
        .chat_count = db_row_int(row, WORKSPACE_OVERVIEW_CHAT_COUNT),
        .file_bytes = db_row_int(row, WORKSPACE_OVERVIEW_FILE_BYTES),
        .created_us = db_row_int(row, WORKSPACE_OVERVIEW_CREATED_US),
        .updated_us = db_row_int(row, WORKSPACE_OVERVIEW_UPDATED_US),
    };
    added->deserted = !added->personal;
    return arena_check(ctx->arena);
}

/* The workspaces of a page, and the one to which owners are being added. */
struct page {
    struct workspace_overview *rows;
    size_t count, at;
};

static enum err owner_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct page *page = arg;
    int64_t workspace_id = db_row_int(row, WORKSPACE_OWNERS_WORKSPACE_ID);
    bool is_active = db_row_int(row, WORKSPACE_OWNERS_IS_ACTIVE) != 0;
    struct workspace_overview *overview;
    struct workspace_owner *owner;

    while (page->at < page->count && page->rows[page->at].id < workspace_id)
        page->at++;
    if (page->at == page->count || page->rows[page->at].id != workspace_id)
        return ERR_OK; /* one that is not in the page: deleted, or of the other kind */
    overview = &page->rows[page->at];
    overview->owner_count++;
    overview->deserted = overview->deserted && !is_active;
    if (overview->owner_count > OWNERS_LISTED_MAX)
        return ERR_OK;
    owner = list_add(ctx->arena, &overview->owners, sizeof(*owner));
    if (owner == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *owner = (struct workspace_owner){
        .user = db_row_uuid(row, WORKSPACE_OWNERS_UUID),
        .name = display_name(ctx, db_row_str(row, WORKSPACE_OWNERS_FIRST_NAME),
                             db_row_str(row, WORKSPACE_OWNERS_LAST_NAME), db_row_str(row, WORKSPACE_OWNERS_USERNAME)),
        .email = arena_str(ctx->arena, db_row_str(row, WORKSPACE_OWNERS_EMAIL)),
        .is_active = is_active,
    };
    return arena_check(ctx->arena);
}

enum err workspace_overview_list(struct ctx *ctx, const struct workspace_overview_opts *opts, struct list *ret_list)
{
    struct list list = { NULL, 0 };
    struct page page;

    TRY(db_each(ctx, SQL_WORKSPACE_OVERVIEW,
                DB_ARGS(DB_INT(opts->after_id), DB_INT(opts->kind), DB_INT(opts->kind), DB_INT(opts->limit)),
                overview_add, &list));
    *ret_list = list;
    if (list.count == 0)
        return ERR_OK;
    page = (struct page){ list.items, list.count, 0 };
    return db_each(ctx, SQL_WORKSPACE_OWNERS,
                   DB_ARGS(DB_INT(MEMBER_ROLE_OWNER), DB_INT(page.rows[0].id), DB_INT(page.rows[page.count - 1].id)),
                   owner_add, &page);
}

/* ---- left alone ---- */

static enum err deserted_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct deserted_workspace *added = list_add(ctx->arena, arg, sizeof(*added));

    if (added == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    added->uuid = db_row_uuid(row, WORKSPACES_WITHOUT_OTHER_OWNER_UUID);
    added->name = arena_str(ctx->arena, db_row_str(row, WORKSPACES_WITHOUT_OTHER_OWNER_NAME));
    return arena_check(ctx->arena);
}

enum err workspace_deserted_without(struct ctx *ctx, int64_t user_id, struct list *ret_list)
{
    struct list list = { NULL, 0 };

    TRY(db_each(
        ctx, SQL_WORKSPACES_WITHOUT_OTHER_OWNER,
        DB_ARGS(DB_INT(user_id), DB_INT(MEMBER_ROLE_OWNER), DB_INT(MEMBER_ROLE_OWNER), DB_INT(DESERTED_LISTED_MAX)),
        deserted_add, &list));
    *ret_list = list;
    return ERR_OK;
}

/* ---- taking over ---- */

struct take_over_call {
    struct uuid workspace;
    int64_t id;
    bool personal;
};

static enum err found_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct take_over_call *call = arg;

    (void)ctx;
    call->id = db_row_int(row, WORKSPACE_BY_UUID_ID);
    call->personal = db_row_int(row, WORKSPACE_BY_UUID_PERSONAL) != 0;
    return ERR_OK;
}

static enum err check_deserted(struct ctx *ctx, int64_t workspace_id)
{
    int64_t owner;
    enum err e = db_number(ctx, SQL_MEMBER_OTHER_WITH_ROLE,
                           DB_ARGS(DB_INT(workspace_id), DB_INT(MEMBER_ROLE_OWNER), DB_INT(0)), &owner);

    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    return fail(ctx, ERR_OWNER_PRESENT);
}

static enum err become_owner(struct ctx *ctx, int64_t workspace_id, int64_t member_count)
{
    int64_t user_id = ctx->actor->user_id;
    enum member_role role;

    TRY(member_role_get(ctx, workspace_id, user_id, &role));
    if (role == MEMBER_ROLE_NONE)
        return member_add(ctx, workspace_id, member_count, user_id, MEMBER_ROLE_OWNER);
    TRY(db_exec(ctx, SQL_MEMBER_UPDATE_ROLE, DB_ARGS(DB_INT(MEMBER_ROLE_OWNER), DB_INT(workspace_id), DB_INT(user_id)),
                NULL));
    TRY(workspace_row_touch(ctx, workspace_id, 0));
    return event_add(ctx,
                     &(struct event){ .kind = EVENT_ROLE_CHANGED, .workspace_id = workspace_id, .user_id = user_id });
}

static enum err take_over(struct ctx *ctx, void *arg)
{
    struct take_over_call *call = arg;
    int64_t member_count;
    enum err e;

    TRY(user_row_lock(ctx, ctx->actor->user_id));
    e = db_one(ctx, SQL_WORKSPACE_BY_UUID, DB_ARGS(DB_UUID(&call->workspace)), found_read, call);
    if (e == ERR_NOT_FOUND)
        return fail(ctx, ERR_WORKSPACE_NOT_FOUND);
    TRY(e);
    if (call->personal)
        return fail(ctx, ERR_PERSONAL_WORKSPACE);
    TRY(workspace_row_lock(ctx, call->id, &member_count));
    TRY(check_deserted(ctx, call->id));
    TRY(become_owner(ctx, call->id, member_count));
    return audit_add(ctx, &(struct audit_entry){ .action = AUDIT_WORKSPACE_TAKEN_OVER,
                                                 .target_kind = AUDIT_ON_WORKSPACE,
                                                 .target = call->workspace });
}

enum err workspace_take_over(struct ctx *ctx, const struct uuid *workspace)
{
    struct take_over_call call = { .workspace = *workspace };

    return db_run(ctx, take_over, &call);
}
