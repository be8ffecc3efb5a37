#include "parley/domain/talk/message_edit.h"

#include "message_content.h"
#include "message_event.h"
#include "parley/db/db.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/talk/chat.h"
#include "parley/domain/talk/mention.h"
#include "parley/domain/talk/message_index.h"
#include "parley/domain/talk/notice.h"

/* ---- editing ---- */

struct editing {
    const struct message_edit *edit;
    struct message message;
};

/* The chat's lock comes first, as in posting: changes become visible in the order of their commits. */
static enum err location_lock(struct ctx *ctx, const struct message_location *location, struct chat_ref *ret_chat)
{
    return chat_require_locked(ctx, location->workspace, location->principal->user_id, &location->chat, CHAT_READ,
                               ret_chat);
}

/* Without If-Match the writer who lost looks again, so often. */
enum { CHANGE_TRIES = 5 };

static enum err version_check(struct ctx *ctx, int64_t wanted, int64_t present)
{
    return wanted == 0 || wanted == present ? ERR_OK : fail(ctx, ERR_PRECONDITION);
}

/* The UPDATE named a version that is no longer the row's. ERR_CONFLICT: look again. */
static enum err lost_to_another(struct ctx *ctx, int64_t wanted)
{
    return wanted == 0 ? ERR_CONFLICT : fail(ctx, ERR_PRECONDITION);
}

static enum err again_while_lost(struct ctx *ctx, enum err (*change)(struct ctx *, void *), void *arg)
{
    enum err e = ERR_CONFLICT;

    for (int i = 0; i < CHANGE_TRIES && e == ERR_CONFLICT; i++)
        e = change(ctx, arg);
    return e == ERR_CONFLICT ? fail(ctx, ERR_BUSY) : e;
}

/* What it said before, since when it said so. */
static enum err version_keep(struct ctx *ctx, const struct chat_ref *chat, const struct message *message)
{
    return db_exec(ctx, SQL_MESSAGE_VERSION_INSERT,
                   DB_ARGS(DB_INT(message->id), DB_INT(message->version), DB_INT(chat->workspace_id),
                           DB_TEXT(message->content),
                           DB_INT(message->edited_us != 0 ? message->edited_us : message->created_us)),
                   NULL);
}

/* Those who are named in the new text, in the place of those before. */
static enum err mentions_replace(struct ctx *ctx, const struct chat_ref *chat, const struct message *message,
                                 const struct mentions *mentions)
{
    if (message->has_mentions)
        TRY(db_exec(ctx, SQL_MENTIONS_DELETE_OF_MESSAGE, DB_ARGS(DB_INT(message->id), DB_INT(chat->workspace_id)),
                    NULL));
    if (mentions_any(mentions))
        TRY(mentions_write(ctx, chat, message, mentions));
    return message->has_mentions ? notices_follow_edit(ctx, chat, message) : ERR_OK;
}

static enum err edit_once(struct ctx *ctx, void *arg)
{
    struct editing *editing = arg;
    const struct message_edit *edit = editing->edit;
    struct message *message = &editing->message;
    struct mentions mentions;
    struct chat_ref chat;
    int64_t count = 0;

    TRY(location_lock(ctx, &edit->location, &chat));
    TRY(message_get(ctx, &chat, &edit->message, message));
    if (message->sender_user_id != edit->location.principal->user_id)
        return failf(ctx, ERR_FORBIDDEN, "Only its author may change a message");
    TRY(chat_require_unarchived(ctx, &chat));
    if (message->is_forwarded)
        return fail(ctx, ERR_FORWARDED);
    TRY(version_check(ctx, edit->version, message->version));
    TRY(message_content_check(ctx, edit->content, (size_t)message->attachment_count));
    TRY(mentions_find(ctx, &chat, edit->content, &mentions));
    TRY(db_exec(ctx, SQL_MESSAGE_SET_CONTENT,
                DB_ARGS(DB_TEXT(edit->content), DB_INT(mentions.all + 1), DB_INT(mentions_any(&mentions)),
                        DB_INT(ctx->now_us), DB_INT(ctx->now_us), DB_INT(message->id), DB_INT(chat.id),
                        DB_INT(chat.workspace_id), DB_INT(message->version)),
                &count));
    if (count == 0)
        return lost_to_another(ctx, edit->version);
    TRY(version_keep(ctx, &chat, message));
    TRY(message_index_add(ctx, chat.workspace_id, message->id, message->content));
    TRY(mentions_replace(ctx, &chat, message, &mentions));
    mentions_show(message, &mentions);
    message->content = edit->content;
    message->edited_us = message->updated_us = ctx->now_us;
    message->version++;
    return message_event_add(ctx, EVENT_MESSAGE_UPDATED, &chat, &message->uuid, event_number(ctx, message->seq));
}

static enum err edit_in_transaction(struct ctx *ctx, void *arg)
{
    return again_while_lost(ctx, edit_once, arg);
}

enum err message_edit(struct ctx *ctx, const struct message_edit *edit, struct message *ret_message)
{
    struct editing editing = { .edit = edit };

    TRY(db_run(ctx, edit_in_transaction, &editing));
    *ret_message = editing.message;
    return ERR_OK;
}

/* ---- deleting ---- */

struct deleting {
    const struct message_removal *removal;
    struct attachment_removal files;
};

static enum err may_delete(struct ctx *ctx, int64_t user_id, const struct chat_ref *chat, const struct message *message)
{
    if (message->sender_user_id == user_id || chat->role == MEMBER_ROLE_OWNER)
        return ERR_OK;
    return failf(ctx, ERR_FORBIDDEN, "Only its author or an owner of the workspace may delete a message");
}

static enum err audit_removal(struct ctx *ctx, const struct message_removal *removal, const struct message *message)
{
    return audit_add(ctx, &(struct audit_entry){
                              .action = AUDIT_MESSAGE_DELETED,
                              .target_kind = AUDIT_ON_MESSAGE,
                              .target = message->uuid,
                              .details = AUDIT_DETAILS(AUDIT_UUID("workspace", &removal->location.workspace->workspace),
                                                       AUDIT_UUID("chat", &removal->location.chat),
                                                       AUDIT_UUID("author", &message->sender_id)) });
}

/* All that hung on it; its root counts it no more, and nobody has it to read. */
static enum err parts_clear(struct ctx *ctx, const struct chat_ref *chat, const struct message *message)
{
    static const enum sql statements[] = { SQL_MENTIONS_DELETE_OF_MESSAGE,    SQL_REACTIONS_DELETE_OF_MESSAGE,
                                           SQL_PIN_DELETE_OF_MESSAGE,         SQL_MESSAGE_VERSIONS_DELETE,
                                           SQL_FORWARD_DELETE_OF_MESSAGE,     SQL_SAVED_DELETE_OF_MESSAGE,
                                           SQL_ALTERNATIVES_DELETE_OF_MESSAGE };
    const bool wanted[] = { message->has_mentions,
                            message->has_reactions,
                            message->pinned,
                            message->edited_us != 0,
                            message->is_forwarded,
                            message->has_saves,
                            message->answer.alternative_count > 1 };

    for (size_t i = 0; i < COUNT_OF(statements); i++)
        if (wanted[i])
            TRY(db_exec(ctx, statements[i], DB_ARGS(DB_INT(message->id), DB_INT(chat->workspace_id)), NULL));
    if (message->root_id != 0)
        TRY(db_exec(ctx, SQL_MESSAGE_ADD_REPLY_COUNT,
                    DB_ARGS(DB_INT(-1), DB_INT(message->root_id), DB_INT(chat->id), DB_INT(chat->workspace_id)), NULL));
    return db_exec(ctx, SQL_CHAT_GAP_INSERT,
                   DB_ARGS(DB_INT(chat->id), DB_INT(message->seq), DB_INT(chat->workspace_id)), NULL);
}

static enum err delete_once(struct ctx *ctx, void *arg)
{
    struct deleting *deleting = arg;
    const struct message_removal *removal = deleting->removal;
    struct message message;
    struct chat_ref chat;
    int64_t count = 0;

    deleting->files = (struct attachment_removal){ .row_count = 0 };
    TRY(location_lock(ctx, &removal->location, &chat));
    TRY(message_get(ctx, &chat, &removal->message, &message));
    TRY(may_delete(ctx, removal->location.principal->user_id, &chat, &message));
    TRY(version_check(ctx, removal->version, message.version));
    TRY(db_exec(ctx, SQL_MESSAGE_SET_DELETED,
                DB_ARGS(DB_INT(ctx->now_us), DB_INT(ctx->now_us), DB_INT(message.id), DB_INT(chat.id),
                        DB_INT(chat.workspace_id), DB_INT(message.version)),
                &count));
    if (count == 0)
        return lost_to_another(ctx, removal->version);
    if (message.content.len > 0)
        TRY(message_index_add(ctx, chat.workspace_id, message.id, message.content));
    TRY(parts_clear(ctx, &chat, &message));
    if (message.sender_user_id != removal->location.principal->user_id)
        TRY(audit_removal(ctx, removal, &message));
    if (message.attachment_count > 0)
        TRY(attachment_remove_found(ctx, SQL_ATTACHMENTS_GOING_OF_MESSAGE,
                                    DB_ARGS(DB_INT(message.id), DB_INT(chat.workspace_id)), &deleting->files));
    return message_event_add(ctx, EVENT_MESSAGE_DELETED, &chat, &message.uuid, event_number(ctx, message.seq));
}

static enum err delete_in_transaction(struct ctx *ctx, void *arg)
{
    return again_while_lost(ctx, delete_once, arg);
}

enum err message_delete(struct ctx *ctx, const struct message_removal *removal)
{
    struct deleting deleting = { .removal = removal };

    TRY(db_run(ctx, delete_in_transaction, &deleting));
    object_deletion_run(ctx, &deleting.files.pending);
    return ERR_OK;
}

/* ---- earlier texts ---- */

static enum err version_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct message_version *added = list_add(ctx->arena, arg, sizeof(*added));

    if (added == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *added = (struct message_version){
        .version = db_row_int(row, MESSAGE_VERSION_LIST_VERSION),
        .content = arena_str(ctx->arena, db_row_str(row, MESSAGE_VERSION_LIST_CONTENT)),
        .created_us = db_row_int(row, MESSAGE_VERSION_LIST_CREATED_US),
    };
    return arena_check(ctx->arena);
}

/* The present one stands behind all that are kept. */
static enum err present_add(struct ctx *ctx, const struct message *message, struct list *list)
{
    struct message_version *added = list_add(ctx->arena, list, sizeof(*added));

    if (added == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *added = (struct message_version){
        .version = message->version,
        .content = message->content,
        .created_us = message->edited_us != 0 ? message->edited_us : message->created_us,
    };
    return ERR_OK;
}

enum err message_version_list(struct ctx *ctx, const struct message_location *location,
                              const struct message_version_range *range, struct list *ret_list)
{
    struct list list = { NULL, 0 };
    struct message message;

    TRY(message_find(ctx, location, &range->message, &message));
    TRY(db_each(ctx, SQL_MESSAGE_VERSION_LIST,
                DB_ARGS(DB_INT(message.id), DB_INT(location->workspace->workspace_id), DB_INT(range->after_version),
                        DB_INT(range->limit)),
                version_add, &list));
    if (list.count < (size_t)range->limit && range->after_version < message.version)
        TRY(present_add(ctx, &message, &list));
    *ret_list = list;
    return ERR_OK;
}
