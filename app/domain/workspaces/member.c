#include "parley/domain/workspaces/member.h"

#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/events/event.h"
#include "parley/domain/people/display_name.h"
#include "parley/domain/people/email.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/workspaces/chat_row.h"
#include "parley/domain/workspaces/workspace_row.h"

/* ---- reading ---- */

enum err member_read(struct ctx *ctx, const struct db_row *row, enum member_role caller, struct member *ret_member)
{
    struct str email = db_row_str(row, MEMBER_EMAIL);

    *ret_member = (struct member){
        .id = db_row_int(row, MEMBER_USER_ID),
        .user = db_row_uuid(row, MEMBER_USER_UUID),
        .email = caller > MEMBER_ROLE_GUEST ? arena_str(ctx->arena, email) : (struct str){ NULL, 0 },
        .username = arena_str(ctx->arena, db_row_str(row, MEMBER_USERNAME)),
        .first_name = arena_str(ctx->arena, db_row_str(row, MEMBER_FIRST_NAME)),
        .last_name = arena_str(ctx->arena, db_row_str(row, MEMBER_LAST_NAME)),
        .role = (enum member_role)db_row_int(row, MEMBER_ROLE),
        .joined_us = db_row_int(row, MEMBER_JOINED_US),
        .status = user_status_read(ctx, row, MEMBER_STATUS_TEXT),
    };
    ret_member->name = display_name(ctx, ret_member->first_name, ret_member->last_name, ret_member->username);
    return arena_check(ctx->arena);
}

void member_fill(const struct db_row *row, struct membership *m)
{
    m->workspace_id = db_row_int(row, MEMBERSHIP_WORKSPACE_ID);
    m->role = (enum member_role)db_row_int(row, MEMBERSHIP_ROLE);
    m->personal = db_row_int(row, MEMBERSHIP_PERSONAL) != 0;
    m->require_2fa = db_row_int(row, MEMBERSHIP_REQUIRE_2FA) != 0;
    m->version = db_row_int(row, MEMBERSHIP_VERSION);
}

static enum err membership_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    (void)ctx;
    member_fill(row, arg);
    return ERR_OK;
}

enum err member_find(struct ctx *ctx, const struct uuid *workspace, int64_t user_id, struct membership *ret_membership)
{
    struct membership m = { .workspace = *workspace };
    enum err e = db_one(ctx, SQL_MEMBER_FIND, DB_ARGS(DB_INT(user_id), DB_UUID(workspace)), membership_read, &m);

    if (e == ERR_NOT_FOUND)
        return fail(ctx, ERR_WORKSPACE_NOT_FOUND);
    TRY(e);
    *ret_membership = m;
    return ERR_OK;
}

struct listing {
    enum member_role caller;
    struct list list;
};

static enum err listing_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct listing *listing = arg;
    struct member *added = list_add(ctx->arena, &listing->list, sizeof(*added));

    return added != NULL ? member_read(ctx, row, listing->caller, added) : fail(ctx, ERR_NO_MEMORY);
}

enum err member_list(struct ctx *ctx, const struct membership *caller, const struct member_range *range,
                     struct list *ret_list)
{
    struct listing listing = { .caller = caller->role };

    TRY(db_each(ctx, SQL_MEMBER_LIST,
                DB_ARGS(DB_INT(caller->workspace_id), DB_INT(range->after_id), DB_INT(range->limit)), listing_add,
                &listing));
    *ret_list = listing.list;
    return ERR_OK;
}

enum err member_search(struct ctx *ctx, const struct membership *caller, const struct member_search_opts *opts,
                       struct list *ret_list)
{
    struct listing listing = { .caller = caller->role };
    struct str pattern, email = email_normalise(ctx->arena, opts->query.ptr == NULL ? STR("") : opts->query);

    if (email.ptr == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    TRY(display_name_pattern(ctx, opts->query, &pattern));
    TRY(db_each(ctx, SQL_MEMBER_SEARCH,
                DB_ARGS(DB_INT(caller->workspace_id), DB_INT(opts->range.after_id), DB_INT(opts->role),
                        DB_INT(opts->role), DB_TEXT(pattern), DB_INT(caller->role > MEMBER_ROLE_GUEST), DB_TEXT(email),
                        DB_INT(opts->range.limit)),
                listing_add, &listing));
    *ret_list = listing.list;
    return ERR_OK;
}

enum err member_role_get(struct ctx *ctx, int64_t workspace_id, int64_t user_id, enum member_role *ret_role)
{
    int64_t role = MEMBER_ROLE_NONE;
    enum err e = db_number(ctx, SQL_MEMBER_ROLE, DB_ARGS(DB_INT(workspace_id), DB_INT(user_id)), &role);

    if (e != ERR_NOT_FOUND)
        TRY(e);
    *ret_role = (enum member_role)role;
    return ERR_OK;
}

enum err member_require(struct ctx *ctx, const struct membership *m, int64_t user_id, enum member_role least)
{
    int64_t role = MEMBER_ROLE_NONE;
    enum err e = db_number(ctx, SQL_MEMBER_ROLE_HOLD, DB_ARGS(DB_INT(m->workspace_id), DB_INT(user_id)), &role);

    if (e == ERR_NOT_FOUND)
        return fail(ctx, ERR_WORKSPACE_NOT_FOUND);
    TRY(e);
    return role >= (int64_t)least ? ERR_OK : fail(ctx, ERR_FORBIDDEN);
}

struct found {
    enum member_role caller;
    struct member member;
};

static enum err found_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct found *found = arg;

    return member_read(ctx, row, found->caller, &found->member);
}

/* ERR_NOT_FOUND, with nothing written into the problem, when there is no such member. */
static enum err member_look_up(struct ctx *ctx, const struct membership *caller, const struct uuid *user,
                               struct found *ret_found)
{
    ret_found->caller = caller->role;
    return db_one(ctx, SQL_MEMBER_GET, DB_ARGS(DB_INT(caller->workspace_id), DB_UUID(user)), found_read, ret_found);
}

enum err member_get(struct ctx *ctx, const struct membership *caller, const struct uuid *user,
                    struct member *ret_member, int64_t *ret_user_id)
{
    struct found found;
    enum err e = member_look_up(ctx, caller, user, &found);

    if (e == ERR_NOT_FOUND)
        return fail(ctx, ERR_MEMBER_NOT_FOUND);
    TRY(e);
    *ret_member = found.member;
    if (ret_user_id != NULL)
        *ret_user_id = found.member.id;
    return ERR_OK;
}

struct str member_role_name(enum member_role role)
{
    static const struct str names[] = { [MEMBER_ROLE_NONE] = STR_INIT("none"),
                                        [MEMBER_ROLE_GUEST] = STR_INIT("GUEST"),
                                        [MEMBER_ROLE_MEMBER] = STR_INIT("MEMBER"),
                                        [MEMBER_ROLE_OWNER] = STR_INIT("OWNER") };

    return names[role];
}

/* ---- adding ---- */

static enum err event_of_member(struct ctx *ctx, enum event_kind kind, int64_t workspace_id, int64_t user_id)
{
    return event_add(ctx, &(struct event){ .kind = kind, .workspace_id = workspace_id, .user_id = user_id });
}

enum err member_add(struct ctx *ctx, int64_t workspace_id, int64_t member_count, int64_t user_id, enum member_role role)
{
    int64_t workspace_count = 0;
    enum err e;

    if (member_count >= MEMBERS_PER_WORKSPACE_MAX)
        return failf(ctx, ERR_LIMIT, "A workspace has at most %d members", MEMBERS_PER_WORKSPACE_MAX);
    TRY(db_number(ctx, SQL_MEMBER_WORKSPACE_COUNT, DB_ARGS(DB_INT(user_id)), &workspace_count));
    if (workspace_count >= WORKSPACES_PER_USER_MAX)
        return failf(ctx, ERR_LIMIT, "One person can be in %d workspaces", WORKSPACES_PER_USER_MAX);
    e = db_exec(ctx, SQL_MEMBER_INSERT,
                DB_ARGS(DB_INT(workspace_id), DB_INT(user_id), DB_INT(role), DB_INT(ctx->now_us)), NULL);
    if (e == ERR_CONFLICT)
        return fail(ctx, ERR_ALREADY_MEMBER);
    TRY(e);
    TRY(db_exec(ctx, SQL_CHAT_STATES_OF_NEWCOMER, DB_ARGS(DB_INT(user_id), DB_INT(ctx->now_us), DB_INT(workspace_id)),
                NULL));
    TRY(workspace_row_touch(ctx, workspace_id, 1));
    return event_of_member(ctx, EVENT_MEMBER_JOINED, workspace_id, user_id);
}

/* ---- changing ---- */

struct change {
    const struct membership *caller;
    int64_t caller_id;
    struct uuid user;
    enum member_role role; /* the new one; MEMBER_ROLE_NONE: out */
    struct found target;   /* as it was before */
};

/* The member as the workspace's lock lets us see it, for a caller who still has the right. */
static enum err change_begin(struct ctx *ctx, struct change *change)
{
    struct membership caller = *change->caller;
    int64_t member_count;
    bool is_own_leave;
    enum err e;

    TRY(workspace_row_lock(ctx, caller.workspace_id, &member_count));
    TRY(member_role_get(ctx, caller.workspace_id, change->caller_id, &caller.role));
    e = member_look_up(ctx, &caller, &change->user, &change->target);
    is_own_leave = e == ERR_OK && change->role == MEMBER_ROLE_NONE && change->target.member.id == change->caller_id;
    if (caller.role < MEMBER_ROLE_OWNER && !is_own_leave)
        return fail(ctx, ERR_FORBIDDEN);
    return e == ERR_NOT_FOUND ? fail(ctx, ERR_MEMBER_NOT_FOUND) : e;
}

/* Where an OWNER becomes less, another one who can act stays. */
static enum err change_check_owner(struct ctx *ctx, const struct change *change)
{
    int64_t other;
    enum err e;

    if (change->target.member.role < MEMBER_ROLE_OWNER || change->role == MEMBER_ROLE_OWNER)
        return ERR_OK;
    e = db_number(
        ctx, SQL_MEMBER_OTHER_WITH_ROLE,
        DB_ARGS(DB_INT(change->caller->workspace_id), DB_INT(MEMBER_ROLE_OWNER), DB_INT(change->target.member.id)),
        &other);
    return e == ERR_NOT_FOUND ? fail(ctx, ERR_LAST_OWNER) : e;
}

/* Withdraws what the member has promised others and may not give any more. A GUEST may not invite at all. */
static enum err change_withdraw(struct ctx *ctx, const struct change *change)
{
    int64_t still = change->role >= MEMBER_ROLE_MEMBER ? (int64_t)change->role : MEMBER_ROLE_NONE;

    return db_exec(ctx, SQL_INVITATION_WITHDRAW_ABOVE,
                   DB_ARGS(DB_INT(change->caller->workspace_id), DB_INT(change->target.member.id), DB_INT(still)),
                   NULL);
}

static enum err set_role(struct ctx *ctx, void *arg)
{
    struct change *change = arg;
    int64_t workspace_id = change->caller->workspace_id;

    TRY(change_begin(ctx, change));
    TRY(change_check_owner(ctx, change));
    if (change->target.member.role == change->role)
        return ERR_OK;
    TRY(db_exec(ctx, SQL_MEMBER_UPDATE_ROLE,
                DB_ARGS(DB_INT(change->role), DB_INT(workspace_id), DB_INT(change->target.member.id)), NULL));
    TRY(change_withdraw(ctx, change));
    TRY(audit_add(ctx, &(struct audit_entry){
                           .action = AUDIT_MEMBER_ROLE_CHANGED,
                           .target_kind = AUDIT_ON_USER,
                           .target = change->user,
                           .details = AUDIT_DETAILS(AUDIT_UUID("workspace", &change->caller->workspace),
                                                    AUDIT_TEXT("from", member_role_name(change->target.member.role)),
                                                    AUDIT_TEXT("to", member_role_name(change->role))) }));
    change->target.member.role = change->role;
    TRY(workspace_row_touch(ctx, workspace_id, 0));
    return event_of_member(ctx, EVENT_ROLE_CHANGED, workspace_id, change->target.member.id);
}

enum err member_set_role(struct ctx *ctx, const struct membership *caller, int64_t caller_id, const struct uuid *user,
                         enum member_role role, struct member *ret_member)
{
    struct change change = { .caller = caller, .caller_id = caller_id, .user = *user, .role = role };

    TRY(db_run(ctx, set_role, &change));
    *ret_member = change.target.member;
    return ERR_OK;
}

static enum err member_take_out(struct ctx *ctx, void *arg)
{
    struct change *change = arg;
    int64_t workspace_id = change->caller->workspace_id;

    TRY(change_begin(ctx, change));
    TRY(change_check_owner(ctx, change));
    TRY(chat_row_delete_deserted(ctx, workspace_id, change->target.member.id));
    TRY(change_withdraw(ctx, change));
    TRY(db_exec(ctx, SQL_MEMBER_DELETE, DB_ARGS(DB_INT(workspace_id), DB_INT(change->target.member.id)), NULL));
    TRY(audit_add(
        ctx, &(struct audit_entry){ .action = change->target.member.id == change->caller_id ? AUDIT_MEMBER_LEFT
                                                                                            : AUDIT_MEMBER_REMOVED,
                                    .target_kind = AUDIT_ON_USER,
                                    .target = change->user,
                                    .details = AUDIT_DETAILS(AUDIT_UUID("workspace", &change->caller->workspace)) }));
    TRY(workspace_row_touch(ctx, workspace_id, -1));
    return event_of_member(ctx, EVENT_MEMBER_LEFT, workspace_id, change->target.member.id);
}

enum err member_remove(struct ctx *ctx, const struct membership *caller, int64_t caller_id, const struct uuid *user)
{
    struct change change = { .caller = caller, .caller_id = caller_id, .user = *user, .role = MEMBER_ROLE_NONE };

    if (caller->personal)
        return fail(ctx, ERR_PERSONAL_WORKSPACE);
    return db_run(ctx, member_take_out, &change);
}

/* A workspace that somebody leaves with the whole server. */
struct left {
    int64_t id;
    struct uuid uuid;
    bool personal; /* it goes with them */
};

static enum err left_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct left *left = list_add(ctx->arena, arg, sizeof(*left));

    if (left == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *left = (struct left){ .id = db_row_int(row, MEMBER_WORKSPACES_ID),
                           .uuid = db_row_uuid(row, MEMBER_WORKSPACES_UUID),
                           .personal = db_row_int(row, MEMBER_WORKSPACES_PERSONAL) != 0 };
    return ERR_OK;
}

static enum err tell_left(struct ctx *ctx, const struct list *list, int64_t user_id)
{
    event_skip(ctx, EVENT_WORKSPACE_DELETED);
    for (size_t i = 0; i < list->count; i++) {
        const struct left *left = (const struct left *)list->items + i;

        TRY(event_of_member(ctx, EVENT_MEMBER_LEFT, left->id, user_id));
        if (left->personal)
            TRY(event_add(ctx, &(struct event){
                                   .kind = EVENT_WORKSPACE_DELETED, .workspace_id = left->id, .subject = left->uuid }));
    }
    return ERR_OK;
}

enum err member_forget_user(struct ctx *ctx, int64_t user_id)
{
    const struct db_args user = DB_ARGS(DB_INT(user_id));
    const struct db_args marked = DB_ARGS(DB_INT(ctx->now_us), DB_INT(ctx->now_us), DB_INT(user_id));
    struct list left = { NULL, 0 };

    TRY(db_exec(ctx, SQL_WORKSPACE_LOSE_USER, marked, NULL));
    TRY(db_each(ctx, SQL_MEMBER_WORKSPACES, user, left_add, &left));
    TRY(db_exec(ctx, SQL_INVITATION_WITHDRAW_EVERYWHERE, user, NULL));
    TRY(db_exec(ctx, SQL_MENTIONS_DELETE_OF_USER, user, NULL));
    TRY(db_exec(ctx, SQL_REACTIONS_DELETE_OF_USER, user, NULL));
    for (size_t i = 0; i < left.count; i++)
        TRY(chat_row_delete_deserted(ctx, ((const struct left *)left.items)[i].id, user_id));
    TRY(db_exec(ctx, SQL_MEMBER_DELETE_EVERYWHERE, user, NULL));
    return tell_left(ctx, &left, user_id);
}
