#include "jobs_fixture.h"

#include <pthread.h>

#include "../../../app/jobs/job.h"

/* ---- steps that tell what they do, and wait for one another ---- */

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int counts[8];
} told = { .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };

enum told_what { TOLD_MAIL, TOLD_DATA, TOLD_BULK, TOLD_ALL_MET, TOLD_STEPS, TOLD_RUNS, TOLD_FREED, TOLD_LEASE };

static void tell(enum told_what what)
{
    pthread_mutex_lock(&told.mutex);
    told.counts[what]++;
    pthread_cond_broadcast(&told.changed);
    pthread_mutex_unlock(&told.mutex);
}

static int count_of(enum told_what what)
{
    int count;

    pthread_mutex_lock(&told.mutex);
    count = told.counts[what];
    pthread_mutex_unlock(&told.mutex);
    return count;
}

/* Until it has been told so often; false after ten seconds. */
static bool await(enum told_what what, int count)
{
    struct timespec until;
    bool came;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    pthread_mutex_lock(&told.mutex);
    while (told.counts[what] < count && pthread_cond_timedwait(&told.changed, &told.mutex, &until) == 0)
        continue;
    came = told.counts[what] >= count;
    pthread_mutex_unlock(&told.mutex);
    return came;
}

static int begin(void **state)
{
    (void)state;
    memset(told.counts, 0, sizeof(told.counts));
    return 0;
}

static struct jobs *start(const struct job *table, size_t count, int64_t slice_us)
{
    const struct jobs_opts opts = { .app = &f.base.app, .table = table, .table_count = count, .slice_us = slice_us };
    struct jobs *jobs = jobs_start(&opts);

    assert_non_null(jobs);
    return jobs;
}

/* A row that always has work; it looks by itself once, at the start. */
#define JOB(name, lane, step) \
    { \
        name, lane, JOB_QUEUE, US_PER_HOUR, SQL_NONE_, 0, step, false, 0 \
    }

/* ---- lanes ---- */

static void meet_all(enum told_what mine)
{
    tell(mine);
    if (await(TOLD_MAIL, 1) && await(TOLD_DATA, 1) && await(TOLD_BULK, 1))
        tell(TOLD_ALL_MET);
}

#define MEETING_STEP(name, what) \
    static enum err name(struct ctx *ctx, struct job_run *run, int64_t *ret_count) \
    { \
        (void)ctx; \
        (void)run; \
        meet_all(what); \
        *ret_count = 0; \
        return ERR_OK; \
    }
MEETING_STEP(mail_meets, TOLD_MAIL)
MEETING_STEP(data_meets, TOLD_DATA)
MEETING_STEP(bulk_meets, TOLD_BULK)

static void test_lanes__a_long_step_of_one_keeps_no_other_waiting(void **state)
{
    (void)state;
    static const struct job table[] = {
        JOB("long_bulk", JOB_LANE_BULK, bulk_meets),
        JOB("long_data", JOB_LANE_DATA, data_meets),
        JOB("mail", JOB_LANE_MAIL, mail_meets),
    };
    struct jobs *jobs = start(table, COUNT_OF(table), US_PER_HOUR);

    assert_true(await(TOLD_ALL_MET, 3));
    assert_ok(jobs_stop(jobs));
    jobs_free(jobs);
}

static void test_jobs_table__mail_shares_its_lane_with_nothing_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < jobs_table_count; i++) {
        bool is_mail = strcmp(jobs_table[i].name, "send_mail") == 0 ||
                       strcmp(jobs_table[i].name, "password_resets") == 0;

        assert_int_equal(jobs_table[i].lane == JOB_LANE_MAIL, is_mail);
    }
}

/* Has done a piece of work once bulk has looked for the first time. */
static enum err data_makes_work(struct ctx *ctx, struct job_run *run, int64_t *ret_count)
{
    (void)ctx;
    (void)run;
    tell(TOLD_DATA);
    *ret_count = count_of(TOLD_DATA) == 1 && await(TOLD_BULK, 1);
    return ERR_OK;
}

static enum err bulk_looks(struct ctx *ctx, struct job_run *run, int64_t *ret_count)
{
    (void)ctx;
    (void)run;
    tell(TOLD_BULK);
    *ret_count = 0;
    return ERR_OK;
}

static void test_lanes__work_made_in_one_wakes_another(void **state)
{
    (void)state;
    static const struct job table[] = {
        { "makes_work", JOB_LANE_DATA, JOB_QUEUE, US_PER_HOUR, SQL_NONE_, 0, data_makes_work, true, 0 },
        JOB("finds_it", JOB_LANE_BULK, bulk_looks),
    };
    struct jobs *jobs = start(table, COUNT_OF(table), US_PER_HOUR);

    assert_true(await(TOLD_BULK, 2));
    jobs_free(jobs);
}

static enum err mail_looks(struct ctx *ctx, struct job_run *run, int64_t *ret_count)
{
    (void)ctx;
    (void)run;
    tell(TOLD_MAIL);
    *ret_count = 0;
    return ERR_OK;
}

/* Tells whether the one that gathers has not run again before it. */
static enum err mail_looks_first(struct ctx *ctx, struct job_run *run, int64_t *ret_count)
{
    (void)ctx;
    (void)run;
    tell(TOLD_DATA);
    if (count_of(TOLD_DATA) == 2 && count_of(TOLD_MAIL) == 1)
        tell(TOLD_ALL_MET);
    *ret_count = 0;
    return ERR_OK;
}

/* In one lane: were the first of them due at once, it would run before the other. */
static void test_jobs_wake_for__a_job_that_gathers_waits_for_more(void **state)
{
    (void)state;
    static const struct job table[] = {
        { "gathers", JOB_LANE_MAIL, JOB_GATHERING, US_PER_HOUR, SQL_NONE_, 0, mail_looks, false, OUTCOME_WORDS },
        { "looks_at_once", JOB_LANE_MAIL, JOB_QUEUE, US_PER_HOUR, SQL_NONE_, 0, mail_looks_first, false,
          OUTCOME_WORDS },
    };
    struct jobs *jobs = start(table, COUNT_OF(table), US_PER_HOUR);

    assert_true(await(TOLD_MAIL, 1) && await(TOLD_DATA, 1));
    jobs_wake_for(jobs, OUTCOME_WORDS);
    assert_true(await(TOLD_ALL_MET, 1) && await(TOLD_MAIL, 2));
    jobs_free(jobs);
}

static const struct job *index_job(void)
{
    for (size_t i = 0; i < jobs_table_count; i++)
        if (strcmp(jobs_table[i].name, "index_words") == 0)
            return &jobs_table[i];
    fail_msg("there is no such job");
    return NULL;
}

/* As the runtime does; jobs' own threads commit, too, before `posting_wakes` is set. */
static struct jobs *posting_wakes;

static void wake_for_posting(void *arg, struct ctx *ctx, const struct outcome *outcome, enum outcome_commit commit)
{
    (void)arg;
    (void)commit;
    if (ctx == &f.caller.ctx)
        jobs_wake_for(posting_wakes, outcome->topics);
}

/* The job of the index with a period that no test waits for, and a step that tells that it looks. */
static void test_jobs_wake_for__a_new_message_is_indexed_before_the_period_is_over(void **state)
{
    (void)state;
    static const struct after_commit after = { wake_for_posting, NULL };
    struct job looks = *index_job();
    struct chat chat = files_chat(&f);

    looks.period_us = US_PER_HOUR;
    looks.has_work = SQL_NONE_;
    looks.step = mail_looks;
    f.base.app.after_commit = &after;
    posting_wakes = start(&looks, 1, US_PER_HOUR);
    assert_true(await(TOLD_MAIL, 1));
    (void)post(&chat, "kappa");
    assert_true(await(TOLD_MAIL, 2));
    jobs_free(posting_wakes);
    f.base.app.after_commit = NULL;
}

static void test_jobs_wake__reaches_every_lane(void **state)
{
    (void)state;
    static const struct job table[] = {
        JOB("wake_bulk", JOB_LANE_BULK, bulk_meets),
        JOB("wake_data", JOB_LANE_DATA, data_meets),
        JOB("wake_mail", JOB_LANE_MAIL, mail_meets),
    };
    struct jobs *jobs = start(table, COUNT_OF(table), US_PER_HOUR);

    assert_true(await(TOLD_ALL_MET, 3));
    jobs_wake(jobs);
    assert_true(await(TOLD_MAIL, 2) && await(TOLD_DATA, 2) && await(TOLD_BULK, 2));
    jobs_free(jobs);
}

/* ---- slices ---- */

static bool lease_is_free(struct ctx *ctx, const char *name)
{
    const struct lease theirs = lease_of(name, 0);

    return lease_take(ctx, &theirs) == ERR_OK;
}

static void state_free(void *run_state)
{
    assert_ptr_equal(run_state, &told);
    tell(TOLD_FREED);
}

static void state_begin(struct job_run *run)
{
    if (run->state != NULL)
        return;
    tell(TOLD_RUNS);
    run->state = &told;
    run->state_free = state_free;
}

/* Has always more to do, until mail has been looked at; in vain for ten seconds. */
static enum err works_until_mail(struct ctx *ctx, struct job_run *run, int64_t *ret_count)
{
    static int64_t end_us;

    (void)ctx;
    if (run->state == NULL)
        end_us = clock_monotonic_us() + 10 * US_PER_S;
    state_begin(run);
    tell(TOLD_STEPS);
    *ret_count = count_of(TOLD_MAIL) == 0 && clock_monotonic_us() < end_us;
    if (*ret_count == 0 && count_of(TOLD_MAIL) > 0)
        tell(TOLD_ALL_MET);
    return ERR_OK;
}

static enum err mail_after_long(struct ctx *ctx, struct job_run *run, int64_t *ret_count)
{
    (void)run;
    if (!lease_is_free(ctx, "until_mail"))
        tell(TOLD_LEASE);
    tell(TOLD_MAIL);
    *ret_count = 0;
    return ERR_OK;
}

static void test_slice__over_makes_room_and_goes_on_where_it_was(void **state)
{
    (void)state;
    static const struct job table[] = {
        JOB("until_mail", JOB_LANE_MAIL, works_until_mail),
        JOB("behind_it", JOB_LANE_MAIL, mail_after_long),
    };
    struct jobs *jobs = start(table, COUNT_OF(table), 1000);

    assert_true(await(TOLD_ALL_MET, 1));
    assert_true(await(TOLD_FREED, 1));
    jobs_free(jobs);
    assert_int_equal(count_of(TOLD_RUNS), 1);
    assert_int_equal(count_of(TOLD_FREED), 1);
    assert_int_equal(count_of(TOLD_LEASE), 1); /* was kept for it while others had their turn */
    assert_true(lease_is_free(&f.caller.ctx, "until_mail"));
}

static enum err never_ends(struct ctx *ctx, struct job_run *run, int64_t *ret_count)
{
    (void)ctx;
    state_begin(run);
    tell(TOLD_STEPS);
    *ret_count = 1;
    return ERR_OK;
}

static void test_slice__at_the_stop_leaves_its_work_to_others(void **state)
{
    (void)state;
    static const struct job table[] = {
        JOB("endless", JOB_LANE_BULK, never_ends),
        { "endless_by_day", JOB_LANE_DATA, JOB_PERIODIC, US_PER_DAY, SQL_NONE_, 0, never_ends, false, 0 },
    };
    struct jobs *jobs = start(table, COUNT_OF(table), 1000);

    assert_true(await(TOLD_STEPS, 10) && await(TOLD_RUNS, 2));
    assert_ok(jobs_stop(jobs));
    jobs_free(jobs);
    assert_int_equal(count_of(TOLD_FREED), 2);
    assert_true(lease_is_free(&f.caller.ctx, "endless"));
    assert_true(lease_is_free(&f.caller.ctx, "endless_by_day"));
}

static enum err fails(struct ctx *ctx, struct job_run *run, int64_t *ret_count)
{
    state_begin(run);
    *ret_count = 1;
    return fail(ctx, ERR_STORAGE);
}

static void test_slice__that_fails_begins_anew(void **state)
{
    (void)state;
    static const struct job table[] = { JOB("fails", JOB_LANE_BULK, fails) };
    struct jobs *jobs = start(table, COUNT_OF(table), US_PER_HOUR);

    assert_true(await(TOLD_FREED, 1));
    jobs_wake(jobs);
    assert_true(await(TOLD_RUNS, 2));
    jobs_free(jobs);
    assert_int_equal(count_of(TOLD_FREED), count_of(TOLD_RUNS));
    assert_true(lease_is_free(&f.caller.ctx, "fails"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_lanes__a_long_step_of_one_keeps_no_other_waiting, begin),
        cmocka_unit_test_setup(test_jobs_table__mail_shares_its_lane_with_nothing_else, begin),
        cmocka_unit_test_setup(test_lanes__work_made_in_one_wakes_another, begin),
        cmocka_unit_test_setup(test_jobs_wake_for__a_job_that_gathers_waits_for_more, begin),
        cmocka_unit_test_setup(test_jobs_wake_for__a_new_message_is_indexed_before_the_period_is_over, begin),
        cmocka_unit_test_setup(test_jobs_wake__reaches_every_lane, begin),
        cmocka_unit_test_setup(test_slice__over_makes_room_and_goes_on_where_it_was, begin),
        cmocka_unit_test_setup(test_slice__at_the_stop_leaves_its_work_to_others, begin),
        cmocka_unit_test_setup(test_slice__that_fails_begins_anew, begin),
    };

    return cmocka_run_group_tests(tests, jobs_setup, jobs_teardown);
}
