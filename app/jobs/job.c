#include "job.h"

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/domain/audit.h"
#include "parley/domain/audit_chain.h"
#include "parley/domain/erasure.h"
#include "parley/domain/expiry.h"

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
SIMPLE_STEP(expire_store)
SIMPLE_STEP(erase_chats_step)
SIMPLE_STEP(erase_workspaces_step)
SIMPLE_STEP(erase_users_step)
SIMPLE_STEP(audit_seal_step)
SIMPLE_STEP(audit_erase_step)

static enum err digest_job(struct ctx *ctx, struct job_run *run, int64_t *ret_count)
{
    TRY(attachment_digest_step(ctx, run->after_id, run->pulse, run->pulse_arg, &run->after_id));
    *ret_count = run->after_id != 0;
    return ERR_OK;
}

/* Erasing comes before the deletion of objects, which it makes work for; workspaces before the chats that they mark. */
const struct job jobs_table[] = {
    { "erase_workspaces", JOB_QUEUE, 5 * US_PER_S, SQL_WORK_WORKSPACES, 0, erase_workspaces_step_job, true },
    { "erase_users", JOB_QUEUE, 5 * US_PER_S, SQL_WORK_USERS, 0, erase_users_step_job, true },
    { "erase_chats", JOB_QUEUE, 5 * US_PER_S, SQL_WORK_CHATS, 0, erase_chats_step_job, true },
    { "expire_uploads", JOB_QUEUE, US_PER_MINUTE, SQL_WORK_UPLOADS, 0, expire_uploads_job, true },
    { "expire_unbound", JOB_QUEUE, US_PER_MINUTE, SQL_WORK_UNBOUND, ATTACHMENT_UNBOUND_HOURS *US_PER_HOUR,
      expire_unbound_job, true },
    { "expire_objects", JOB_QUEUE, 5 * US_PER_S, SQL_WORK_OBJECTS, 0, expire_objects_job, false },
    { "file_digests", JOB_QUEUE, 5 * US_PER_S, SQL_WORK_UNREAD, 0, digest_job, false },
    { "seal_audit", JOB_QUEUE, 5 * US_PER_S, SQL_WORK_AUDIT, 0, audit_seal_step_job, false },
    { "erase_audit", JOB_QUEUE, 5 * US_PER_S, SQL_WORK_AUDIT_ERASURES, 0, audit_erase_step_job, false },
    { "expire_rows", JOB_PERIODIC, 10 * US_PER_MINUTE, SQL_NONE_, 0, expire_rows_job, false },
    { "sweep_store", JOB_PERIODIC, US_PER_DAY, SQL_NONE_, 0, expire_store_job, false },
};
_Static_assert(COUNT_OF(jobs_table) <= JOBS_MAX, "jobs.c keeps a state for each");
const size_t jobs_table_count = COUNT_OF(jobs_table);
