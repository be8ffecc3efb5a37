#include "parley/domain/talk/chat.h"

#include <math.h>
#include <string.h>

#include "chat_since.h"
#include "message_author.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"

/* ---- who may do what ---- */

static bool has_role(int64_t user_id, const struct chat_ref *chat, enum chat_right right)
{
    switch (right) {
    case CHAT_SEE:
    case CHAT_READ: return true;
    case CHAT_WRITE: return chat->role >= MEMBER_ROLE_MEMBER;
    case CHAT_PUT_AWAY:
        if (chat->kind == CHAT_KIND_DIRECT)
            return chat->role >= MEMBER_ROLE_MEMBER;
        break;
    case CHAT_MANAGE: break;
    }
    return chat->role >= MEMBER_ROLE_OWNER || (chat->role >= MEMBER_ROLE_MEMBER && chat->created_by == user_id);
}

static enum err right_check(struct ctx *ctx, int64_t user_id, const struct chat_ref *chat, enum chat_right right)
{
    if (!chat->joined && chat->join == CHAT_JOIN_INVITE)
        return fail(ctx, ERR_CHAT_NOT_FOUND);
    if (!has_role(user_id, chat, right))
        return fail(ctx, ERR_FORBIDDEN);
    if (!chat->joined && (right == CHAT_READ || right == CHAT_WRITE))
        return fail(ctx, ERR_NOT_JOINED);
    return right == CHAT_WRITE ? chat_require_unarchived(ctx, chat) : ERR_OK;
}

/* The columns of {chat_ref}, from `first` on. */
static void ref_fill(const struct db_row *row, int first, struct chat_ref *chat)
{
    chat->id = db_row_int(row, first + CHAT_REF_ID);
    chat->kind = (enum chat_kind)db_row_int(row, first + CHAT_REF_KIND);
    chat->join = (enum chat_join)db_row_int(row, first + CHAT_REF_JOIN_MODE);
    chat->created_by = db_row_int(row, first + CHAT_REF_CREATED_BY);
    chat->last_seq = db_row_int(row, first + CHAT_REF_LAST_SEQ);
    chat->message_count = db_row_int(row, first + CHAT_REF_MESSAGE_COUNT);
    chat->version = db_row_int(row, first + CHAT_REF_VERSION);
    chat->assistant = (enum chat_assistant)db_row_int(row, first + CHAT_REF_ASSISTANT);
    chat->archived = !db_row_is_null(row, first + CHAT_REF_ARCHIVED_US);
    chat->joined = chat->join == CHAT_JOIN_WORKSPACE || !db_row_is_null(row, first + CHAT_REF_JOINED_ID);
}

static enum err ref_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    (void)ctx;
    ref_fill(row, 0, arg);
    return ERR_OK;
}

struct chat_access {
    const struct uuid *chat;
    int64_t user_id;
    struct membership m;
};

static enum err access_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct chat_access *access = arg;
    struct chat_ref *ref;

    member_fill(row, &access->m);
    if (db_row_is_null(row, CHAT_ACCESS_LOAD_CHAT_REF + CHAT_REF_ID))
        return ERR_OK;
    ref = arena_calloc(ctx->arena, 1, sizeof(*ref));
    if (ref == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    ref->uuid = *access->chat;
    ref->workspace_id = access->m.workspace_id;
    ref->user_id = access->user_id;
    ref->role = access->m.role;
    ref_fill(row, CHAT_ACCESS_LOAD_CHAT_REF, ref);
    access->m.chat = ref;
    return ERR_OK;
}

enum err chat_access_load(struct ctx *ctx, const struct uuid *workspace, const struct uuid *chat, int64_t user_id,
                          struct membership *ret_membership)
{
    struct chat_access access = { .chat = chat, .user_id = user_id, .m = { .workspace = *workspace } };
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
    struct chat_ref found = { .uuid = *chat, .workspace_id = m->workspace_id, .user_id = user_id, .role = m->role };
    enum err e = db_one(ctx, SQL_CHAT_REF, DB_ARGS(DB_INT(user_id), DB_UUID(chat), DB_INT(m->workspace_id)), ref_read,
                        &found);

    if (e == ERR_NOT_FOUND)
        return fail(ctx, ERR_CHAT_NOT_FOUND);
    TRY(e);
    TRY(right_check(ctx, user_id, &found, right));
    *ret_chat = found;
    return ERR_OK;
}

enum err chat_require(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct uuid *chat,
                      enum chat_right right, struct chat_ref *ret_chat)
{
    if (m->chat == NULL || !uuid_eq(&m->chat->uuid, chat))
        return find_row(ctx, m, user_id, chat, right, ret_chat);
    TRY(right_check(ctx, user_id, m->chat, right));
    *ret_chat = *m->chat;
    return ERR_OK;
}

static enum err held_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct chat_ref *chat = arg;

    (void)ctx;
    ref_fill(row, CHAT_REF_HOLD_CHAT_REF, chat);
    chat->role = (enum member_role)db_row_int(row, CHAT_REF_HOLD_ROLE);
    return ERR_OK;
}

/* Which of the two is gone. */
static enum err hold_refuse(struct ctx *ctx, const struct membership *m, int64_t user_id)
{
    enum member_role role;

    TRY(member_role_get(ctx, m->workspace_id, user_id, &role));
    return fail(ctx, role == MEMBER_ROLE_NONE ? ERR_WORKSPACE_NOT_FOUND : ERR_CHAT_NOT_FOUND);
}

enum err chat_require_held(struct ctx *ctx, const struct membership *m, int64_t user_id, const struct uuid *chat,
                           enum chat_right right, struct chat_ref *ret_chat)
{
    struct chat_ref held = { .uuid = *chat, .workspace_id = m->workspace_id, .user_id = user_id };
    enum err e = db_one(ctx, SQL_CHAT_REF_HOLD, DB_ARGS(DB_INT(user_id), DB_UUID(chat), DB_INT(m->workspace_id)),
                        held_read, &held);

    if (e == ERR_NOT_FOUND)
        return hold_refuse(ctx, m, user_id);
    TRY(e);
    TRY(right_check(ctx, user_id, &held, right));
    *ret_chat = held;
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
    return chat_require_held(ctx, m, user_id, chat, right, ret_chat);
}

enum err chat_require_plain(struct ctx *ctx, const struct chat_ref *chat)
{
    return chat->kind == CHAT_KIND_DIRECT ? fail(ctx, ERR_DIRECT_CHAT) : ERR_OK;
}

enum err chat_require_unarchived(struct ctx *ctx, const struct chat_ref *chat)
{
    return chat->archived ? fail(ctx, ERR_CHAT_ARCHIVED) : ERR_OK;
}

/* ---- reading ---- */

enum err chat_last_read(struct ctx *ctx, const struct db_row *row, int first, struct chat_last_message **ret_last)
{
    struct chat_last_message *last = arena_alloc(ctx->arena, sizeof(*last));

    if (last == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *last = (struct chat_last_message){
        .uuid = db_row_uuid(row, first + CHAT_LAST_MESSAGE_UUID),
        .seq = db_row_int(row, first + CHAT_LAST_SEQ),
        .sender_user_id = db_row_int(row, first + CHAT_LAST_SENDER_ID),
        .sender.name = arena_str(ctx->arena, db_row_str(row, first + CHAT_LAST_SENDER_NAME)), /* until chats_sign */
        .content = arena_str(ctx->arena, db_row_str(row, first + CHAT_LAST_PREVIEW)),
        .is_ai_response = db_row_int(row, first + CHAT_LAST_IS_AI_RESPONSE) != 0,
        .created_us = db_row_int(row, first + CHAT_LAST_MESSAGE_CREATED_US),
    };
    *ret_last = last;
    return arena_check(ctx->arena);
}

/* As many ids as `count` chats can name. */
static size_t people_of(const struct chat *chats, size_t count, int64_t *ret_ids)
{
    size_t id_count = 0;

    for (size_t i = 0; i < count; i++) {
        ret_ids[id_count++] = chats[i].creator_user_id;
        if (chats[i].last_message != NULL)
            ret_ids[id_count++] = chats[i].last_message->sender_user_id;
    }
    return id_count;
}

enum err chats_sign(struct ctx *ctx, struct chat *chats, size_t count)
{
    int64_t people_version = count > 0 ? chats[0].people_version : 0;
    int64_t *ids = arena_calloc(ctx->arena, 2 * count + 1, sizeof(*ids));
    struct authors authors;

    if (ids == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    for (size_t i = 0; i < count; i++)
        if (chats[i].people_version != people_version)
            people_version = 0; /* of two statements, between which a name was changed */
    TRY(authors_find(ctx, ids, people_of(chats, count, ids), people_version, &authors));
    for (size_t i = 0; i < count; i++) {
        const struct message_author *creator = author_of(&authors, chats[i].creator_user_id);
        struct chat_last_message *last = chats[i].last_message;
        if (creator != NULL)
            chats[i].created_by = creator->uuid;
        if (last != NULL)
            last->sender = author_sender(author_of(&authors, last->sender_user_id), last->is_ai_response,
                                         last->sender.name);
    }
    return ERR_OK;
}

static void settings_read(struct ctx *ctx, const struct db_row *row, struct chat *chat)
{
    bool has_temperature = !db_row_is_null(row, CHAT_VIEW_TEMPERATURE);
    bool has_max_tokens = !db_row_is_null(row, CHAT_VIEW_MAX_TOKENS);

    chat->join = (enum chat_join)db_row_int(row, CHAT_VIEW_JOIN_MODE);
    chat->assistant = (enum chat_assistant)db_row_int(row, CHAT_VIEW_ASSISTANT);
    chat->provider = arena_str(ctx->arena, db_row_str(row, CHAT_VIEW_PROVIDER));
    chat->model = arena_str(ctx->arena, db_row_str(row, CHAT_VIEW_MODEL));
    chat->system_prompt = arena_str(ctx->arena, db_row_str(row, CHAT_VIEW_SYSTEM_PROMPT));
    chat->temperature = has_temperature ? db_row_real(row, CHAT_VIEW_TEMPERATURE) : (double)NAN;
    chat->max_tokens = has_max_tokens ? db_row_int(row, CHAT_VIEW_MAX_TOKENS) : INT64_MIN;
}

/* The ids stand one behind the other. */
static enum err direct_read(struct ctx *ctx, struct str ids, struct list *ret_list)
{
    size_t count = ids.len / sizeof(struct uuid);
    struct uuid *items;

    if (count == 0)
        return ERR_OK;
    items = arena_calloc(ctx->arena, count, sizeof(*items));
    if (items == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    memcpy(items, ids.ptr, count * sizeof(*items));
    *ret_list = (struct list){ items, count };
    return ERR_OK;
}

static enum err origin_read(struct ctx *ctx, const struct db_row *row, const struct chat_origin **ret_origin)
{
    struct chat_origin *origin;

    if (db_row_is_null(row, CHAT_VIEW_FORKED_CHAT))
        return ERR_OK;
    origin = arena_alloc(ctx->arena, sizeof(*origin));
    if (origin == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *origin = (struct chat_origin){ db_row_uuid(row, CHAT_VIEW_FORKED_CHAT),
                                    db_row_uuid(row, CHAT_VIEW_FORKED_MESSAGE) };
    *ret_origin = origin;
    return ERR_OK;
}

enum err chat_view_read(struct ctx *ctx, const struct db_row *row, const struct membership *m, struct chat *ret_chat)
{
    *ret_chat = (struct chat){
        .id = db_row_int(row, CHAT_VIEW_ID),
        .uuid = db_row_uuid(row, CHAT_VIEW_UUID),
        .workspace = m->workspace,
        .kind = (enum chat_kind)db_row_int(row, CHAT_VIEW_CHAT_KIND),
        .creator_user_id = db_row_int(row, CHAT_VIEW_CREATED_BY),
        .message_count = db_row_int(row, CHAT_VIEW_MESSAGE_COUNT),
        .last_seq = db_row_int(row, CHAT_VIEW_LAST_SEQ),
        .joined = db_row_int(row, CHAT_VIEW_IS_JOINED) != 0,
        .people_version = db_row_int(row, CHAT_VIEW_PEOPLE_VERSION),
        .activity_us = db_row_int(row, CHAT_VIEW_ACTIVITY_US),
        .archived_us = db_row_int(row, CHAT_VIEW_ARCHIVED_US),
        .version = db_row_int(row, CHAT_VIEW_VERSION),
        .created_us = db_row_int(row, CHAT_VIEW_CREATED_US),
        .updated_us = db_row_int(row, CHAT_VIEW_UPDATED_US),
    };
    if (ret_chat->kind != CHAT_KIND_DIRECT)
        ret_chat->title = arena_str(ctx->arena, db_row_str(row, CHAT_VIEW_TITLE));
    settings_read(ctx, row, ret_chat);
    chat_own_read(ctx, row, ret_chat->last_seq, &ret_chat->state);
    if (!ret_chat->joined)
        ret_chat->state.unread_count = ret_chat->state.mention_count = 0;
    TRY(origin_read(ctx, row, &ret_chat->forked_from));
    return direct_read(ctx, db_row_str(row, CHAT_VIEW_DIRECT_IDS), &ret_chat->direct);
}

enum err chat_read(struct ctx *ctx, const struct db_row *row, const struct membership *m, struct chat *ret_chat)
{
    enum { LAST = CHAT_GET_CHAT_LAST };

    TRY(chat_view_read(ctx, row, m, ret_chat));
    if (!ret_chat->joined || db_row_is_null(row, LAST + CHAT_LAST_MESSAGE_UUID) ||
        !db_row_is_null(row, LAST + CHAT_LAST_MESSAGE_DELETED_US))
        return ERR_OK;
    return chat_last_read(ctx, row, LAST, &ret_chat->last_message);
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
    TRY(chats_sign(ctx, &get.chat, 1));
    TRY(chats_count(ctx, m, user_id, &get.chat, 1));
    *ret_chat = get.chat;
    return ERR_OK;
}
