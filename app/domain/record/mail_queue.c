#include "parley/domain/record/mail_queue.h"

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/trace.h"
#include "parley/db/db.h"
#include "parley/mail/mailer.h"

bool mail_queue_is_on(const struct ctx *ctx)
{
    return ctx->app->mailer != NULL;
}

enum err mail_queue_add(struct ctx *ctx, const struct mail_draft *draft)
{
    struct uuid uuid = uuid_new();
    char trace[TRACE_PARENT_TEXT_BYTES] = "";

    if (trace_current() != NULL)
        trace_write(trace_current(), trace);
    outcome_wake(ctx, OUTCOME_MAIL);
    return db_insert(ctx, SQL_MAIL_INSERT,
                     DB_ARGS(DB_UUID(&uuid), DB_TEXT(draft->recipient), DB_TEXT(draft->subject), DB_TEXT(draft->text),
                             DB_INT(ctx->now_us), DB_INT(draft->expires_us), DB_INT(ctx->now_us),
                             trace[0] != '\0' ? DB_TEXT(str_from(trace)) : DB_NULL),
                     NULL);
}

struct str mail_queue_line(struct arena *a, struct str text)
{
    char *line = arena_cstr(a, text);

    if (line == NULL)
        return (struct str){ NULL, 0 };
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7F)
            line[i] = ' ';
    return (struct str){ line, text.len };
}

enum err mail_queue_forget(struct ctx *ctx, struct str recipient)
{
    return db_exec(ctx, SQL_MAILS_FORGET, DB_ARGS(DB_TEXT(recipient)), NULL);
}

enum err mail_queue_expire(struct ctx *ctx, int64_t limit, int64_t *ret_count)
{
    return db_exec(ctx, SQL_MAILS_EXPIRE, DB_ARGS(DB_INT(ctx->now_us - MAIL_KEPT_DAYS * US_PER_DAY), DB_INT(limit)),
                   ret_count);
}

/* ---- sending ---- */

struct mail {
    struct mail_message message;
    struct mail_trace trace;
    int64_t id, due_us, attempts, expires_us;
};

static enum err read_mail(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct mail *mail = arg;

    *mail = (struct mail){
        .id = db_row_int(row, MAIL_NEXT_ID),
        .message = { .id = db_row_uuid(row, MAIL_NEXT_UUID),
                     .to = arena_str(ctx->arena, db_row_str(row, MAIL_NEXT_RECIPIENT)),
                     .subject = arena_str(ctx->arena, db_row_str(row, MAIL_NEXT_SUBJECT)),
                     .text = arena_str(ctx->arena, db_row_str(row, MAIL_NEXT_BODY)),
                     .date_us = db_row_int(row, MAIL_NEXT_CREATED_US) },
        .due_us = db_row_int(row, MAIL_NEXT_DUE_US),
        .attempts = db_row_int(row, MAIL_NEXT_ATTEMPTS),
        .expires_us = db_row_int(row, MAIL_NEXT_EXPIRES_US),
    };
    mail->trace.is_set = trace_read(db_row_str(row, MAIL_NEXT_TRACE), (struct str){ NULL, 0 }, &mail->trace.trace) ==
                         ERR_OK;
    return arena_check(ctx->arena);
}

/* ERR_NOT_FOUND: nothing is due, or another process was quicker. */
static enum err mail_take(struct ctx *ctx, struct mail *ret_mail)
{
    int64_t count = 0;

    TRY(db_one(ctx, SQL_MAIL_NEXT, DB_ARGS(DB_INT(ctx->now_us)), read_mail, ret_mail));
    TRY(db_exec(ctx, SQL_MAIL_CLAIM,
                DB_ARGS(DB_INT(ctx->now_us + MAIL_CLAIM_S * US_PER_S), DB_INT(ret_mail->id), DB_INT(ret_mail->due_us)),
                &count));
    ret_mail->attempts++;
    return count == 1 ? ERR_OK : ERR_NOT_FOUND;
}

static int64_t pause_us(int64_t attempts)
{
    int64_t pause_s = MAIL_RETRY_FIRST_S;

    for (int64_t i = 1; i < attempts && pause_s < MAIL_RETRY_MAX_S; i++)
        pause_s *= 2;
    return (pause_s < MAIL_RETRY_MAX_S ? pause_s : MAIL_RETRY_MAX_S) * US_PER_S;
}

static enum err mail_give_up(struct ctx *ctx, const struct mail *mail, struct mail_report *report)
{
    report->outcome = MAIL_GIVEN_UP;
    return db_exec(ctx, SQL_MAIL_FAILED,
                   DB_ARGS(DB_INT(clock_now_us()), DB_TEXT(str_from(report->error_text)), DB_INT(mail->id)), NULL);
}

/* The server may have taken its time: the pause begins now. */
static enum err mail_put_off(struct ctx *ctx, const struct mail *mail, struct mail_report *report)
{
    int64_t due_us = clock_now_us() + pause_us(mail->attempts);

    if (mail->attempts >= MAIL_ATTEMPTS_MAX || due_us >= mail->expires_us)
        return mail_give_up(ctx, mail, report);
    return db_exec(ctx, SQL_MAIL_PUT_OFF,
                   DB_ARGS(DB_INT(due_us), DB_TEXT(str_from(report->error_text)), DB_INT(mail->id)), NULL);
}

/* One after the other the others would each wait for the same server. */
static enum err others_put_off(struct ctx *ctx, const struct mail *mail)
{
    return db_exec(ctx, SQL_MAILS_PUT_OFF,
                   DB_ARGS(DB_INT(clock_now_us() + pause_us(mail->attempts)), DB_INT(ctx->now_us)), NULL);
}

static enum err result_write(struct ctx *ctx, const struct mail *mail, const struct smtp_result *result,
                             struct mail_report *report)
{
    report->error_text = result->error_text;
    report->status = result->status;
    switch (result->outcome) {
    case SMTP_SENT:
        report->outcome = MAIL_SENT;
        return db_exec(ctx, SQL_MAIL_SENT, DB_ARGS(DB_INT(clock_now_us()), DB_INT(mail->id)), NULL);
    case SMTP_LATER: report->outcome = MAIL_PUT_OFF; return mail_put_off(ctx, mail, report);
    case SMTP_AWAY:
        report->outcome = MAIL_WAITING;
        TRY(others_put_off(ctx, mail));
        return mail_put_off(ctx, mail, report);
    case SMTP_REFUSED: break;
    }
    return mail_give_up(ctx, mail, report);
}

static enum err mail_send(struct ctx *ctx, const struct mail *mail, keepalive_fn keepalive, void *keepalive_arg,
                          struct mail_report *report)
{
    const struct mailer_watch watch = { .keepalive = keepalive, .keepalive_arg = keepalive_arg };
    struct smtp_result result;
    enum err e;

    if (mail->expires_us <= ctx->now_us) {
        report->error_text = "it was not sent in time";
        return mail_give_up(ctx, mail, report);
    }
    e = mailer_send(ctx->app->mailer, &mail->message, &watch, &result);
    if (e == ERR_INVALID) {
        report->error_text = "nothing can be sent to this address";
        return mail_give_up(ctx, mail, report);
    }
    return e == ERR_OK ? result_write(ctx, mail, &result, report) : fail(ctx, e);
}

enum err mail_queue_step(struct ctx *ctx, keepalive_fn keepalive, void *keepalive_arg, struct mail_report *ret_report)
{
    struct mail_report report = { .outcome = MAIL_NONE };
    struct mail mail;
    enum err e = mail_queue_is_on(ctx) ? mail_take(ctx, &mail) : ERR_NOT_FOUND;

    if (e == ERR_OK) {
        report.id = mail.id;
        report.attempt = mail.attempts;
        report.trace = mail.trace;
        trace_begin(mail.trace.is_set ? &mail.trace.trace : NULL);
        e = mail_send(ctx, &mail, keepalive, keepalive_arg, &report);
        trace_begin(NULL);
    }
    if (e == ERR_OK || e == ERR_NOT_FOUND)
        *ret_report = report;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}
