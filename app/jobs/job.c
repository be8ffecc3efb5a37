#include "job.h"

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/log.h"
#include "parley/domain/assist/answer_reap.h"
#include "parley/domain/assist/post.h"
#include "parley/domain/events/event_log.h"
#include "parley/domain/files/attachment_digest.h"
#include "parley/domain/lifecycle/cleanup.h"
#include "parley/domain/lifecycle/erasure.h"
#include "parley/domain/lifecycle/figures.h"
#include "parley/domain/lifecycle/retention.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/record/audit_chain.h"
#include "parley/domain/record/mail_queue.h"
#include "parley/domain/talk/ephemeral.h"
#include "parley/domain/talk/message_index.h"
#include "parley/domain/talk/notice.h"
#include "parley/domain/talk/scheduled.h"
#include "parley/domain/talk/word_pack.h"
#include "parley/domain/trust/api_key_change.h"
#include "parley/domain/trust/password_reset.h"

#define SIMPLE_STEP(fn) \
    static enum err fn##_job(struct ctx *ctx, struct job_run *run, int64_t *ret_count) \
    { \
        (void)run; \
        return fn(ctx, ret_count); \
    }

SIMPLE_STEP(expire_objects)
SIMPLE_STEP(expire_uploads)
SIMPLE_STEP(expire_unbound)
SIMPLE_STEP(expire_rows)
SIMPLE_STEP(event_log_expire)
SIMPLE_STEP(signals_expire)
SIMPLE_STEP(expire_store)
SIMPLE_STEP(erase_chats_step)
SIMPLE_STEP(erase_workspaces_step)
SIMPLE_STEP(erase_users_step)
SIMPLE_STEP(api_key_cleanup)
SIMPLE_STEP(audit_seal_step)
SIMPLE_STEP(audit_erase_step)
SIMPLE_STEP(password_reset_step)
SIMPLE_STEP(message_index_step)
SIMPLE_STEP(notice_mail_step)
SIMPLE_STEP(answer_reap_step)
SIMPLE_STEP(figures_step)

static enum err scheduled_send_step_job(struct ctx *ctx, struct job_run *run, int64_t *ret_count)
{
    (void)run;
    return scheduled_send_step(ctx, post_unread, ret_count);
}

static enum err tidy_job(struct ctx *ctx, struct job_run *run, int64_t *ret_count)
{
    (void)run;
    *ret_count = 0;
    return db_tidy(ctx);
}

static void digest_job_end(void *state)
{
    attachment_digest_free(state);
}

static enum err digest_job(struct ctx *ctx, struct job_run *run, int64_t *ret_count)
{
    const struct attachment_digest_opts opts = { run->until_us, run->keepalive, run->keepalive_arg };
    bool more = false;

    if (run->state == NULL) {
        run->state = attachment_digest_new();
        run->state_free = digest_job_end;
    }
    if (run->state == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    TRY(attachment_digest_step(ctx, run->state, &opts, &more));
    *ret_count = more;
    return ERR_OK;
}

static void pack_words_end(void *state)
{
    word_pack_free(state);
}

static enum err pack_words_job(struct ctx *ctx, struct job_run *run, int64_t *ret_count)
{
    if (run->state == NULL) {
        run->state = word_pack_new();
        run->state_free = pack_words_end;
    }
    if (run->state == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    return word_pack_step(ctx, run->state, ret_count);
}

static enum err retention_job(struct ctx *ctx, struct job_run *run, int64_t *ret_count)
{
    if (run->state == NULL) {
        run->state = calloc(1, sizeof(struct retention_run));
        run->state_free = free;
    }
    if (run->state == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    return retention_step(ctx, run->state, ret_count);
}

static enum err push_notices_job(struct ctx *ctx, struct job_run *run, int64_t *ret_count)
{
    return notice_push_step(ctx, &(struct notice_push_opts){ run->keepalive, run->keepalive_arg }, ret_count);
}

/* What became of a mail, as the log says it. */
static const struct {
    enum log_level level;
    const char *message;
} mail_lines[] = {
    [MAIL_SENT] = { LOG_DEBUG, "mail sent" },
    [MAIL_PUT_OFF] = { LOG_INFO, "mail was not taken and will be tried again" },
    [MAIL_WAITING] = { LOG_WARN, "the mail server is away; mail will be tried again" },
    [MAIL_GIVEN_UP] = { LOG_ERROR, "mail was given up" },
};

static enum err mail_job(struct ctx *ctx, struct job_run *run, int64_t *ret_count)
{
    struct mail_report report;

    TRY(mail_queue_step(ctx, run->keepalive, run->keepalive_arg, &report));
    *ret_count = report.outcome != MAIL_NONE && report.outcome != MAIL_WAITING;
    trace_begin(report.trace.is_set ? &report.trace.trace : NULL);
    if (report.outcome != MAIL_NONE)
        log_event(mail_lines[report.outcome].level, mail_lines[report.outcome].message, LOG_INT("mail", report.id),
                  LOG_INT("attempt", report.attempt), LOG_INT("status", report.status),
                  LOG_C("fault", report.error_text == NULL ? "" : report.error_text));
    trace_begin(NULL);
    return ERR_OK;
}

/*
 * In a lane the order is that of the looking: workspaces before the chats that they mark. Erasing makes work for the
 * deletion of objects, and wakes it.
 */
const struct job jobs_table[] = {
    { "password_resets", JOB_LANE_MAIL, JOB_QUEUE, 2 * US_PER_S, SQL_WORK_PASSWORD_RESET_ASKS, 0,
      password_reset_step_job, true, OUTCOME_MAIL },
    { "send_mail", JOB_LANE_MAIL, JOB_QUEUE, 2 * US_PER_S, SQL_WORK_MAILS, 0, mail_job, false, OUTCOME_MAIL },
    { "push_notices", JOB_LANE_PUSH, JOB_QUEUE, 2 * US_PER_S, SQL_WORK_PUSH_NOTICES, 0, push_notices_job, false, 0 },
    { "mail_notices", JOB_LANE_DATA, JOB_QUEUE, 5 * US_PER_S, SQL_WORK_MAIL_NOTICES, 0, notice_mail_step_job, false,
      0 },
    { "send_scheduled", JOB_LANE_DATA, JOB_QUEUE, US_PER_S, SQL_WORK_SCHEDULED, 0, scheduled_send_step_job, false, 0 },
    { "fail_answers", JOB_LANE_DATA, JOB_QUEUE, 5 * US_PER_S, SQL_WORK_GENERATIONS, 0, answer_reap_step_job, false, 0 },
    { "erase_workspaces", JOB_LANE_DATA, JOB_QUEUE, 5 * US_PER_S, SQL_WORK_WORKSPACES, 0, erase_workspaces_step_job,
      true, OUTCOME_DATA },
    { "erase_users", JOB_LANE_DATA, JOB_QUEUE, 5 * US_PER_S, SQL_WORK_USERS, 0, erase_users_step_job, true,
      OUTCOME_DATA },
    { "erase_chats", JOB_LANE_DATA, JOB_QUEUE, 5 * US_PER_S, SQL_WORK_CHATS, 0, erase_chats_step_job, true,
      OUTCOME_DATA },
    { "expire_uploads", JOB_LANE_DATA, JOB_QUEUE, US_PER_MINUTE, SQL_WORK_UPLOADS, 0, expire_uploads_job, true, 0 },
    { "expire_unbound", JOB_LANE_DATA, JOB_QUEUE, US_PER_MINUTE, SQL_WORK_UNBOUND,
      ATTACHMENT_UNBOUND_HOURS *US_PER_HOUR, expire_unbound_job, true, 0 },
    { "expire_api_keys", JOB_LANE_DATA, JOB_QUEUE, US_PER_MINUTE, SQL_WORK_API_KEYS, 0, api_key_cleanup_job, false, 0 },
    { "seal_audit", JOB_LANE_DATA, JOB_QUEUE, 5 * US_PER_S, SQL_WORK_AUDIT, 0, audit_seal_step_job, false, 0 },
    { "erase_audit", JOB_LANE_DATA, JOB_QUEUE, 5 * US_PER_S, SQL_WORK_AUDIT_ERASURES, 0, audit_erase_step_job, false,
      0 },
    { "apply_retention", JOB_LANE_DATA, JOB_PERIODIC, US_PER_HOUR, SQL_NONE_, 0, retention_job, true, 0 },
    { "expire_rows", JOB_LANE_DATA, JOB_PERIODIC, 10 * US_PER_MINUTE, SQL_NONE_, 0, expire_rows_job, false, 0 },
    { "tidy_database", JOB_LANE_DATA, JOB_PERIODIC, 5 * US_PER_MINUTE, SQL_NONE_, 0, tidy_job, false, 0 },
    { "expire_events", JOB_LANE_DATA, JOB_PERIODIC, 10 * US_PER_MINUTE, SQL_NONE_, 0, event_log_expire_job, false, 0 },
    { "sum_figures", JOB_LANE_DATA, JOB_PERIODIC, US_PER_MINUTE, SQL_NONE_, 0, figures_step_job, false, 0 },
    { "pack_words", JOB_LANE_DATA, JOB_PERIODIC, US_PER_DAY, SQL_NONE_, 0, pack_words_job, false, 0 },
    { "expire_signals", JOB_LANE_DATA, JOB_QUEUE, 15 * US_PER_S, SQL_WORK_SIGNALS, SIGNAL_KEPT_S *US_PER_S,
      signals_expire_job, false, 0 },
    { "expire_objects", JOB_LANE_BULK, JOB_QUEUE, 5 * US_PER_S, SQL_WORK_OBJECTS, 0, expire_objects_job, false,
      OUTCOME_DATA },
    { "file_digests", JOB_LANE_BULK, JOB_QUEUE, 5 * US_PER_S, SQL_WORK_UNREAD, 0, digest_job, false, 0 },
    { "sweep_store", JOB_LANE_BULK, JOB_PERIODIC, US_PER_DAY, SQL_NONE_, 0, expire_store_job, false, 0 },
    { "index_words", JOB_LANE_WORDS, JOB_GATHERING, US_PER_S, SQL_WORK_WORDS, 0, message_index_step_job, false,
      OUTCOME_WORDS },
};
_Static_assert(COUNT_OF(jobs_table) <= JOBS_MAX, "a lane keeps a state for each");
const size_t jobs_table_count = COUNT_OF(jobs_table);
