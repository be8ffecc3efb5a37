#include "parley/domain/talk/webhook.h"

#include "message_content.h"
#include "message_event.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/record/link_token.h"
#include "parley/domain/talk/chat.h"
#include "parley/domain/talk/mention.h"
#include "parley/domain/talk/message_index.h"
#include "parley/domain/talk/notice.h"

static struct db_value hash_value(const struct link_token_hash *hash)
{
    return DB_BLOB(link_token_hash_str(hash));
}

/* ---- making and withdrawing ---- */

static enum err audit_webhook(struct ctx *ctx, enum audit_action action, const struct chat_ref *chat,
                              const struct uuid *webhook)
{
    return audit_add(ctx, &(struct audit_entry){ .action = action,
                                                 .target_kind = AUDIT_ON_CHAT,
                                                 .target = chat->uuid,
                                                 .details = AUDIT_DETAILS(AUDIT_UUID("webhook", webhook)) });
}

struct addition {
    const struct message_location *location;
    struct link_token_hash hash;
    struct webhook webhook;
};

static enum err add(struct ctx *ctx, void *arg)
{
    struct addition *addition = arg;
    const struct message_location *location = addition->location;
    const struct webhook *webhook = &addition->webhook;
    struct chat_ref chat;
    int64_t count = 0;

    TRY(chat_require_locked(ctx, location->workspace, location->principal->user_id, &location->chat, CHAT_WRITE,
                            &chat));
    TRY(chat_require_plain(ctx, &chat));
    TRY(db_number(ctx, SQL_WEBHOOK_COUNT, DB_ARGS(DB_INT(chat.id), DB_INT(chat.workspace_id)), &count));
    if (count >= WEBHOOKS_PER_CHAT_MAX)
        return failf(ctx, ERR_LIMIT, "A chat has at most %d webhooks", WEBHOOKS_PER_CHAT_MAX);
    TRY(db_insert(ctx, SQL_WEBHOOK_INSERT,
                  DB_ARGS(DB_UUID(&webhook->uuid), DB_INT(chat.workspace_id), DB_INT(chat.id),
                          DB_INT(location->principal->user_id), DB_TEXT(webhook->name), hash_value(&addition->hash),
                          DB_INT(webhook->created_us)),
                  NULL));
    return audit_webhook(ctx, AUDIT_WEBHOOK_CREATED, &chat, &webhook->uuid);
}

enum err webhook_add(struct ctx *ctx, const struct message_location *location, struct str name,
                     struct webhook *ret_webhook, struct str *ret_token)
{
    struct addition addition = {
        .location = location,
        .webhook = { .uuid = uuid_new(),
                     .name = name,
                     .created_by = location->principal->user,
                     .created_us = ctx->now_us },
    };
    struct str token;

    TRY(link_token_new(ctx, &addition.hash, &token));
    TRY(db_run(ctx, add, &addition));
    *ret_webhook = addition.webhook;
    *ret_token = token;
    return ERR_OK;
}

static enum err webhook_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct webhook *webhook = list_add(ctx->arena, arg, sizeof(*webhook));

    if (webhook == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *webhook = (struct webhook){
        .uuid = db_row_uuid(row, WEBHOOK_UUID),
        .name = arena_str(ctx->arena, db_row_str(row, WEBHOOK_NAME)),
        .created_by = db_row_uuid(row, WEBHOOK_USER_UUID),
        .created_us = db_row_int(row, WEBHOOK_CREATED_US),
        .used_us = db_row_int(row, WEBHOOK_USED_US),
    };
    return arena_check(ctx->arena);
}

/* Whose webhooks the caller may see and withdraw: 1 where everybody's. */
static struct db_value sees_all(const struct chat_ref *chat)
{
    return DB_INT(chat->role >= MEMBER_ROLE_OWNER);
}

enum err webhook_list(struct ctx *ctx, const struct message_location *location, struct list *ret_list)
{
    struct list list = { NULL, 0 };
    struct chat_ref chat;

    TRY(chat_require(ctx, location->workspace, location->principal->user_id, &location->chat, CHAT_READ, &chat));
    TRY(db_each(ctx, SQL_WEBHOOK_LIST,
                DB_ARGS(DB_INT(chat.id), DB_INT(chat.workspace_id), DB_INT(chat.user_id), sees_all(&chat)),
                webhook_read, &list));
    *ret_list = list;
    return ERR_OK;
}

struct removal {
    const struct message_location *location;
    const struct uuid *webhook;
};

static enum err remove_one(struct ctx *ctx, void *arg)
{
    const struct removal *removal = arg;
    const struct message_location *location = removal->location;
    struct chat_ref chat;
    int64_t count = 0;

    TRY(chat_require_held(ctx, location->workspace, location->principal->user_id, &location->chat, CHAT_READ, &chat));
    TRY(db_exec(ctx, SQL_WEBHOOK_DELETE,
                DB_ARGS(DB_UUID(removal->webhook), DB_INT(chat.id), DB_INT(chat.workspace_id), DB_INT(chat.user_id),
                        sees_all(&chat)),
                &count));
    if (count == 0)
        return fail(ctx, ERR_WEBHOOK_NOT_FOUND);
    return audit_webhook(ctx, AUDIT_WEBHOOK_DELETED, &chat, removal->webhook);
}

enum err webhook_remove(struct ctx *ctx, const struct message_location *location, const struct uuid *webhook)
{
    return db_run(ctx, remove_one, &(struct removal){ location, webhook });
}

/* ---- posting ---- */

struct posting {
    const struct webhook_door *door;
    const struct webhook_draft *draft;
    struct chat_ref chat;
    struct mentions mentions;
    struct message message;
};

static enum err door_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    *(struct webhook_door *)arg = (struct webhook_door){
        .id = db_row_int(row, WEBHOOK_BY_TOKEN_ID),
        .name = arena_str(ctx->arena, db_row_str(row, WEBHOOK_BY_TOKEN_NAME)),
        .workspace_id = db_row_int(row, WEBHOOK_BY_TOKEN_WORKSPACE_ID),
        .user_id = db_row_int(row, WEBHOOK_BY_TOKEN_USER_ID),
        .chat = db_row_uuid(row, WEBHOOK_BY_TOKEN_CHAT_UUID),
    };
    return arena_check(ctx->arena);
}

enum err webhook_door_find(struct ctx *ctx, struct str token, struct webhook_door *ret_door)
{
    struct link_token_hash hash;
    enum err e;

    if (!link_token_read(token, &hash))
        return fail(ctx, ERR_WEBHOOK_NOT_FOUND);
    e = db_one(ctx, SQL_WEBHOOK_BY_TOKEN, DB_ARGS(hash_value(&hash)), door_read, ret_door);
    return e == ERR_NOT_FOUND ? fail(ctx, ERR_WEBHOOK_NOT_FOUND) : e;
}

/* Its maker's right, asked as for a message of theirs, and held. */
static enum err right_hold(struct ctx *ctx, struct posting *posting)
{
    const struct webhook_door *door = posting->door;
    const struct membership where = { .workspace_id = door->workspace_id };
    enum err e = chat_require_locked(ctx, &where, door->user_id, &door->chat, CHAT_WRITE, &posting->chat);
    int status = err_info(e)->http_status;
    int64_t count = 0;

    if (status == 403 || status == 404) {
        *ctx->problem = (struct problem){ .retry_after_s = 0 };
        return fail(ctx, ERR_WEBHOOK_NOT_FOUND);
    }
    TRY(e);
    TRY(db_exec(ctx, SQL_WEBHOOK_USE,
                DB_ARGS(DB_INT(ctx->now_us), DB_INT(door->id), DB_INT(posting->chat.workspace_id)), &count));
    return count > 0 ? ERR_OK : fail(ctx, ERR_WEBHOOK_NOT_FOUND);
}

static enum err seq_take(struct ctx *ctx, struct posting *posting)
{
    const struct chat_ref *chat = &posting->chat;
    int64_t now_us = clock_now_us();
    enum err e = db_take(
        ctx, SQL_CHAT_TAKE_SEQ,
        DB_ARGS(DB_INT(now_us), DB_INT(now_us), DB_INT(chat->id), DB_INT(chat->workspace_id), DB_INT(chat->version)),
        &posting->message.seq);

    posting->message.created_us = now_us;
    return e == ERR_NOT_FOUND ? fail(ctx, ERR_BUSY) : e;
}

static enum err row_insert(struct ctx *ctx, struct posting *posting)
{
    const struct webhook_draft *draft = posting->draft;
    struct message *message = &posting->message;
    struct str name = draft->sender_name.len > 0 ? draft->sender_name : posting->door->name;

    return db_insert(ctx, SQL_MESSAGE_INSERT_OUTSIDE,
                     DB_ARGS(DB_UUID(&message->uuid), DB_INT(posting->chat.workspace_id), DB_INT(posting->chat.id),
                             DB_INT(message->seq), DB_TEXT(name), DB_TEXT(draft->content),
                             DB_INT(message->mention_all + 1), DB_INT(message->has_mentions),
                             DB_INT(message->created_us), DB_INT(message->created_us)),
                     &message->id);
}

static enum err post(struct ctx *ctx, void *arg)
{
    struct posting *posting = arg;
    struct message *message = &posting->message;

    TRY(right_hold(ctx, posting));
    TRY(mentions_find(ctx, &posting->chat, posting->draft->content, &posting->mentions));
    mentions_show(message, &posting->mentions);
    TRY(seq_take(ctx, posting));
    TRY(row_insert(ctx, posting));
    if (message->has_mentions)
        TRY(mentions_write(ctx, &posting->chat, message, &posting->mentions));
    TRY(notices_add(ctx, &posting->chat, message, &posting->mentions));
    TRY(message_index_add(ctx, posting->chat.workspace_id, message->id, (struct str){ NULL, 0 }));
    return message_event_add(ctx, EVENT_MESSAGE_CREATED, &posting->chat, &message->uuid,
                             event_number(ctx, message->seq));
}

enum err webhook_post(struct ctx *ctx, const struct webhook_door *door, const struct webhook_draft *draft)
{
    struct posting posting = { .door = door, .draft = draft, .message.uuid = uuid_new() };

    TRY(message_content_check(ctx, draft->content, 0));
    return db_run(ctx, post, &posting);
}
