#include "parley/domain/talk/chat_fork.h"

#include "parley/core/fold.h"
#include "parley/core/limits.h"
#include "parley/core/list.h"
#include "parley/db/db.h"
#include "parley/domain/files/attachment.h"
#include "parley/domain/talk/chat_member.h"
#include "parley/domain/talk/chat_state.h"
#include "parley/domain/talk/message.h"
#include "parley/domain/talk/message_index.h"
#include "parley/domain/workspaces/chat_row.h"
#include "parley/domain/workspaces/workspace_row.h"

/* Messages that one statement copies, as it has room for ids. */
enum { COPIED_AT_ONCE = 20 };

struct fork_call {
    const struct chat_fork_opts *opts;
    struct chat_ref source;
    int64_t source_message_id, end_seq;
    struct uuid uuid;
    int64_t id; /* of the new chat */
    struct chat chat;
};

/* ---- what is copied ---- */

static enum err messages_copy_some(struct ctx *ctx, const struct fork_call *call, int64_t after_seq, int64_t *ret_count)
{
    const struct chat_ref *source = &call->source;
    struct uuid ids[COPIED_AT_ONCE];
    struct db_value values[1 + COPIED_AT_ONCE + 5];
    int64_t last_seq = after_seq + COPIED_AT_ONCE < call->end_seq ? after_seq + COPIED_AT_ONCE : call->end_seq;
    size_t n = 0;

    values[n++] = DB_INT(after_seq);
    for (size_t i = 0; i < COPIED_AT_ONCE; i++) {
        ids[i] = uuid_new();
        values[n++] = DB_UUID(&ids[i]);
    }
    values[n++] = DB_INT(call->id);
    values[n++] = DB_INT(source->id);
    values[n++] = DB_INT(source->workspace_id);
    values[n++] = DB_INT(after_seq);
    values[n++] = DB_INT(last_seq);
    return db_exec(ctx, SQL_FORK_MESSAGES, (struct db_args){ values, n }, ret_count);
}

/* Behind which seq there is something to copy, from after_seq on; end_seq: there is nothing any more. */
static enum err hole_skip(struct ctx *ctx, const struct fork_call *call, int64_t *after_seq)
{
    int64_t next_seq = 0;
    enum err e = db_number(
        ctx, SQL_FORK_NEXT_SEQ,
        DB_ARGS(DB_INT(call->source.id), DB_INT(call->source.workspace_id), DB_INT(*after_seq), DB_INT(call->end_seq)),
        &next_seq);

    if (e != ERR_NOT_FOUND)
        TRY(e);
    *after_seq = e == ERR_OK ? next_seq - 1 : call->end_seq;
    return ERR_OK;
}

static enum err messages_copy(struct ctx *ctx, const struct fork_call *call)
{
    int64_t after_seq = 0, copied_count = 0;

    while (after_seq < call->end_seq) {
        int64_t count = 0;

        TRY(messages_copy_some(ctx, call, after_seq, &count));
        after_seq += COPIED_AT_ONCE;
        copied_count += count;
        if (count == 0)
            TRY(hole_skip(ctx, call, &after_seq));
    }
    return db_exec(ctx, SQL_CHAT_ADD_MESSAGE_COUNT,
                   DB_ARGS(DB_INT(copied_count), DB_INT(call->id), DB_INT(call->source.workspace_id)), NULL);
}

struct file_copy {
    int64_t attachment_id, message_id; /* into which message */
};

static enum err file_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct file_copy *copy = list_add(ctx->arena, arg, sizeof(*copy));

    if (copy == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *copy = (struct file_copy){ db_row_int(row, FORK_ATTACHMENTS_ID), db_row_int(row, FORK_ATTACHMENTS_COPY_ID) };
    return ERR_OK;
}

/* One that goes at this moment does not come along. */
static enum err files_share(struct ctx *ctx, const struct fork_call *call)
{
    const struct chat_ref *source = &call->source;
    struct list files = { NULL, 0 };

    TRY(db_each(ctx, SQL_FORK_ATTACHMENTS,
                DB_ARGS(DB_INT(call->id), DB_INT(source->id), DB_INT(source->workspace_id), DB_INT(call->end_seq)),
                file_add, &files));
    for (size_t i = 0; i < files.count; i++) {
        const struct file_copy *file = (const struct file_copy *)files.items + i;
        const struct binding binding = { source->workspace_id, file->message_id, 0 };
        enum err e = attachment_share(ctx, &binding, file->attachment_id);

        if (e != ERR_NOT_FOUND)
            TRY(e);
    }
    return ERR_OK;
}

static enum err contents_copy(struct ctx *ctx, const struct fork_call *call)
{
    const struct db_value chat = DB_INT(call->id), source = DB_INT(call->source.id),
                          workspace = DB_INT(call->source.workspace_id), end_seq = DB_INT(call->end_seq);

    TRY(messages_copy(ctx, call));
    TRY(db_exec(ctx, SQL_FORK_REPLIES, DB_ARGS(chat, workspace), NULL));
    TRY(db_exec(ctx, SQL_FORK_REPLY_COUNTS, DB_ARGS(chat, workspace), NULL));
    TRY(db_exec(ctx, SQL_FORK_GAPS, DB_ARGS(chat, source, workspace, end_seq), NULL));
    TRY(db_exec(ctx, SQL_FORK_FORWARDS, DB_ARGS(chat, source, workspace, end_seq), NULL));
    TRY(db_exec(ctx, SQL_FORK_FORWARD_AUTHORS, DB_ARGS(chat, source, workspace, end_seq), NULL));
    TRY(files_share(ctx, call));
    return message_index_add_found(ctx, SQL_FORK_WORDS, DB_ARGS(chat, workspace));
}

/* ---- the chat ---- */

static enum err last_message_find(struct ctx *ctx, struct fork_call *call)
{
    struct message message;

    TRY(message_get(ctx, &call->source, &call->opts->message, &message));
    call->source_message_id = message.id;
    call->end_seq = message.seq;
    return ERR_OK;
}

struct fork_size {
    int64_t message_count, file_count;
};

static enum err size_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct fork_size *size = arg;

    (void)ctx;
    size->message_count = db_row_int(row, FORK_SIZE_MESSAGE_COUNT);
    size->file_count = db_row_int(row, FORK_SIZE_FILE_COUNT);
    return ERR_OK;
}

/* Before anything is written, which would have to be undone under the chat's lock. */
static enum err size_check(struct ctx *ctx, const struct fork_call *call)
{
    const struct chat_ref *source = &call->source;
    struct fork_size size = { 0, 0 };

    TRY(db_one(ctx, SQL_FORK_SIZE,
               DB_ARGS(DB_INT(source->id), DB_INT(source->workspace_id), DB_INT(call->end_seq),
                       DB_INT(CHAT_FORK_MESSAGES_MAX + 1)),
               size_read, &size));
    if (size.message_count > CHAT_FORK_MESSAGES_MAX)
        return failf(ctx, ERR_LIMIT, "No more than %d messages are taken over into another chat",
                     CHAT_FORK_MESSAGES_MAX);
    if (size.file_count > CHAT_FORK_FILES_MAX)
        return failf(ctx, ERR_LIMIT, "No more than %d files are taken over into another chat", CHAT_FORK_FILES_MAX);
    return ERR_OK;
}

static enum err title_find(struct ctx *ctx, const struct fork_call *call, struct str *ret_title)
{
    struct chat source;

    if (call->opts->title.ptr != NULL) {
        *ret_title = call->opts->title;
        return ERR_OK;
    }
    if (call->source.kind == CHAT_KIND_DIRECT)
        return problem_add(ctx->problem, (struct fault){ .where = "body",
                                                         .field = "title",
                                                         .type = "missing",
                                                         .message = "is needed where the chat has none itself" });
    TRY(chat_get(ctx, call->opts->m, call->opts->user_id, &call->source.uuid, &source));
    *ret_title = source.title;
    return ERR_OK;
}

static enum err chat_insert(struct ctx *ctx, struct fork_call *call)
{
    const struct chat_ref *source = &call->source;
    const struct db_value now = DB_INT(ctx->now_us);
    struct str title = { NULL, 0 }, folded;

    TRY(title_find(ctx, call, &title));
    TRY(fold_text(ctx->arena, title, &folded));
    TRY(db_insert(ctx, SQL_CHAT_INSERT_FORK,
                  DB_ARGS(DB_UUID(&call->uuid), DB_TEXT(title), DB_TEXT(folded), DB_INT(call->opts->user_id),
                          DB_INT(call->end_seq), DB_INT(call->source_message_id), now, now, now, DB_INT(source->id),
                          DB_INT(source->workspace_id)),
                  &call->id));
    return chat_row_tell(ctx, EVENT_CHAT_CREATED,
                         &(struct chat_row){ source->workspace_id, call->id, call->uuid, (int)source->join });
}

/* What was said before the chat was there is read by all of them. */
static enum err members_come(struct ctx *ctx, const struct fork_call *call)
{
    const struct chat_ref fork = { .id = call->id,
                                   .workspace_id = call->source.workspace_id,
                                   .last_seq = call->end_seq };

    if (call->source.join == CHAT_JOIN_WORKSPACE)
        return chat_states_open(ctx, &fork);
    return chat_member_come(ctx, fork.workspace_id, &fork, call->opts->user_id);
}

static enum err make(struct ctx *ctx, struct fork_call *call)
{
    const struct chat_fork_opts *opts = call->opts;
    int64_t member_count;

    /* The row's foreign key would take the workspace's lock behind the member's: a deadlock with a removal. */
    TRY(workspace_row_lock(ctx, opts->m->workspace_id, &member_count));
    TRY(member_require(ctx, opts->m, opts->user_id, MEMBER_ROLE_MEMBER));
    TRY(chat_require_held(ctx, opts->m, opts->user_id, &opts->chat, CHAT_READ, &call->source));
    TRY(last_message_find(ctx, call));
    TRY(size_check(ctx, call));
    TRY(chat_insert(ctx, call));
    TRY(members_come(ctx, call));
    return contents_copy(ctx, call);
}

static enum err fork_in_transaction(struct ctx *ctx, void *arg)
{
    struct fork_call *call = arg;
    enum idempotency state;
    struct uuid made;

    TRY(idempotency_take(ctx, call->opts->claim, &call->uuid, &state, &made));
    if (state == IDEMPOTENCY_NEW)
        TRY(make(ctx, call));
    return chat_get(ctx, call->opts->m, call->opts->user_id, &made, &call->chat);
}

enum err chat_fork(struct ctx *ctx, const struct chat_fork_opts *opts, struct chat *ret_chat)
{
    struct fork_call call = { .opts = opts, .uuid = uuid_new() };

    TRY(db_run(ctx, fork_in_transaction, &call));
    *ret_chat = call.chat;
    return ERR_OK;
}
