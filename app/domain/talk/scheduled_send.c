#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/events/event.h"
#include "parley/domain/talk/chat.h"
#include "parley/domain/talk/message_change.h"
#include "parley/domain/talk/scheduled.h"

/* One that is due, and its author as they are now. */
struct sending {
    scheduled_post_fn post;
    int64_t id; /* of the row */
    bool taken; /* it is there, and due */
    struct scheduled scheduled;
    int64_t workspace_id, key_id;
    struct uuid workspace;
    struct principal author;
    bool may_act;
    bool require_2fa;
    const char *code; /* why it cannot be sent */
};

/* ---- what there is ---- */

static enum err taken_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct sending *sending = arg;

    sending->workspace_id = db_row_int(row, SCHEDULED_TAKE_WORKSPACE_ID);
    sending->author.user_id = db_row_int(row, SCHEDULED_TAKE_USER_ID);
    sending->key_id = db_row_int(row, SCHEDULED_TAKE_KEY_ID);
    return scheduled_read(ctx, row, &sending->scheduled);
}

/* Another process may have sent it, or its author changed it or taken it back. */
static enum err row_take(struct ctx *ctx, struct sending *sending)
{
    enum err e = db_one(ctx, SQL_SCHEDULED_TAKE, DB_ARGS(DB_INT(sending->id), DB_INT(ctx->now_us)), taken_read,
                        sending);

    sending->taken = e == ERR_OK;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* A key that was used must be good still, as somebody who has signed in must have an account. */
static bool key_counts(const struct ctx *ctx, const struct db_row *row, int64_t key_id)
{
    int64_t expires_us = db_row_int(row, SCHEDULED_AUTHOR_KEY_EXPIRES_US);
    unsigned scopes = (unsigned)db_row_int(row, SCHEDULED_AUTHOR_SCOPES);

    if (key_id == 0)
        return true;
    return db_row_int(row, SCHEDULED_AUTHOR_KEY_ID) == key_id && db_row_int(row, SCHEDULED_AUTHOR_KEY_IS_ACTIVE) != 0 &&
           (expires_us == 0 || expires_us > ctx->now_us) && (scopes & (KEY_SCOPE_WRITE | KEY_SCOPE_ADMIN)) != 0;
}

static enum err author_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct sending *sending = arg;
    struct principal *author = &sending->author;

    author->user = db_row_uuid(row, SCHEDULED_AUTHOR_USER_UUID);
    author->kind = (enum user_kind)db_row_int(row, SCHEDULED_AUTHOR_KIND);
    author->role = (enum user_role)db_row_int(row, SCHEDULED_AUTHOR_ROLE);
    author->twofa_enabled = db_row_int(row, SCHEDULED_AUTHOR_TWOFA_ENABLED) != 0;
    sending->workspace = db_row_uuid(row, SCHEDULED_AUTHOR_WORKSPACE_UUID);
    sending->require_2fa = db_row_int(row, SCHEDULED_AUTHOR_REQUIRE_2FA) != 0;
    sending->may_act = db_row_int(row, SCHEDULED_AUTHOR_IS_ACTIVE) != 0 &&
                       db_row_is_null(row, SCHEDULED_AUTHOR_DELETED_US) && key_counts(ctx, row, sending->key_id);
    return ERR_OK;
}

/* ---- sending ---- */

static enum err author_check(struct ctx *ctx, struct sending *sending)
{
    TRY(db_one(ctx, SQL_SCHEDULED_AUTHOR, DB_ARGS(DB_INT(sending->id), DB_INT(sending->workspace_id)), author_read,
               sending));
    if (!sending->may_act)
        return fail(ctx, sending->key_id != 0 ? ERR_KEY : ERR_USER_INACTIVE);
    if (sending->require_2fa && !sending->author.twofa_enabled)
        return fail(ctx, ERR_SECOND_FACTOR);
    return ERR_OK;
}

static enum err reply_check(struct ctx *ctx, const struct membership *m, const struct sending *sending)
{
    static const struct uuid none;
    const struct scheduled *scheduled = &sending->scheduled;
    struct message_thread thread;
    struct chat_ref chat;

    if (uuid_eq(&scheduled->reply_to, &none))
        return ERR_OK;
    TRY(chat_require(ctx, m, sending->author.user_id, &scheduled->chat, CHAT_WRITE, &chat));
    return message_thread_get(ctx, &chat, &scheduled->reply_to, &thread);
}

static enum err message_send(struct ctx *ctx, struct sending *sending)
{
    const struct scheduled *scheduled = &sending->scheduled;
    struct membership m;
    struct message_draft draft = { .location = { &m, &sending->author, scheduled->chat },
                                   .id = scheduled->uuid,
                                   .content = scheduled->content,
                                   .reply_to = scheduled->reply_to };

    TRY(author_check(ctx, sending));
    TRY(member_find(ctx, &sending->workspace, sending->author.user_id, &m));
    TRY(reply_check(ctx, &m, sending));
    return sending->post(ctx, &draft);
}

/* The message comes and the row goes, or neither: whatever dies meanwhile, the next look finds the one or the other. */
static enum err send_in_transaction(struct ctx *ctx, void *arg)
{
    struct sending *sending = arg;
    int64_t count = 0;

    TRY(row_take(ctx, sending));
    if (!sending->taken)
        return ERR_OK;
    TRY(message_send(ctx, sending));
    TRY(db_exec(ctx, SQL_SCHEDULED_DELETE,
                DB_ARGS(DB_INT(sending->id), DB_INT(sending->workspace_id), DB_INT(sending->author.user_id)), &count));
    return count == 1 ? ERR_OK : fail(ctx, ERR_INTERNAL);
}

/* ---- what could not be sent ---- */

/* The chat may have been erased by now; the event names it all the same. */
static enum err tell_failure(struct ctx *ctx, const struct sending *sending)
{
    char chat_text[UUID_TEXT_BYTES];
    int64_t chat_id = 0;
    enum err e = db_number(ctx, SQL_SCHEDULED_CHAT,
                           DB_ARGS(DB_UUID(&sending->scheduled.chat), DB_INT(sending->workspace_id)), &chat_id);

    if (e != ERR_NOT_FOUND)
        TRY(e);
    uuid_format(&sending->scheduled.chat, chat_text);
    return event_add(ctx, &(struct event){ .kind = EVENT_STATE,
                                           .workspace_id = sending->workspace_id,
                                           .chat_id = chat_id,
                                           .user_id = sending->author.user_id,
                                           .subject = sending->scheduled.uuid,
                                           .detail = str_from(chat_text) });
}

static enum err note_failure(struct ctx *ctx, void *arg)
{
    struct sending *sending = arg;
    int64_t count = 0;

    TRY(row_take(ctx, sending));
    if (!sending->taken)
        return ERR_OK;
    TRY(db_exec(ctx, SQL_SCHEDULED_SET_FAILED,
                DB_ARGS(DB_TEXT(str_from(sending->code)), DB_INT(ctx->now_us), DB_INT(ctx->now_us), DB_INT(sending->id),
                        DB_INT(sending->workspace_id), DB_INT(ctx->now_us)),
                &count));
    return count == 0 ? ERR_OK : tell_failure(ctx, sending);
}

/* What is no fault of the message: it is sent later. An error of the program would keep all others from being sent. */
static bool is_passing(enum err e)
{
    return err_info(e)->http_status >= 500 && e != ERR_INTERNAL;
}

enum err scheduled_send_step(struct ctx *ctx, scheduled_post_fn post, int64_t *ret_count)
{
    struct sending sending = { .post = post };
    enum err e = db_number(ctx, SQL_SCHEDULED_DUE, DB_ARGS(DB_INT(ctx->now_us)), &sending.id);

    *ret_count = 0;
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    ctx->actor = &sending.author;
    e = db_run(ctx, send_in_transaction, &sending);
    ctx->actor = NULL;
    if (e != ERR_OK && is_passing(e))
        return e;
    if (e != ERR_OK) {
        sending.code = err_info(e)->code;
        TRY(db_run(ctx, note_failure, &sending));
    }
    *ret_count = 1;
    return ERR_OK;
}
