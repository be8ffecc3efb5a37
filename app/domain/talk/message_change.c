#include "parley/domain/talk/message_change.h"

#include "forward.h"
#include "message_author.h"
#include "message_content.h"
#include "message_event.h"
#include "message_reply.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/talk/chat.h"
#include "parley/domain/talk/chat_state.h"
#include "parley/domain/talk/mention.h"
#include "parley/domain/talk/message_index.h"
#include "parley/domain/talk/notice.h"

/* ---- posting ---- */

struct posting {
    const struct message_draft *draft;
    struct uuid uuid;
    struct chat_ref chat;
    int64_t workspace_version; /* at which the right to write was seen; 0: it is held by locks */
    int64_t people_version;    /* at which the sender's name was read */
    struct mentions mentions;
    struct forwarding forwarding;
    struct message message;
};

static bool is_set(const struct uuid *uuid)
{
    static const struct uuid none;

    return !uuid_eq(uuid, &none);
}

static enum err draft_check(struct ctx *ctx, const struct message_draft *draft)
{
    size_t file_count = draft->attachment_count + (draft->files == NULL ? 0 : draft->files->count);

    if (file_count > FILES_PER_MESSAGE_MAX)
        return failf(ctx, ERR_INVALID, "A message has at most %d files", FILES_PER_MESSAGE_MAX);
    if (is_set(&draft->forward))
        return file_count == 0 ? ERR_OK
                               : failf(ctx, ERR_INVALID, "A message that passes another one on has that one's files");
    return message_content_check(ctx, draft->content, file_count);
}

/* Under the chat's lock: what is replied to stays there until the reply does, too, and its root counts it. */
static enum err reply_to_find(struct ctx *ctx, struct posting *posting)
{
    const struct chat_ref *chat = &posting->chat;
    struct message *message = &posting->message;
    struct message_thread thread;
    enum err e;

    if (!is_set(&message->reply_to))
        return ERR_OK;
    e = message_thread_find(ctx, chat, &message->reply_to, &thread);
    if (e == ERR_NOT_FOUND)
        return problem_add(ctx->problem, (struct fault){ .where = "body",
                                                         .field = "reply_to",
                                                         .type = "value_error",
                                                         .message = "is no message of this chat" });
    TRY(e);
    message->reply_to_id = thread.id;
    message->root_id = thread.root_id;
    return db_exec(ctx, SQL_MESSAGE_ADD_REPLY_COUNT,
                   DB_ARGS(DB_INT(1), DB_INT(thread.root_id), DB_INT(chat->id), DB_INT(chat->workspace_id)), NULL);
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
    const struct message_location *location = &posting->draft->location;

    if (posting->chat.seen_workspace != 0)
        return fail(ctx, ERR_CHAT_NOT_FOUND);
    TRY(chat_require_locked(ctx, location->workspace, location->principal->user_id, &location->chat, CHAT_WRITE,
                            &posting->chat));
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
    const struct idempotency_claim *claim = posting->draft->claim;
    struct message *message = &posting->message;

    return db_insert(ctx, SQL_MESSAGE_INSERT,
                     DB_ARGS(DB_UUID(&message->uuid), DB_INT(posting->chat.id), DB_INT(message->seq),
                             DB_TEXT(message->content), DB_INT_OR_NULL(message->reply_to_id),
                             DB_INT_OR_NULL(message->root_id), DB_INT(message->attachment_count),
                             DB_INT(message->mention_all + 1), DB_INT(message->has_mentions),
                             DB_INT(message->is_forwarded), claim == NULL ? DB_NULL : DB_INT(claim->nonce),
                             DB_INT(message->created_us), DB_INT(message->updated_us),
                             DB_INT(posting->chat.workspace_id), DB_INT(message->sender_user_id),
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
    mentions_show(&posting->message, &posting->mentions);
}

/* What the row says of other rows is filled in as it will be read. */
static enum err row_finish(struct ctx *ctx, struct posting *posting)
{
    const struct idempotency_claim *claim = posting->draft->claim;
    struct message *message = &posting->message;

    if (message->has_mentions)
        TRY(mentions_write(ctx, &posting->chat, message, &posting->mentions));
    if (message->is_forwarded)
        TRY(forward_write(ctx, &posting->chat, &posting->forwarding, message));
    else if (message->attachment_count > 0)
        TRY(files_bind(ctx, posting));
    if (claim != NULL)
        message->nonce = idempotency_nonce_text(ctx, claim->nonce);
    TRY(replies_name(ctx, &posting->chat, message, 1));
    TRY(notices_add(ctx, &posting->chat, message, &posting->mentions));
    return chat_state_read_along(ctx, &posting->chat, message->sender_user_id, message->seq);
}

/* The message that a claim made before. */
static enum err seen_find(struct ctx *ctx, struct posting *posting, const struct uuid *message)
{
    if (posting->chat.seen_workspace != 0)
        return fail(ctx, ERR_CHAT_NOT_FOUND); /* nothing below would prove the guess */
    return message_get(ctx, &posting->chat, message, &posting->message);
}

static enum err write(struct ctx *ctx, struct posting *posting)
{
    const struct message_draft *draft = posting->draft;

    TRY(mentions_find(ctx, &posting->chat, draft->content, &posting->mentions));
    message_begin(posting);
    posting->workspace_version = draft->location.workspace->version;
    TRY(sender_find(ctx, posting, AUTHOR_REMEMBERED));
    TRY(seq_take(ctx, posting));
    TRY(reply_to_find(ctx, posting));
    if (is_set(&draft->forward))
        TRY(forward_read(ctx, &draft->location, &draft->forward, &posting->forwarding, &posting->message));
    TRY(row_insert(ctx, posting));
    TRY(row_finish(ctx, posting));
    if (posting->message.content.len > 0)
        TRY(message_index_add(ctx, posting->chat.workspace_id, posting->message.id, (struct str){ NULL, 0 }));
    return message_event_add(ctx, EVENT_MESSAGE_CREATED, &posting->chat, &posting->message.uuid,
                             event_number(ctx, posting->message.seq));
}

enum err message_insert(struct ctx *ctx, const struct message_draft *draft, struct message_posted *ret_posted)
{
    struct posting posting = { .draft = draft, .uuid = is_set(&draft->id) ? draft->id : uuid_new() };
    enum idempotency state;
    struct uuid made;

    TRY(draft_check(ctx, draft));
    TRY(idempotency_take(ctx, draft->claim, &posting.uuid, &state, &made));
    TRY(chat_require(ctx, draft->location.workspace, draft->location.principal->user_id, &draft->location.chat,
                     CHAT_WRITE, &posting.chat));
    if (state == IDEMPOTENCY_SEEN)
        TRY(seen_find(ctx, &posting, &made));
    else
        TRY(write(ctx, &posting));
    *ret_posted = (struct message_posted){ posting.message, posting.chat, state == IDEMPOTENCY_SEEN };
    return ERR_OK;
}
