#include "doctor.h"
#include "parley/bus/bus.h"
#include "parley/core/buf.h"
#include "parley/mail/mailer.h"
#include "parley/objects/store.h"

enum { FAULT_MAX_BYTES = 4096 };

void check_store(struct doctor_run *run)
{
    struct buf error_text;
    enum err e;

    buf_init(&error_text, FAULT_MAX_BYTES);
    e = store_check(run->config, &error_text);
    if (e != ERR_OK)
        check_result(run, "%s", error_text.len > 0 ? error_text.ptr : err_info(e)->sentence);
    buf_release(&error_text);
}

void check_redis(struct doctor_run *run)
{
    struct buf error_text;
    enum err e;

    buf_init(&error_text, FAULT_MAX_BYTES);
    e = bus_check(run->config, &error_text);
    if (e != ERR_OK)
        check_result(run, "Redis (REDIS_URL, REDIS_HOST): %s",
                     error_text.len > 0 ? error_text.ptr : err_info(e)->sentence);
    buf_release(&error_text);
}

static void check_mail_server(struct doctor_run *run, struct mailer *mailer)
{
    struct smtp_result result;
    enum err e = mailer_check(mailer, NULL, NULL, &result);

    if (e != ERR_OK)
        check_result(run, "%s", err_info(e)->sentence);
    else if (result.outcome != SMTP_SENT && result.status >= 400)
        check_result(run, "the mail server (SMTP_URL, SMTP_SERVER): %s (it answered %d)", result.error_text,
                     result.status);
    else if (result.outcome != SMTP_SENT)
        check_result(run, "the mail server (SMTP_URL, SMTP_SERVER): %s", result.error_text);
}

void check_mail(struct doctor_run *run)
{
    struct mailer *mailer;
    struct buf error_text;
    enum err e;

    buf_init(&error_text, FAULT_MAX_BYTES);
    e = mailer_open(run->config, &error_text, &mailer);
    if (e != ERR_OK)
        check_result(run, "%s", error_text.len > 0 ? error_text.ptr : err_info(e)->sentence);
    else if (mailer != NULL)
        check_mail_server(run, mailer);
    mailer_close(mailer);
    buf_release(&error_text);
}
