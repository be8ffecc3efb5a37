#include "parley/domain/talk/message_change.h"

#include "message_author.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/text.h"
#include "parley/db/db.h"
#include "parley/domain/events/event.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/talk/chat.h"
#include "parley/domain/talk/message_index.h"

/* ---- posting ---- */

struct posting {
    const struct message_draft *draft;
    struct uuid uuid;
    struct chat_ref chat;
    int64_t workspace_version; /* at which the right to write was seen; 0: it is held by locks */
    int64_t people_version;    /* at which the sender's name was read */
    int64_t reply_to;          /* integer key; 0: none */
    bool seen;                 /* the claim had made a message before */
    struct message message;
};

/* What shows nothing is no message, unless a file comes along. */
static enum err content_check(struct ctx *ctx, struct str content, size_t file_count)
{
    if (file_count > 0 || text_shows(content))
        return ERR_OK;
    return problem_add(ctx->problem, (struct fault){ .where = "body",
                                                     .field = "content",
                                                     .type = "string_too_short",
                                                     .message = "must not be empty where no file comes along" });
}

static enum err draft_check(struct ctx *ctx, const struct message_draft *draft)
{
    size_t file_count = draft->attachment_count + (draft->files == NULL ? 0 : draft->files->count);

    if (file_count > FILES_PER_MESSAGE_MAX)
        return failf(ctx, ERR_INVALID, "A message has at most %d files", FILES_PER_MESSAGE_MAX);
    return content_check(ctx, draft->content, file_count);
}

static enum err reply_to_find(struct ctx *ctx, struct posting *posting)
{
    static const struct uuid none;
    const struct uuid *reply_to = &posting->draft->reply_to;
    enum err e;

    posting->reply_to = 0;
    if (uuid_eq(reply_to, &none))
        return ERR_OK;
    e = db_number(ctx, SQL_MESSAGE_ID_GET,
                  DB_ARGS(DB_UUID(reply_to), DB_INT(posting->chat.id), DB_INT(posting->chat.workspace_id)),
                  &posting->reply_to);
    if (e == ERR_NOT_FOUND)
        return problem_add(ctx->problem, (struct fault){ .where = "body",
                                                         .field = "reply_to",
                                                         .type = "value_error",
                                                         .message = "is no message of this chat" });
    return e;
}

/* Behind the chat's lock, so that what is told of a message is in the order of its changes. */
static enum err event_tell(struct ctx *ctx, enum event_kind kind, const struct chat_ref *chat,
                           const struct message *message)
{
    return event_add(ctx, &(struct event){ .kind = kind,
                                           .workspace_id = chat->workspace_id,
                                           .chat_id = chat->id,
                                           .subject = message->uuid,
                                           .detail = event_number(ctx, message->seq) });
}

/* The chat's lock comes first, as in posting. */
static enum err location_lock(struct ctx *ctx, const struct message_location *location, enum chat_right right,
                              struct chat_ref *ret_chat)
{
    return chat_require_locked(ctx, location->workspace, location->principal->user_id, &location->chat, right,
                               ret_chat);
}

static enum err sender_find(struct ctx *ctx, struct posting *posting, enum author_source source)
{
    struct message_author author = { .user_id = 0 };

    TRY(message_author_find(ctx, posting->message.sender_user_id, source, &author, &posting->people_version));
    message_sign(&posting->message, &author);
    return ERR_OK;
}

/*
 * What the gate saw, which may be as old as a form takes to arrive and be stored, is no longer so. A guess of
 * access_cache.h goes back to it; else the rights are asked for again, and held.
 */
static enum err right_renew(struct ctx *ctx, struct posting *posting)
{
    if (posting->chat.seen_workspace != 0)
        return fail(ctx, ERR_CHAT_NOT_FOUND);
    TRY(location_lock(ctx, &posting->draft->location, CHAT_WRITE, &posting->chat));
    posting->workspace_version = 0;
    return ERR_OK;
}

static enum err take(struct ctx *ctx, struct posting *posting)
{
    const struct chat_ref *chat = &posting->chat;
    int64_t now_us = clock_now_us();

    return db_take(
        ctx, SQL_CHAT_TAKE_SEQ,
        DB_ARGS(DB_INT(now_us), DB_INT(now_us), DB_INT(chat->id), DB_INT(chat->workspace_id), DB_INT(chat->version)),
        &posting->message.seq);
}

/* The chat's row lock is held from here on: what commits later has the greater seq. */
static enum err seq_take(struct ctx *ctx, struct posting *posting)
{
    enum err e = take(ctx, posting);

    if (e == ERR_NOT_FOUND) {
        TRY(right_renew(ctx, posting));
        e = take(ctx, posting);
    }
    /* Taken under the lock, so that times go up with the seqs. */
    posting->message.created_us = posting->message.updated_us = clock_now_us();
    return e == ERR_NOT_FOUND ? fail(ctx, ERR_CHAT_NOT_FOUND) : e;
}

static enum err insert(struct ctx *ctx, struct posting *posting)
{
    struct message *message = &posting->message;

    return db_insert(
        ctx, SQL_MESSAGE_INSERT,
        DB_ARGS(DB_UUID(&message->uuid), DB_INT(posting->chat.id), DB_INT(message->seq), DB_TEXT(message->content),
                DB_INT_OR_NULL(posting->reply_to), DB_INT(message->attachment_count), DB_INT(message->created_us),
                DB_INT(message->updated_us), DB_INT(posting->chat.workspace_id), DB_INT(message->sender_user_id),
                DB_INT_OR_NULL(posting->workspace_version), DB_INT(posting->people_version)),
        &message->id);
}

/* Where nothing is inserted the right has gone, or something else of the workspace has moved, or somebody's name. */
static enum err row_insert(struct ctx *ctx, struct posting *posting)
{
    enum err e = insert(ctx, posting);

    if (e == ERR_NOT_FOUND) {
        TRY(right_renew(ctx, posting));
        TRY(sender_find(ctx, posting, AUTHOR_READ));
        e = insert(ctx, posting);
    }
    return e == ERR_NOT_FOUND ? fail(ctx, ERR_CHAT_NOT_FOUND) : e;
}

static enum err files_bind(struct ctx *ctx, struct posting *posting)
{
    const struct message_draft *draft = posting->draft;
    const struct binding binding = {
        .workspace_id = posting->chat.workspace_id,
        .message_id = posting->message.id,
        .user_id = draft->location.principal->user_id,
    };
    struct list older = { NULL, 0 };
    size_t new_count = draft->files == NULL ? 0 : draft->files->count;
    struct attachment *all;

    if (draft->attachment_count > 0)
        TRY(attachment_bind(ctx, &binding, draft->attachments, draft->attachment_count, &older));
    all = arena_calloc(ctx->arena, older.count + new_count, sizeof(*all));
    if (all == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    for (size_t i = 0; i < older.count; i++)
        all[i] = ((const struct attachment *)older.items)[i];
    if (new_count > 0)
        TRY(incoming_files_bind(ctx, &binding, draft->files, all + older.count));
    posting->message.attachments = (struct list){ all, older.count + new_count };
    return ERR_OK;
}

static void message_begin(struct posting *posting)
{
    const struct message_draft *draft = posting->draft;

    posting->message = (struct message){
        .uuid = posting->uuid,
        .chat = posting->chat.uuid,
        .sender_user_id = draft->location.principal->user_id,
        .sender_id = draft->location.principal->user,
        .sender.id = draft->location.principal->user,
        .content = draft->content,
        .status = MESSAGE_COMPLETE,
        .reply_to = draft->reply_to,
        .attachment_count = (int64_t)(draft->attachment_count + (draft->files == NULL ? 0 : draft->files->count)),
        .version = 1,
    };
}

static enum err post_in_transaction(struct ctx *ctx, void *arg)
{
    struct posting *posting = arg;
    const struct message_draft *draft = posting->draft;
    enum idempotency state;
    struct uuid resource_uuid;

    TRY(idempotency_take(ctx, draft->claim, &posting->uuid, &state, &resource_uuid));
    posting->seen = state == IDEMPOTENCY_SEEN;
    TRY(chat_require(ctx, draft->location.workspace, draft->location.principal->user_id, &draft->location.chat,
                     CHAT_WRITE, &posting->chat));
    if (posting->seen && posting->chat.seen_workspace != 0)
        return fail(ctx, ERR_CHAT_NOT_FOUND); /* nothing below would prove the guess */
    if (posting->seen)
        return message_get(ctx, &posting->chat, &resource_uuid, &posting->message);
    message_begin(posting);
    posting->workspace_version = draft->location.workspace->version;
    TRY(sender_find(ctx, posting, AUTHOR_REMEMBERED));
    TRY(reply_to_find(ctx, posting));
    TRY(seq_take(ctx, posting));
    TRY(row_insert(ctx, posting));
    if (posting->message.content.len > 0)
        TRY(message_index_add(ctx, posting->chat.workspace_id, posting->message.id, (struct str){ NULL, 0 }));
    if (posting->message.attachment_count > 0)
        TRY(files_bind(ctx, posting));
    return event_tell(ctx, EVENT_MESSAGE_CREATED, &posting->chat, &posting->message);
}

enum err message_post(struct ctx *ctx, const struct message_draft *draft, struct message *ret_message)
{
    struct posting posting = { .draft = draft, .uuid = uuid_new() };

    TRY(draft_check(ctx, draft));
    TRY(db_run(ctx, post_in_transaction, &posting));
    if (posting.seen && draft->files != NULL)
        incoming_files_drop(ctx, draft->files);
    *ret_message = posting.message;
    return ERR_OK;
}

/* ---- editing ---- */

struct editing {
    const struct message_edit *edit;
    struct message message;
};

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

static enum err edit_once(struct ctx *ctx, void *arg)
{
    struct editing *editing = arg;
    const struct message_edit *edit = editing->edit;
    struct message *message = &editing->message;
    struct chat_ref chat;
    int64_t count = 0;

    TRY(location_lock(ctx, &edit->location, CHAT_READ, &chat));
    TRY(message_get(ctx, &chat, &edit->message, message));
    if (message->sender_user_id != edit->location.principal->user_id)
        return failf(ctx, ERR_FORBIDDEN, "Only its author may change a message");
    TRY(version_check(ctx, edit->version, message->version));
    TRY(content_check(ctx, edit->content, (size_t)message->attachment_count));
    TRY(db_exec(ctx, SQL_MESSAGE_SET_CONTENT,
                DB_ARGS(DB_TEXT(edit->content), DB_INT(ctx->now_us), DB_INT(ctx->now_us), DB_INT(message->id),
                        DB_INT(chat.id), DB_INT(chat.workspace_id), DB_INT(message->version)),
                &count));
    if (count == 0)
        return lost_to_another(ctx, edit->version);
    TRY(message_index_add(ctx, chat.workspace_id, message->id, message->content));
    message->content = edit->content;
    message->edited_us = message->updated_us = ctx->now_us;
    message->version++;
    return event_tell(ctx, EVENT_MESSAGE_UPDATED, &chat, message);
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
    struct pending_deletions pending;
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

static enum err delete_once(struct ctx *ctx, void *arg)
{
    struct deleting *deleting = arg;
    const struct message_removal *removal = deleting->removal;
    struct message message;
    struct chat_ref chat;
    int64_t count = 0;

    deleting->pending.count = 0;
    TRY(location_lock(ctx, &removal->location, CHAT_READ, &chat));
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
    if (message.sender_user_id != removal->location.principal->user_id)
        TRY(audit_removal(ctx, removal, &message));
    if (message.attachment_count > 0)
        TRY(attachment_remove_found(ctx, SQL_ATTACHMENTS_GOING_OF_MESSAGE,
                                    DB_ARGS(DB_INT(message.id), DB_INT(chat.workspace_id)), &deleting->pending));
    return event_tell(ctx, EVENT_MESSAGE_DELETED, &chat, &message);
}

static enum err delete_in_transaction(struct ctx *ctx, void *arg)
{
    return again_while_lost(ctx, delete_once, arg);
}

enum err message_delete(struct ctx *ctx, const struct message_removal *removal)
{
    struct deleting deleting = { .removal = removal };

    TRY(db_run(ctx, delete_in_transaction, &deleting));
    object_deletion_run(ctx, &deleting.pending);
    return ERR_OK;
}
