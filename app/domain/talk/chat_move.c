#include "parley/domain/talk/chat_move.h"

#include "parley/core/limits.h"
#include "parley/core/list.h"
#include "parley/db/db.h"
#include "parley/domain/events/event.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/talk/chat_member.h"
#include "parley/domain/talk/chat_state.h"
#include "parley/domain/talk/message_index.h"
#include "parley/domain/workspaces/chat_row.h"

/* Messages changed by one statement; how often the members are looked at again. */
enum { MOVE_BATCH = 1000, MOVE_TRIES = 3 };

struct move_call {
    const struct chat_move_opts *opts;
    struct membership to;
    struct chat chat;
};

static enum err target_check(struct ctx *ctx, struct move_call *call)
{
    const struct principal *principal = call->opts->principal;

    if (!principal_may_enter(principal, &call->opts->to))
        return fail(ctx, ERR_WORKSPACE_NOT_FOUND);
    TRY(member_find(ctx, &call->opts->to, principal->user_id, &call->to));
    if (call->to.require_2fa && !principal->twofa_enabled)
        return fail(ctx, ERR_SECOND_FACTOR);
    return member_require(ctx, &call->to, principal->user_id, MEMBER_ROLE_MEMBER);
}

/* What hangs on messages before these, by whose workspace it is found. */
static const enum sql pieces[] = {
    SQL_CHAT_MOVE_ATTACHMENTS, SQL_MENTIONS_MOVE,      SQL_NOTICES_MOVE, SQL_REACTIONS_MOVE,        SQL_PINS_MOVE,
    SQL_FORWARDS_MOVE,         SQL_SAVED_LEAVE_BEHIND, SQL_SAVED_MOVE,   SQL_MESSAGE_VERSIONS_MOVE, SQL_CHAT_GAPS_MOVE,
    SQL_ALTERNATIVES_MOVE,     SQL_CHAT_MOVE_MESSAGES,
};

static enum err move_piece(struct ctx *ctx, const struct chat_ref *ref, int64_t to_id, int64_t after)
{
    const struct db_value chat = DB_INT(ref->id), workspace = DB_INT(ref->workspace_id), from = DB_INT(after),
                          end = DB_INT(after + MOVE_BATCH);

    TRY(message_index_add_found(ctx, SQL_INDEX_QUEUE_ADD_TO_SEQ, DB_ARGS(chat, workspace, from, end)));
    for (size_t i = 0; i < COUNT_OF(pieces); i++)
        TRY(db_exec(ctx, pieces[i], DB_ARGS(DB_INT(to_id), chat, workspace, from, end), NULL));
    return ERR_OK;
}

/* ERR_BUSY: somebody who keeps a message of it has left the other workspace since the members were looked at. */
static enum err move_messages(struct ctx *ctx, const struct chat_ref *ref, int64_t to_id)
{
    for (int64_t after = 0; after < ref->last_seq; after += MOVE_BATCH) {
        enum err e = move_piece(ctx, ref, to_id, after);

        if (e != ERR_OK)
            return e == ERR_NOT_FOUND ? fail(ctx, ERR_BUSY) : e;
    }
    return ERR_OK;
}

static enum err leave_behind(struct ctx *ctx, const struct chat_ref *ref, int64_t to_id)
{
    const struct db_args args = DB_ARGS(DB_INT(ref->id), DB_INT(ref->workspace_id), DB_INT(to_id));
    struct list users = { NULL, 0 };

    TRY(db_ids(ctx, SQL_CHAT_MEMBERS_LEFT_BEHIND, args, &users));
    TRY(db_exec(ctx, SQL_CHAT_MEMBER_LEAVE_BEHIND, args, NULL));
    for (size_t i = 0; i < users.count; i++)
        TRY(event_add(ctx, &(struct event){ .kind = EVENT_MEMBER_LEFT,
                                            .workspace_id = ref->workspace_id,
                                            .chat_id = ref->id,
                                            .user_id = ((const int64_t *)users.items)[i] }));
    event_skip(ctx, EVENT_MEMBER_LEFT);
    return ERR_OK;
}

/* ERR_NOT_FOUND: somebody who was to go along has left the other workspace between the two statements. */
static enum err take_along(struct ctx *ctx, const struct chat_ref *ref, int64_t to_id)
{
    const struct db_args leave = DB_ARGS(DB_INT(ref->id), DB_INT(ref->workspace_id), DB_INT(to_id));
    const struct db_args go = DB_ARGS(DB_INT(to_id), DB_INT(ref->id), DB_INT(ref->workspace_id));

    TRY(leave_behind(ctx, ref, to_id));
    TRY(db_exec(ctx, SQL_CHAT_STATES_LEAVE_BEHIND, leave, NULL));
    TRY(db_exec(ctx, SQL_WEBHOOKS_LEAVE_BEHIND, leave, NULL));
    TRY(db_exec(ctx, SQL_CHAT_MEMBER_MOVE, go, NULL));
    TRY(db_exec(ctx, SQL_WEBHOOKS_MOVE, go, NULL));
    return db_exec(ctx, SQL_CHAT_STATES_MOVE, go, NULL);
}

static enum err move_members(struct ctx *ctx, const struct chat_ref *ref, int64_t to_id, int64_t user_id)
{
    enum err e = ERR_NOT_FOUND;

    for (int i = 0; i < MOVE_TRIES && e == ERR_NOT_FOUND; i++)
        e = take_along(ctx, ref, to_id);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? fail(ctx, ERR_BUSY) : e;
    if (ref->join == CHAT_JOIN_WORKSPACE)
        return chat_states_move(ctx, ref, to_id);
    return chat_member_come(ctx, to_id, ref, user_id);
}

static enum err move_all(struct ctx *ctx, const struct move_call *call, const struct chat_ref *ref)
{
    int64_t to_id = call->to.workspace_id;

    if (ref->last_seq > CHAT_MOVE_MESSAGES_MAX)
        return failf(ctx, ERR_LIMIT, "A chat with more than %d messages cannot be moved", CHAT_MOVE_MESSAGES_MAX);
    TRY(db_exec(ctx, SQL_CHAT_MOVE,
                DB_ARGS(DB_INT(to_id), DB_INT(ctx->now_us), DB_INT(ref->id), DB_INT(ref->workspace_id)), NULL));
    TRY(chat_row_tell(ctx, EVENT_CHAT_DELETED,
                      &(struct chat_row){ ref->workspace_id, ref->id, ref->uuid, (int)ref->join }));
    TRY(move_members(ctx, ref, to_id, call->opts->principal->user_id));
    TRY(chat_row_tell(ctx, EVENT_CHAT_CREATED, &(struct chat_row){ to_id, ref->id, ref->uuid, (int)ref->join }));
    TRY(move_messages(ctx, ref, to_id));
    return audit_add(
        ctx, &(struct audit_entry){ .action = AUDIT_CHAT_MOVED,
                                    .target_kind = AUDIT_ON_CHAT,
                                    .target = ref->uuid,
                                    .details = AUDIT_DETAILS(AUDIT_UUID("from_workspace", &call->opts->from->workspace),
                                                             AUDIT_UUID("to_workspace", &call->to.workspace)) });
}

static enum err move(struct ctx *ctx, void *arg)
{
    struct move_call *call = arg;
    const struct chat_move_opts *opts = call->opts;
    int64_t user_id = opts->principal->user_id;
    struct chat_ref ref;

    TRY(chat_require_locked(ctx, opts->from, user_id, &opts->chat, CHAT_MANAGE, &ref));
    TRY(chat_require_plain(ctx, &ref));
    TRY(target_check(ctx, call));
    if (call->to.workspace_id != ref.workspace_id)
        TRY(move_all(ctx, call, &ref));
    return chat_get(ctx, &call->to, user_id, &opts->chat, &call->chat);
}

enum err chat_move(struct ctx *ctx, const struct chat_move_opts *opts, struct chat *ret_chat)
{
    struct move_call call = { .opts = opts };

    TRY(db_run(ctx, move, &call));
    *ret_chat = call.chat;
    return ERR_OK;
}
