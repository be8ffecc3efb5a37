/* Notices by mail: one mail about all that somebody has not read for a while. */
#include <inttypes.h>

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/people/notice_settings.h"
#include "parley/domain/record/mail_queue.h"
#include "parley/domain/talk/notice.h"

struct digest {
    int64_t user_id;
    struct str email; /* absent: there is nobody to write to */
    bool is_wanted;
    struct quiet_hours quiet;
    struct buf lines;
    int64_t message_count;
    size_t chat_count;
    bool has_more; /* than there is room for */
};

static enum err digest_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct digest *digest = arg;
    bool is_never = db_row_is_null(row, NOTICE_MAIL_NEXT_QUIET_FROM);
    bool is_there = db_row_int(row, NOTICE_MAIL_NEXT_IS_ACTIVE) != 0 &&
                    db_row_is_null(row, NOTICE_MAIL_NEXT_DELETED_US);

    digest->user_id = db_row_int(row, NOTICE_MAIL_NEXT_USER_ID);
    digest->email = arena_str(ctx->arena, db_row_str(row, NOTICE_MAIL_NEXT_EMAIL));
    digest->is_wanted = is_there && digest->email.len > 0 && db_row_int(row, NOTICE_MAIL_NEXT_MAIL) != 0;
    digest->quiet = (struct quiet_hours){
        .from_minute = is_never ? QUIET_NEVER : (int)db_row_int(row, NOTICE_MAIL_NEXT_QUIET_FROM),
        .to_minute = is_never ? QUIET_NEVER : (int)db_row_int(row, NOTICE_MAIL_NEXT_QUIET_TO),
        .timezone = arena_str(ctx->arena, db_row_str(row, NOTICE_MAIL_NEXT_TIMEZONE)),
    };
    return arena_check(ctx->arena);
}

/* A chat's or workspace's name, as much of it as has room in a line. */
static struct str name_of(struct ctx *ctx, struct str name)
{
    return mail_queue_line(ctx->arena, str_head_code_points(name, NOTICE_MAIL_NAME_CHARS));
}

static enum err line_add(struct ctx *ctx, const struct db_row *row, void *arg)
{
    enum { LINE_MAX_BYTES = 2048 + 2 * NOTICE_MAIL_NAME_CHARS * 4 + 200 }; /* with PUBLIC_URL and names */
    struct digest *digest = arg;
    const struct uuid workspace = db_row_uuid(row, NOTICE_MAIL_LIST_WORKSPACE_UUID),
                      chat = db_row_uuid(row, NOTICE_MAIL_LIST_CHAT_UUID);
    struct str title = db_row_is_null(row, NOTICE_MAIL_LIST_TITLE) ? STR("a direct chat")
                                                                   : db_row_str(row, NOTICE_MAIL_LIST_TITLE);
    int64_t count = db_row_int(row, NOTICE_MAIL_LIST_COUNT);
    char workspace_text[UUID_TEXT_BYTES], chat_text[UUID_TEXT_BYTES];

    digest->message_count += count;
    if (digest->chat_count == NOTICE_MAIL_CHATS_MAX || digest->lines.len + LINE_MAX_BYTES > digest->lines.cap_bytes) {
        digest->has_more = true;
        return ERR_OK;
    }
    uuid_format(&workspace, workspace_text);
    uuid_format(&chat, chat_text);
    buf_addf(&digest->lines, "%" PRId64 " in %.*s (%.*s)\n  %s/app/#/w/%s/c/%s\n\n", count,
             STR_FMT(name_of(ctx, title)), STR_FMT(name_of(ctx, db_row_str(row, NOTICE_MAIL_LIST_NAME))),
             ctx->config->public_url, workspace_text, chat_text);
    digest->chat_count++;
    return buf_check(&digest->lines);
}

/* What was said does not stand in it: a mail goes through many hands. */
static enum err mail_add(struct ctx *ctx, const struct digest *digest)
{
    const char *what = digest->message_count == 1 ? "message" : "messages";
    struct mail_draft draft = { .recipient = digest->email, .expires_us = ctx->now_us + US_PER_DAY };

    draft.subject = str_from(arena_printf(ctx->arena, "%" PRId64 " unread %s for you at %s", digest->message_count,
                                          what, ctx->config->app_name));
    draft.text = str_from(arena_printf(
        ctx->arena,
        "Unread messages that name you, reply to you, or were written to you directly:\n\n%s%sWhat you are told is set at %s/app/#/me.\n",
        digest->lines.ptr, digest->has_more ? "… and in further chats.\n\n" : "", ctx->config->public_url));
    TRY(arena_check(ctx->arena));
    return mail_queue_add(ctx, &draft);
}

/* The rows are marked in the transaction that queues the mail: of several processes one writes it. */
static enum err write(struct ctx *ctx, void *arg)
{
    struct digest *digest = arg;
    int64_t count = 0;

    buf_clear(&digest->lines);
    digest->message_count = 0;
    digest->chat_count = 0;
    digest->has_more = false;
    if (digest->is_wanted && mail_queue_is_on(ctx))
        TRY(db_each(ctx, SQL_NOTICE_MAIL_LIST,
                    DB_ARGS(DB_INT(digest->user_id), DB_INT(ctx->now_us), DB_INT(NOTICE_MAIL_CHATS_MAX + 1)), line_add,
                    digest));
    TRY(db_exec(ctx, SQL_NOTICES_MAIL_CLAIM, DB_ARGS(DB_INT(digest->user_id), DB_INT(ctx->now_us)), &count));
    return count > 0 && digest->message_count > 0 ? mail_add(ctx, digest) : ERR_OK;
}

/* When quiet hours end browsers are told first, as at any other time; unless the next ones begin before a mail would follow. */
static int64_t mail_due_us(const struct quiet_hours *quiet, int64_t end_us)
{
    int64_t due_us = end_us + NOTICE_MAIL_MIN * US_PER_MINUTE;

    return quiet_until(quiet, due_us) > due_us ? end_us : due_us;
}

static enum err tell(struct ctx *ctx, struct digest *digest)
{
    int64_t until_us = quiet_until(&digest->quiet, ctx->now_us);

    if (digest->is_wanted && until_us > ctx->now_us)
        return db_exec(
            ctx, SQL_NOTICES_MAIL_PUT_OFF,
            DB_ARGS(DB_INT(mail_due_us(&digest->quiet, until_us)), DB_INT(digest->user_id), DB_INT(ctx->now_us)), NULL);
    TRY(db_run(ctx, write, digest));
    return db_exec(ctx, SQL_NOTICES_DONE, DB_ARGS(DB_INT(digest->user_id)), NULL);
}

enum err notice_mail_step(struct ctx *ctx, int64_t *ret_count)
{
    struct digest digest = { .user_id = 0 };
    enum err e = db_one(ctx, SQL_NOTICE_MAIL_NEXT, DB_ARGS(DB_INT(ctx->now_us)), digest_read, &digest);

    *ret_count = e == ERR_OK;
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    buf_init(&digest.lines, NOTICE_MAIL_MAX_BYTES);
    e = tell(ctx, &digest);
    buf_release(&digest.lines);
    return e;
}
