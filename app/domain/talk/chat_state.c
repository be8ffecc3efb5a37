#include "parley/domain/talk/chat_state.h"

#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/events/event.h"
#include "parley/domain/talk/chat_people.h"

/* ---- reading ---- */

static enum err one_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    chat_own_read(ctx, row, db_row_int(row, CHAT_STATE_GET_LAST_SEQ), arg);
    chat_since_read(row, CHAT_STATE_GET_CHAT_SINCE, arg);
    return arena_check(ctx->arena);
}

enum err chat_state_get(struct ctx *ctx, const struct chat_ref *chat, struct chat_own *ret_state)
{
    struct chat_own state;
    enum err e = db_one(ctx, SQL_CHAT_STATE_GET,
                        DB_ARGS(DB_INT(chat->user_id), DB_INT(chat->id), DB_INT(chat->workspace_id)), one_read, &state);

    if (e == ERR_NOT_FOUND)
        return fail(ctx, ERR_CHAT_NOT_FOUND);
    TRY(e);
    state.chat = chat->uuid;
    state.id = chat->id;
    *ret_state = state;
    return ERR_OK;
}

static enum err unread_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct chat_own *added = list_add(ctx->arena, arg, sizeof(*added));

    if (added == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    chat_own_read(ctx, row, db_row_int(row, CHAT_UNREAD_LIST_LAST_SEQ), added);
    chat_since_read(row, CHAT_UNREAD_LIST_CHAT_SINCE, added);
    added->chat = db_row_uuid(row, CHAT_UNREAD_LIST_UUID);
    added->id = db_row_int(row, CHAT_UNREAD_LIST_ID);
    return arena_check(ctx->arena);
}

enum err chat_unread_list(struct ctx *ctx, const struct membership *m, const struct chat_unread_opts *opts,
                          struct list *ret_list)
{
    struct list list = { NULL, 0 };

    TRY(db_each(ctx, SQL_CHAT_UNREAD_LIST,
                DB_ARGS(DB_INT(opts->user_id), DB_INT(m->workspace_id), DB_INT(opts->after_id), DB_INT(opts->limit)),
                unread_add, &list));
    *ret_list = list;
    return ERR_OK;
}

/* A row of either statement. */
_Static_assert((int)CHAT_MARKS_OF_WORKSPACE_UUID == (int)CHAT_MARKS_OF_CHAT_UUID &&
                   (int)CHAT_MARKS_OF_WORKSPACE_READ_SEQ == (int)CHAT_MARKS_OF_CHAT_READ_SEQ,
               "place_add reads both");

static enum err place_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct chat_read_place *added = list_add(ctx->arena, arg, sizeof(*added));

    if (added == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    added->user = db_row_uuid(row, CHAT_MARKS_OF_CHAT_UUID);
    added->read_seq = db_row_int(row, CHAT_MARKS_OF_CHAT_READ_SEQ);
    return ERR_OK;
}

enum err chat_read_list(struct ctx *ctx, const struct chat_ref *chat, const struct principal *principal,
                        struct list *ret_list)
{
    enum sql statement = chat->join == CHAT_JOIN_WORKSPACE ? SQL_CHAT_MARKS_OF_WORKSPACE : SQL_CHAT_MARKS_OF_CHAT;
    struct list list = { NULL, 0 };
    struct chat_read_place *own;
    struct chat_own state;

    TRY(db_each(ctx, statement, DB_ARGS(DB_INT(chat->id), DB_INT(chat->workspace_id), DB_INT(READ_MEMBERS_MAX + 1)),
                place_add, &list));
    if (list.count > READ_MEMBERS_MAX) {
        TRY(chat_state_get(ctx, chat, &state));
        own = list.items;
        *own = (struct chat_read_place){ .user = principal->user, .read_seq = state.read_seq };
        list.count = 1;
    }
    *ret_list = list;
    return ERR_OK;
}

static enum err row_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct chat_own *state = arg;

    *state = (struct chat_own){
        .read_seq = db_row_int(row, CHAT_STATE_ROW_READ_SEQ),
        .notify = (int)db_row_int(row, CHAT_STATE_ROW_NOTIFY),
        .starred = db_row_int(row, CHAT_STATE_ROW_STARRED) != 0,
        .draft = arena_str(ctx->arena, db_row_str(row, CHAT_STATE_ROW_DRAFT)),
    };
    return arena_check(ctx->arena);
}

enum err chat_state_row_get(struct ctx *ctx, const struct chat_state_key *key, struct chat_own *ret_state)
{
    return db_one(ctx, SQL_CHAT_STATE_ROW,
                  DB_ARGS(DB_INT(key->workspace_id), DB_INT(key->user_id), DB_INT(key->chat_id)), row_read, ret_state);
}

/* ---- changing ---- */

struct change_call {
    const struct chat_target *target;
    const struct chat_state_change *change; /* NULL: the mark */
    int64_t seq;
    enum chat_mark mark;
    struct chat_own state;
};

/* user_id: for whom it is; 0: for all in the chat. The actor is whose state it is. */
static enum err tell(struct ctx *ctx, enum event_kind kind, const struct chat_ref *chat, int64_t user_id,
                     int64_t read_seq)
{
    return event_add(ctx, &(struct event){ .kind = kind,
                                           .workspace_id = chat->workspace_id,
                                           .chat_id = chat->id,
                                           .user_id = user_id,
                                           .actor_id = chat->user_id,
                                           .detail = event_number(ctx, read_seq) });
}

static enum err is_small(struct ctx *ctx, const struct chat_ref *chat, bool *ret_is_small)
{
    struct list people;
    enum err e = chat_people_list(ctx, chat, READ_MEMBERS_MAX, &people);

    *ret_is_small = e == ERR_OK;
    return e == ERR_LIMIT ? ERR_OK : e;
}

/* Where the mark is now. */
static enum err tell_read(struct ctx *ctx, const struct chat_ref *chat, int64_t read_seq)
{
    bool small;

    TRY(is_small(ctx, chat, &small));
    return tell(ctx, EVENT_READ, chat, small ? 0 : chat->user_id, read_seq);
}

static enum err state_write(struct ctx *ctx, const struct chat_ref *chat, const struct chat_own *state)
{
    TRY(db_exec(ctx, SQL_CHAT_STATE_SET,
                DB_ARGS(DB_INT(state->read_seq), DB_INT(state->notify), DB_INT(state->starred), DB_TEXT(state->draft),
                        DB_INT(ctx->now_us), DB_INT(chat->workspace_id), DB_INT(chat->user_id), DB_INT(chat->id)),
                NULL));
    return tell(ctx, EVENT_STATE, chat, chat->user_id, state->read_seq);
}

/* Whoever is taken out of the chat meanwhile waits for this, and takes the row along; or there will be none. */
static enum err chat_hold(struct ctx *ctx, const struct change_call *call, struct chat_ref *ret_chat)
{
    const struct chat_target *target = call->target;

    return chat_require_held(ctx, target->m, target->user_id, &target->chat, CHAT_READ, ret_chat);
}

/* The row's lock, so that two devices that change different fields lose neither; what it says is read behind it. */
static enum err state_lock(struct ctx *ctx, const struct chat_ref *chat, struct chat_own *ret_state)
{
    TRY(db_exec(ctx, SQL_CHAT_STATE_LOCK,
                DB_ARGS(DB_INT(chat->workspace_id), DB_INT(chat->user_id), DB_INT(chat->id), DB_INT(ctx->now_us)),
                NULL));
    return chat_state_get(ctx, chat, ret_state);
}

static enum err put(struct ctx *ctx, void *arg)
{
    struct change_call *call = arg;
    const struct chat_state_change *change = call->change;
    struct chat_own *state = &call->state;
    struct chat_ref chat;

    TRY(chat_hold(ctx, call, &chat));
    TRY(state_lock(ctx, &chat, state));
    if (change->fields & CHAT_STATE_NOTIFY)
        state->notify = change->notify;
    if (change->fields & CHAT_STATE_STARRED)
        state->starred = change->starred;
    if (change->fields & CHAT_STATE_DRAFT)
        state->draft = change->draft.len > 0 ? change->draft : (struct str){ NULL, 0 };
    return state_write(ctx, &chat, state);
}

enum err chat_state_put(struct ctx *ctx, const struct chat_target *target, const struct chat_state_change *change,
                        struct chat_own *ret_state)
{
    struct change_call call = { .target = target, .change = change };

    TRY(db_run(ctx, put, &call));
    *ret_state = call.state;
    return ERR_OK;
}

static enum err mark_up(struct ctx *ctx, enum sql statement, const struct chat_ref *chat, int64_t user_id, int64_t seq)
{
    return db_exec(
        ctx, statement,
        DB_ARGS(DB_INT(chat->workspace_id), DB_INT(user_id), DB_INT(chat->id), DB_INT(seq), DB_INT(ctx->now_us)), NULL);
}

/* Where the mark is to stand. */
static int64_t mark_seq(const struct change_call *call)
{
    int64_t seq = call->mark == CHAT_MARK_UNREAD ? call->seq - 1 : call->seq;

    return seq < call->state.last_seq ? seq : call->state.last_seq;
}

static bool mark_moves(const struct change_call *call)
{
    int64_t seq = mark_seq(call), read_seq = call->state.read_seq;

    return call->mark == CHAT_MARK_UNREAD ? seq < read_seq : seq > read_seq;
}

/* Another device may have moved it before the row was locked. */
static enum err mark_back(struct ctx *ctx, const struct chat_ref *chat, struct change_call *call)
{
    TRY(state_lock(ctx, chat, &call->state));
    if (!mark_moves(call))
        return ERR_OK;
    call->state.read_seq = mark_seq(call);
    TRY(state_write(ctx, chat, &call->state));
    TRY(tell_read(ctx, chat, call->state.read_seq));
    return chat_state_get(ctx, chat, &call->state);
}

/* Behind the row's lock the mark may stand further on, and whoever moved it there has told so: to tell less goes back. */
static enum err mark_on(struct ctx *ctx, const struct chat_ref *chat, struct change_call *call)
{
    int64_t seq = mark_seq(call);

    TRY(mark_up(ctx, SQL_CHAT_STATE_READ, chat, chat->user_id, seq));
    TRY(chat_state_get(ctx, chat, &call->state));
    return call->state.read_seq == seq ? tell_read(ctx, chat, seq) : ERR_OK;
}

static enum err mark(struct ctx *ctx, void *arg)
{
    struct change_call *call = arg;
    struct chat_ref chat;

    TRY(chat_hold(ctx, call, &chat));
    TRY(chat_state_get(ctx, &chat, &call->state));
    if (!mark_moves(call))
        return ERR_OK;
    return call->mark == CHAT_MARK_UNREAD ? mark_back(ctx, &chat, call) : mark_on(ctx, &chat, call);
}

enum err chat_state_mark(struct ctx *ctx, const struct chat_target *target, int64_t seq, enum chat_mark kind,
                         struct chat_own *ret_state)
{
    struct change_call call = { .target = target, .seq = seq, .mark = kind };

    TRY(db_run(ctx, mark, &call));
    *ret_state = call.state;
    return ERR_OK;
}

/* ---- for other parts of the domain ---- */

enum err chat_state_read_along(struct ctx *ctx, const struct chat_ref *chat, int64_t user_id, int64_t seq)
{
    const struct db_value mark = DB_INT(seq), now = DB_INT(ctx->now_us);
    int64_t count;

    if (seq == 0)
        return ERR_OK;
    TRY(db_exec(ctx, SQL_CHAT_STATE_READ_ALONG,
                DB_ARGS(mark, now, mark, mark, DB_INT(chat->workspace_id), DB_INT(user_id), DB_INT(chat->id)), &count));
    return count > 0 ? ERR_OK : mark_up(ctx, SQL_CHAT_STATE_BEGIN, chat, user_id, seq);
}

/* before: the chat, or the workspace, in which they were who are no newcomers. */
static enum err newcomers_begin(struct ctx *ctx, enum sql statement, const struct chat_ref *chat, int64_t workspace_id,
                                int64_t before)
{
    if (chat->last_seq == 0)
        return ERR_OK;
    return db_exec(
        ctx, statement,
        DB_ARGS(DB_INT(chat->id), DB_INT(chat->last_seq), DB_INT(ctx->now_us), DB_INT(workspace_id), DB_INT(before)),
        NULL);
}

enum err chat_states_open(struct ctx *ctx, const struct chat_ref *chat)
{
    return newcomers_begin(ctx, SQL_CHAT_STATES_OF_OPENED, chat, chat->workspace_id, chat->id);
}

enum err chat_states_move(struct ctx *ctx, const struct chat_ref *chat, int64_t to_id)
{
    return newcomers_begin(ctx, SQL_CHAT_STATES_OF_MOVED, chat, to_id, chat->workspace_id);
}

enum err chat_states_shut(struct ctx *ctx, const struct chat_ref *chat)
{
    return db_exec(ctx, SQL_CHAT_STATES_OF_SHUT, DB_ARGS(DB_INT(chat->id), DB_INT(chat->workspace_id)), NULL);
}

enum err chat_state_forget(struct ctx *ctx, const struct chat_ref *chat, int64_t user_id)
{
    return db_exec(ctx, SQL_CHAT_STATE_DELETE, DB_ARGS(DB_INT(chat->workspace_id), DB_INT(user_id), DB_INT(chat->id)),
                   NULL);
}
