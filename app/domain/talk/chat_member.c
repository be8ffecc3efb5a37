#include "parley/domain/talk/chat_member.h"
#include "parley/domain/talk/chat_state.h"

#include "parley/db/db.h"
#include "parley/domain/events/event.h"
#include "parley/domain/events/event_row.h"
#include "parley/domain/workspaces/chat_row.h"
#include "parley/domain/workspaces/workspace.h"
#include "parley/domain/workspaces/workspace_row.h"

/* What stands below the chats says their join modes by numbers of its own. */
_Static_assert((int)EVENT_JOIN_WORKSPACE == (int)CHAT_JOIN_WORKSPACE && (int)EVENT_JOIN_OPEN == (int)CHAT_JOIN_OPEN &&
                   (int)EVENT_JOIN_INVITE == (int)CHAT_JOIN_INVITE,
               "they agree");

/* What one of the changes works on. */
struct change {
    const struct membership *m;
    int64_t user_id; /* the caller */
    struct uuid chat;
    struct uuid member; /* who is put in or taken out */
    struct chat joined;
    struct member put;
};

/* ---- the list ---- */

struct listing {
    const struct change *change;
    const struct member_range *range;
    struct list list;
};

static enum err listing_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct listing *listing = arg;
    struct member *added = list_add(ctx->arena, &listing->list, sizeof(*added));

    if (added == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    return member_read(ctx, row, listing->change->m->role, added);
}

static enum err list_members(struct ctx *ctx, struct listing *listing)
{
    const struct change *asked = listing->change;
    struct chat_ref ref;

    listing->list = (struct list){ NULL, 0 };
    TRY(chat_require(ctx, asked->m, asked->user_id, &asked->chat, CHAT_SEE, &ref));
    if (ref.join == CHAT_JOIN_WORKSPACE)
        return member_list(ctx, asked->m, listing->range, &listing->list);
    return db_each(ctx, SQL_CHAT_MEMBER_LIST,
                   DB_ARGS(DB_INT(ref.id), DB_INT(listing->range->after_id), DB_INT(ref.workspace_id),
                           DB_INT(listing->range->limit)),
                   listing_add, listing);
}

enum err chat_member_list(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct uuid *chat,
                          const struct member_range *range, struct list *ret_list)
{
    const struct change asked = { .m = m, .user_id = user_id, .chat = *chat };
    struct listing listing = { .change = &asked, .range = range };

    TRY(list_members(ctx, &listing));
    *ret_list = listing.list;
    return ERR_OK;
}

/* ---- changes ---- */

/*
 * Both locks, in their order, and the chat for a caller with that right: of an invite-only chat whose last members go out
 * of it and out of the workspace at once, one has to see that the other is gone.
 */
static enum err change_begin(struct ctx *ctx, const struct change *change, enum chat_right right,
                             struct chat_ref *ret_ref)
{
    int64_t member_count;

    TRY(workspace_row_lock(ctx, change->m->workspace_id, &member_count));
    return chat_require_locked(ctx, change->m, change->user_id, &change->chat, right, ret_ref);
}

static enum err row_insert(struct ctx *ctx, int64_t workspace_id, int64_t chat_id, int64_t user_id, bool *ret_is_new)
{
    enum err e = db_exec(ctx, SQL_CHAT_MEMBER_INSERT,
                         DB_ARGS(DB_INT(chat_id), DB_INT(user_id), DB_INT(workspace_id), DB_INT(ctx->now_us)), NULL);

    *ret_is_new = e == ERR_OK;
    if (e == ERR_CONFLICT)
        return ERR_OK;
    TRY(e);
    return event_add(
        ctx, &(struct event){
                 .kind = EVENT_MEMBER_JOINED, .workspace_id = workspace_id, .chat_id = chat_id, .user_id = user_id });
}

enum err chat_member_add(struct ctx *ctx, int64_t workspace_id, int64_t chat_id, int64_t user_id)
{
    bool is_new;

    return row_insert(ctx, workspace_id, chat_id, user_id, &is_new);
}

enum err chat_member_come(struct ctx *ctx, int64_t workspace_id, const struct chat_ref *chat, int64_t user_id)
{
    const struct chat_ref here = { .id = chat->id, .workspace_id = workspace_id };
    bool is_new;

    TRY(row_insert(ctx, workspace_id, chat->id, user_id, &is_new));
    return is_new ? chat_state_read_along(ctx, &here, user_id, chat->last_seq) : ERR_OK;
}

/* Under the chat's lock. Who is in a chat is part of its version: access_cache.h. */
static enum err chat_touch(struct ctx *ctx, const struct chat_ref *ref)
{
    return db_exec(ctx, SQL_CHAT_TOUCH, DB_ARGS(DB_INT(ctx->now_us), DB_INT(ref->id), DB_INT(ref->workspace_id)), NULL);
}

static enum err join(struct ctx *ctx, void *arg)
{
    struct change *change = arg;
    struct chat_ref ref;

    TRY(chat_require_locked(ctx, change->m, change->user_id, &change->chat, CHAT_SEE, &ref));
    TRY(chat_require_plain(ctx, &ref));
    if (ref.join != CHAT_JOIN_OPEN)
        return fail(ctx, ERR_NOT_JOINABLE);
    TRY(chat_member_come(ctx, ref.workspace_id, &ref, change->user_id));
    TRY(chat_touch(ctx, &ref));
    return chat_get(ctx, change->m, change->user_id, &change->chat, &change->joined);
}

enum err chat_member_join(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct uuid *chat,
                          struct chat *ret_chat)
{
    struct change change = { .m = m, .user_id = user_id, .chat = *chat };

    TRY(db_run(ctx, join, &change));
    *ret_chat = change.joined;
    return ERR_OK;
}

static enum err put(struct ctx *ctx, void *arg)
{
    struct change *change = arg;
    struct chat_ref ref;
    int64_t member_id;

    TRY(change_begin(ctx, change, CHAT_MANAGE, &ref));
    TRY(chat_require_plain(ctx, &ref));
    if (ref.join == CHAT_JOIN_WORKSPACE)
        return failf(ctx, ERR_NOT_JOINABLE, "Everyone in the workspace is in this chat");
    TRY(member_get(ctx, change->m, &change->member, &change->put, &member_id));
    TRY(chat_member_come(ctx, ref.workspace_id, &ref, member_id));
    return chat_touch(ctx, &ref);
}

enum err chat_member_put(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct uuid *chat,
                         const struct uuid *member, struct member *ret_member)
{
    struct change change = { .m = m, .user_id = user_id, .chat = *chat, .member = *member };

    TRY(db_run(ctx, put, &change));
    *ret_member = change.put;
    return ERR_OK;
}

/* An invite-only chat without members could never be found again. */
static enum err end_if_deserted(struct ctx *ctx, const struct chat_ref *ref)
{
    int64_t other;
    enum err e;

    if (ref->join != CHAT_JOIN_INVITE)
        return ERR_OK;
    e = db_number(ctx, SQL_CHAT_MEMBER_ANY, DB_ARGS(DB_INT(ref->id), DB_INT(ref->workspace_id)), &other);
    if (e != ERR_NOT_FOUND)
        return e;
    return chat_row_delete(ctx, &(struct chat_row){ ref->workspace_id, ref->id, ref->uuid, (int)ref->join });
}

static enum err take_out(struct ctx *ctx, void *arg)
{
    struct change *change = arg;
    struct member member;
    struct chat_ref ref;
    int64_t member_id;
    int64_t count = 0;

    TRY(change_begin(ctx, change, CHAT_SEE, &ref));
    TRY(chat_require_plain(ctx, &ref));
    if (ref.join == CHAT_JOIN_WORKSPACE)
        return failf(ctx, ERR_NOT_JOINABLE, "Everyone in the workspace is in this chat");
    TRY(member_get(ctx, change->m, &change->member, &member, &member_id));
    if (member_id != change->user_id)
        TRY(chat_require_held(ctx, change->m, change->user_id, &change->chat, CHAT_MANAGE, &ref));
    TRY(db_exec(ctx, SQL_CHAT_MEMBER_DELETE, DB_ARGS(DB_INT(ref.id), DB_INT(member_id), DB_INT(ref.workspace_id)),
                &count));
    if (count == 0)
        return failf(ctx, ERR_MEMBER_NOT_FOUND, "User is not a member of this chat");
    TRY(chat_state_forget(ctx, &ref, member_id));
    TRY(chat_touch(ctx, &ref));
    TRY(event_add(ctx, &(struct event){ .kind = EVENT_MEMBER_LEFT,
                                        .workspace_id = ref.workspace_id,
                                        .chat_id = ref.id,
                                        .user_id = member_id }));
    return end_if_deserted(ctx, &ref);
}

enum err chat_member_remove(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct uuid *chat,
                            const struct uuid *member)
{
    struct change change = { .m = m, .user_id = user_id, .chat = *chat, .member = *member };

    return db_run(ctx, take_out, &change);
}
