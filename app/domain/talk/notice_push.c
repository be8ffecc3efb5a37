/* Notices to browsers. */
#include "parley/core/clock.h"
#include "parley/core/json_out.h"
#include "parley/core/limits.h"
#include "parley/core/log.h"
#include "parley/db/db.h"
#include "parley/domain/people/display_name.h"
#include "parley/domain/people/notice_settings.h"
#include "parley/domain/people/push_subscription.h"
#include "parley/domain/talk/chat_own.h"
#include "parley/domain/talk/notice.h"
#include "parley/push/push.h"

struct due {
    int64_t user_id, message_id, chat_id, push_us, active_us;
    enum notice_kind kind;
    bool is_wanted; /* they may read it, have not, and want to be told */
    struct quiet_hours quiet;
    struct uuid message, chat, workspace;
    struct str title, preview, sender;
};

static bool is_wanted(const struct db_row *row)
{
    return db_row_int(row, NOTICE_DUE_MAY_READ) != 0 && db_row_int(row, NOTICE_DUE_IS_THERE) != 0 &&
           db_row_int(row, NOTICE_DUE_IS_LET_IN) != 0 && db_row_int(row, NOTICE_DUE_PUSH) != 0 &&
           db_row_int(row, NOTICE_DUE_SEQ) > db_row_int(row, NOTICE_DUE_READ_SEQ) &&
           db_row_int(row, NOTICE_DUE_NOTIFY) != CHAT_NOTIFY_NONE;
}

static struct str sender_of(struct ctx *ctx, const struct db_row *row)
{
    if (!db_row_is_null(row, NOTICE_DUE_SENDER_NAME))
        return arena_str(ctx->arena, db_row_str(row, NOTICE_DUE_SENDER_NAME));
    return display_name(ctx, db_row_str(row, NOTICE_DUE_FIRST_NAME), db_row_str(row, NOTICE_DUE_LAST_NAME),
                        db_row_str(row, NOTICE_DUE_USERNAME));
}

static enum err due_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    bool is_never = db_row_is_null(row, NOTICE_DUE_QUIET_FROM);

    *(struct due *)arg = (struct due){
        .user_id = db_row_int(row, NOTICE_DUE_USER_ID),
        .message_id = db_row_int(row, NOTICE_DUE_MESSAGE_ID),
        .chat_id = db_row_int(row, NOTICE_DUE_CHAT_ID),
        .push_us = db_row_int(row, NOTICE_DUE_PUSH_US),
        .active_us = db_row_int(row, NOTICE_DUE_ACTIVE_US),
        .kind = (enum notice_kind)db_row_int(row, NOTICE_DUE_KIND),
        .is_wanted = is_wanted(row),
        .quiet = { .from_minute = is_never ? QUIET_NEVER : (int)db_row_int(row, NOTICE_DUE_QUIET_FROM),
                   .to_minute = is_never ? QUIET_NEVER : (int)db_row_int(row, NOTICE_DUE_QUIET_TO),
                   .timezone = arena_str(ctx->arena, db_row_str(row, NOTICE_DUE_TIMEZONE)) },
        .message = db_row_uuid(row, NOTICE_DUE_UUID),
        .chat = db_row_uuid(row, NOTICE_DUE_CHAT_UUID),
        .workspace = db_row_uuid(row, NOTICE_DUE_WORKSPACE_UUID),
        .title = arena_str(ctx->arena, db_row_str(row, NOTICE_DUE_TITLE)),
        .preview = arena_str(ctx->arena, db_row_str(row, NOTICE_DUE_PREVIEW)),
        .sender = sender_of(ctx, row),
    };
    return arena_check(ctx->arena);
}

/* until_us: when to look at it again; 0: it is done with. *ret_is_ours false: another process was quicker. */
static enum err claim(struct ctx *ctx, const struct due *due, int64_t until_us, bool *ret_is_ours)
{
    int64_t count = 0;

    TRY(db_exec(ctx, SQL_NOTICE_PUSH_CLAIM,
                DB_ARGS(DB_INT_OR_NULL(until_us), DB_INT(due->user_id), DB_INT(due->message_id), DB_INT(due->push_us)),
                &count));
    *ret_is_ours = count > 0;
    return ERR_OK;
}

/* The service worker asks the server for the rest, as whoever is signed in there. */
static struct str text_of(struct ctx *ctx, const struct due *due, struct buf *out)
{
    static const char *const kinds[] = { "mention", "reply", "direct" };
    struct json_out json;

    json_out_init(&json, out);
    json_out_object(&json);
    json_out_kv_c(&json, "kind", kinds[due->kind]);
    json_out_kv_uuid(&json, "workspace_id", &due->workspace);
    json_out_kv_uuid(&json, "chat_id", &due->chat);
    json_out_kv_uuid(&json, "message_id", &due->message);
    if (ctx->config->push_content) {
        json_out_kv_str(&json, "sender", due->sender);
        json_out_kv_str(&json, "chat", due->title);
        json_out_kv_str(&json, "content", due->preview);
    }
    json_out_object_end(&json);
    return buf_str(out);
}

/* What became of it in all of somebody's browsers. */
struct telling {
    struct push_message message;
    size_t put_off_count, reached_count;
};

static enum err send_one(struct ctx *ctx, const struct push_subscription *subscription, struct telling *telling)
{
    struct push_result result;

    telling->message.endpoint = subscription->endpoint;
    telling->message.browser = subscription->browser;
    TRY(push_send(ctx->app->push, ctx->config, &telling->message, &result));
    telling->put_off_count += result.outcome == PUSH_LATER;
    telling->reached_count += result.outcome == PUSH_SENT;
    if (result.outcome == PUSH_REFUSED)
        log_event(LOG_INFO, "a push service refuses a notice", LOG_INT("status", result.status),
                  LOG_C("fault", result.error_text));
    if (result.outcome == PUSH_GONE)
        return push_subscription_forget(ctx, subscription->id);
    return push_subscription_note(ctx, subscription, result.outcome != PUSH_LATER);
}

/* Where none of their browsers was reached, or it was broken off. */
static enum err put_off(struct ctx *ctx, const struct due *due)
{
    return db_exec(ctx, SQL_NOTICE_PUSH_SET,
                   DB_ARGS(DB_INT(clock_now_us() + NOTICE_RETRY_S * US_PER_S), DB_INT(due->user_id),
                           DB_INT(due->message_id), DB_INT(NOTICE_TRIES_MAX)),
                   NULL);
}

/* Those behind a browser whose service takes long go without: one person's must not hold up everybody's. */
static enum err send_each(struct ctx *ctx, const struct list *subscriptions, const struct notice_push_opts *opts,
                          struct telling *telling)
{
    const struct push_subscription *items = subscriptions->items;
    int64_t until_us = clock_monotonic_us() + NOTICE_TELL_MAX_S * US_PER_S;

    for (size_t i = 0; i < subscriptions->count && clock_monotonic_us() < until_us; i++) {
        TRY(opts->keepalive(opts->keepalive_arg));
        TRY(send_one(ctx, &items[i], telling));
    }
    return ERR_OK;
}

/* A browser that was reached is not told again for the sake of another one. */
static enum err send_all(struct ctx *ctx, const struct due *due, const struct list *subscriptions,
                         const struct notice_push_opts *opts)
{
    char topic[UUID_TEXT_BYTES];
    struct telling telling = { .message.life_s = NOTICE_LIFE_HOURS * 3600 };
    struct buf text;
    enum err e;

    uuid_format(&due->chat, topic);
    /* RFC 8030 §5.4: 32 characters at most. */
    telling.message.topic = str_head(str_tail(str_from(topic), 4), 32);
    buf_init(&text, 4 * (size_t)WEB_PUSH_TEXT_MAX_BYTES);
    telling.message.text = text_of(ctx, due, &text);
    e = buf_check(&text);
    if (e == ERR_OK)
        e = send_each(ctx, subscriptions, opts, &telling);
    buf_release(&text);
    if (e != ERR_OK || (telling.reached_count == 0 && telling.put_off_count > 0))
        TRY(put_off(ctx, due));
    return e;
}

/* Claimed before it is sent: where the process dies in the middle the mail tells it. */
static enum err tell(struct ctx *ctx, const struct due *due, const struct notice_push_opts *opts)
{
    int64_t until_us = quiet_until(&due->quiet, ctx->now_us);
    bool is_quiet = due->is_wanted && until_us > ctx->now_us,
         is_at_it = ctx->now_us - due->active_us < NOTICE_ACTIVE_S * US_PER_S, is_ours;
    struct list subscriptions;

    TRY(claim(ctx, due, is_quiet ? until_us : 0, &is_ours));
    if (!is_ours || is_quiet || !due->is_wanted || is_at_it)
        return ERR_OK;
    TRY(db_exec(ctx, SQL_NOTICES_PUSH_TOLD, DB_ARGS(DB_INT(due->user_id), DB_INT(due->chat_id), DB_INT(ctx->now_us)),
                NULL));
    TRY(push_subscription_list(ctx, due->user_id, &subscriptions));
    return subscriptions.count == 0 ? ERR_OK : send_all(ctx, due, &subscriptions, opts);
}

enum err notice_push_step(struct ctx *ctx, const struct notice_push_opts *opts, int64_t *ret_count)
{
    struct due due;
    enum err e = db_one(ctx, SQL_NOTICE_PUSH_NEXT, DB_ARGS(DB_INT(ctx->now_us)), due_read, &due);

    *ret_count = e == ERR_OK;
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    TRY(tell(ctx, &due, opts));
    return db_exec(ctx, SQL_NOTICES_DONE, DB_ARGS(DB_INT(due.user_id)), NULL);
}
