#include "parley/domain/talk/chat.h"

#include <math.h>

#include "parley/core/limits.h"
#include "parley/db/db.h"

/* ---- who may do what ---- */

static bool has_role(const struct membership *m, int64_t user_id, const struct chat_ref *chat, enum chat_right right)
{
    switch (right) {
    case CHAT_SEE:
    case CHAT_READ: return true;
    case CHAT_WRITE: return m->role >= MEMBER_ROLE_MEMBER;
    case CHAT_MANAGE:
        return m->role >= MEMBER_ROLE_OWNER || (m->role >= MEMBER_ROLE_MEMBER && chat->created_by == user_id);
    }
    return false;
}

static enum err right_check(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct chat_ref *chat,
                            enum chat_right right)
{
    if (!chat->joined && chat->join == CHAT_JOIN_INVITE)
        return fail(ctx, ERR_CHAT_NOT_FOUND);
    if (!has_role(m, user_id, chat, right))
        return fail(ctx, ERR_FORBIDDEN);
    if (!chat->joined && (right == CHAT_READ || right == CHAT_WRITE))
        return fail(ctx, ERR_NOT_JOINED);
    return ERR_OK;
}

/* The columns of chat_ref, from `first` on. */
static void ref_fill(const struct db_row *row, int first, struct chat_ref *chat)
{
    chat->id = db_row_int(row, first);
    chat->join = (enum chat_join)db_row_int(row, first + 1);
    chat->created_by = db_row_int(row, first + 2);
    chat->last_seq = db_row_int(row, first + 3);
    chat->message_count = db_row_int(row, first + 4);
    chat->version = db_row_int(row, first + 5);
    chat->joined = chat->join == CHAT_JOIN_WORKSPACE || !db_row_is_null(row, first + 6);
}

static enum err ref_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    (void)ctx;
    ref_fill(row, 0, arg);
    return ERR_OK;
}

struct chat_access {
    const struct uuid *chat;
    struct membership m;
};

/* member_find's columns, then chat_ref's. */
static enum err access_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    enum { CHAT_COLUMNS = 4 };
    struct chat_access *access = arg;
    struct chat_ref *ref;

    member_fill(row, &access->m);
    if (db_row_is_null(row, CHAT_COLUMNS))
        return ERR_OK;
    ref = arena_calloc(ctx->arena, 1, sizeof(*ref));
    if (ref == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    ref->uuid = *access->chat;
    ref->workspace_id = access->m.workspace_id;
    ref_fill(row, CHAT_COLUMNS, ref);
    access->m.chat = ref;
    return ERR_OK;
}

enum err chat_access_load(struct ctx *ctx, const struct uuid *workspace, const struct uuid *chat, int64_t user_id,
                          struct membership *ret_membership)
{
    struct chat_access access = { .chat = chat, .m = { .workspace = *workspace } };
    enum err e = db_one(ctx, SQL_CHAT_ACCESS_LOAD, DB_ARGS(DB_INT(user_id), DB_UUID(chat), DB_UUID(workspace)),
                        access_read, &access);

    if (e == ERR_NOT_FOUND)
        return fail(ctx, ERR_WORKSPACE_NOT_FOUND);
    TRY(e);
    *ret_membership = access.m;
    return ERR_OK;
}

static enum err find_row(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct uuid *chat,
                         enum chat_right right, struct chat_ref *ret_chat)
{
    struct chat_ref found = { .uuid = *chat, .workspace_id = m->workspace_id };
    enum err e = db_one(ctx, SQL_CHAT_REF, DB_ARGS(DB_INT(user_id), DB_UUID(chat), DB_INT(m->workspace_id)), ref_read,
                        &found);

    if (e == ERR_NOT_FOUND)
        return fail(ctx, ERR_CHAT_NOT_FOUND);
    TRY(e);
    TRY(right_check(ctx, m, user_id, &found, right));
    *ret_chat = found;
    return ERR_OK;
}

enum err chat_require(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct uuid *chat,
                      enum chat_right right, struct chat_ref *ret_chat)
{
    if (m->chat == NULL || !uuid_eq(&m->chat->uuid, chat))
        return find_row(ctx, m, user_id, chat, right, ret_chat);
    TRY(right_check(ctx, m, user_id, m->chat, right));
    *ret_chat = *m->chat;
    return ERR_OK;
}

enum err chat_require_locked(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct uuid *chat,
                             enum chat_right right, struct chat_ref *ret_chat)
{
    int64_t id;
    enum err e = db_number(ctx, SQL_CHAT_LOCK, DB_ARGS(DB_UUID(chat), DB_INT(m->workspace_id)), &id);

    if (e == ERR_NOT_FOUND)
        return fail(ctx, ERR_CHAT_NOT_FOUND);
    TRY(e);
    return find_row(ctx, m, user_id, chat, right, ret_chat);
}

/* ---- reading ---- */

/* The SELECT list of chat_get, chat_history and chat_open_list. */
enum column {
    COLUMN_ID,
    COLUMN_UUID,
    COLUMN_TITLE,
    COLUMN_CREATED_BY,
    COLUMN_JOIN,
    COLUMN_ASSISTANT,
    COLUMN_PROVIDER,
    COLUMN_MODEL,
    COLUMN_SYSTEM_PROMPT,
    COLUMN_TEMPERATURE,
    COLUMN_MAX_TOKENS,
    COLUMN_MESSAGE_COUNT,
    COLUMN_JOINED,
    COLUMN_LAST_SEQ,
    COLUMN_ACTIVITY,
    COLUMN_VERSION,
    COLUMN_CREATED,
    COLUMN_UPDATED,
    COLUMN_LAST_UUID,
    COLUMN_LAST_MESSAGE_SEQ,
    COLUMN_LAST_IS_AI,
    COLUMN_LAST_CONTENT,
    COLUMN_LAST_CREATED,
    COLUMN_LAST_SENDER_NAME,
    COLUMN_SENDER_UUID,
    COLUMN_SENDER_FIRST_NAME,
    COLUMN_SENDER_LAST_NAME,
    COLUMN_SENDER_USERNAME,
    COLUMN_SENDER_KIND,
    COLUMN_SENDER_DELETED,
};

static const struct display_name_columns sender_columns = {
    .uuid = COLUMN_SENDER_UUID,
    .kind = COLUMN_SENDER_KIND,
    .first_name = COLUMN_SENDER_FIRST_NAME,
    .last_name = COLUMN_SENDER_LAST_NAME,
    .username = COLUMN_SENDER_USERNAME,
    .deleted = COLUMN_SENDER_DELETED,
    .sender_name = COLUMN_LAST_SENDER_NAME,
    .is_ai = COLUMN_LAST_IS_AI,
};

static enum err last_message_read(struct ctx *ctx, const struct db_row *row, struct chat_last_message **ret_message)
{
    struct chat_last_message *last = arena_alloc(ctx->arena, sizeof(*last));

    if (last == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *last = (struct chat_last_message){
        .uuid = db_row_uuid(row, COLUMN_LAST_UUID),
        .seq = db_row_int(row, COLUMN_LAST_MESSAGE_SEQ),
        .sender = display_name_sender(ctx, row, &sender_columns),
        .content = arena_str(ctx->arena, db_row_str(row, COLUMN_LAST_CONTENT)),
        .is_ai_response = db_row_int(row, COLUMN_LAST_IS_AI) != 0,
        .created_us = db_row_int(row, COLUMN_LAST_CREATED),
    };
    *ret_message = last;
    return arena_check(ctx->arena);
}

static void settings_read(struct ctx *ctx, const struct db_row *row, struct chat *chat)
{
    bool has_temperature = !db_row_is_null(row, COLUMN_TEMPERATURE);
    bool has_max_tokens = !db_row_is_null(row, COLUMN_MAX_TOKENS);

    chat->join = (enum chat_join)db_row_int(row, COLUMN_JOIN);
    chat->assistant = (enum chat_assistant)db_row_int(row, COLUMN_ASSISTANT);
    chat->provider = arena_str(ctx->arena, db_row_str(row, COLUMN_PROVIDER));
    chat->model = arena_str(ctx->arena, db_row_str(row, COLUMN_MODEL));
    chat->system_prompt = arena_str(ctx->arena, db_row_str(row, COLUMN_SYSTEM_PROMPT));
    chat->temperature = has_temperature ? db_row_real(row, COLUMN_TEMPERATURE) : (double)NAN;
    chat->max_tokens = has_max_tokens ? db_row_int(row, COLUMN_MAX_TOKENS) : INT64_MIN;
}

enum err chat_read(struct ctx *ctx, const struct db_row *row, const struct membership *m, struct chat *ret_chat)
{
    *ret_chat = (struct chat){
        .id = db_row_int(row, COLUMN_ID),
        .uuid = db_row_uuid(row, COLUMN_UUID),
        .workspace = m->workspace,
        .title = arena_str(ctx->arena, db_row_str(row, COLUMN_TITLE)),
        .created_by = db_row_uuid(row, COLUMN_CREATED_BY),
        .message_count = db_row_int(row, COLUMN_MESSAGE_COUNT),
        .last_seq = db_row_int(row, COLUMN_LAST_SEQ),
        .joined = db_row_int(row, COLUMN_JOINED) != 0,
        .activity_us = db_row_int(row, COLUMN_ACTIVITY),
        .version = db_row_int(row, COLUMN_VERSION),
        .created_us = db_row_int(row, COLUMN_CREATED),
        .updated_us = db_row_int(row, COLUMN_UPDATED),
    };
    settings_read(ctx, row, ret_chat);
    if (ret_chat->joined && !db_row_is_null(row, COLUMN_LAST_UUID))
        TRY(last_message_read(ctx, row, &ret_chat->last_message));
    return arena_check(ctx->arena);
}

struct get_call {
    const struct membership *m;
    int64_t user_id;
    struct uuid uuid;
    struct chat chat;
};

static enum err get_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct get_call *get = arg;

    return chat_read(ctx, row, get->m, &get->chat);
}

enum err chat_get(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct uuid *chat,
                  struct chat *ret_chat)
{
    struct get_call get = { .m = m };
    enum err e = db_one(ctx, SQL_CHAT_GET,
                        DB_ARGS(DB_INT(CHAT_PREVIEW_CHARS), DB_INT(user_id), DB_UUID(chat), DB_INT(m->workspace_id)),
                        get_read, &get);

    if (e == ERR_NOT_FOUND || (e == ERR_OK && get.chat.join == CHAT_JOIN_INVITE && !get.chat.joined))
        return fail(ctx, ERR_CHAT_NOT_FOUND);
    TRY(e);
    *ret_chat = get.chat;
    return ERR_OK;
}
