#include "jobs_fixture.h"

#include "parley/domain/lifecycle/erasure.h"

/* ---- leases ---- */

static void test_lease__one_holder_at_a_time(void **state)
{
    (void)state;
    const struct lease mine = lease_of("a", US_PER_MINUTE), theirs = lease_of("a", US_PER_MINUTE);

    assert_ok(lease_take(&f.caller.ctx, &mine));
    assert_err(lease_take(&f.caller.ctx, &theirs), ERR_CONFLICT);
    assert_ok(lease_take(&f.caller.ctx, &mine));
}

static void test_lease__released_is_free(void **state)
{
    (void)state;
    const struct lease mine = lease_of("b", US_PER_MINUTE), theirs = lease_of("b", US_PER_MINUTE);

    assert_ok(lease_take(&f.caller.ctx, &mine));
    assert_ok(lease_release(&f.caller.ctx, &theirs));
    assert_err(lease_take(&f.caller.ctx, &theirs), ERR_CONFLICT);
    assert_ok(lease_release(&f.caller.ctx, &mine));
    assert_ok(lease_take(&f.caller.ctx, &theirs));
}

static void test_lease__a_dead_holders_runs_out(void **state)
{
    (void)state;
    const struct lease dead = lease_of("c", 0), theirs = lease_of("c", US_PER_MINUTE);

    assert_ok(lease_take(&f.caller.ctx, &dead));
    assert_ok(lease_take(&f.caller.ctx, &theirs));
}

static void test_lease__names_do_not_meet(void **state)
{
    (void)state;
    const struct lease one = lease_of("d", US_PER_MINUTE), other = lease_of("e", US_PER_MINUTE);

    assert_ok(lease_take(&f.caller.ctx, &one));
    assert_ok(lease_take(&f.caller.ctx, &other));
}

/* ---- the thread ---- */

/* Until the statement finds no row any more, or for ten seconds. */
static bool gone_soon(enum sql statement)
{
    const struct timespec moment = { .tv_nsec = 5 * 1000 * 1000 };
    int64_t end_us = clock_monotonic_us() + 10 * US_PER_S;
    int64_t id;

    while (clock_monotonic_us() < end_us) {
        if (db_number(&f.caller.ctx, statement, DB_ARGS(DB_INT(INT64_MAX)), &id) == ERR_NOT_FOUND)
            return true;
        (void)nanosleep(&moment, NULL);
    }
    return false;
}

static void delete_chat(void)
{
    struct chat chat = files_chat(&f);
    const struct chat_target target = { .m = &f.of_owner, .user_id = f.owner.id, .chat = chat.uuid };

    assert_ok(chat_delete(&f.caller.ctx, &target));
}

static void test_jobs__work_that_is_there_at_the_start_is_done(void **state)
{
    (void)state;
    struct jobs *jobs;

    delete_chat();
    jobs = jobs_new(&f.base.app);
    assert_non_null(jobs);
    assert_true(gone_soon(SQL_WORK_CHATS));
    assert_ok(jobs_stop(jobs));
    jobs_free(jobs);
}

static void test_jobs__wake_looks_at_once(void **state)
{
    (void)state;
    struct jobs *jobs = jobs_new(&f.base.app);
    int64_t begin_us;

    assert_true(gone_soon(SQL_WORK_CHATS));
    delete_chat();
    begin_us = clock_monotonic_us();
    jobs_wake(jobs);
    assert_true(gone_soon(SQL_WORK_CHATS));
    assert_true(clock_monotonic_us() - begin_us < 4 * US_PER_S); /* its own period is five */
    jobs_free(jobs);
}

static void test_jobs__two_processes_share_the_work(void **state)
{
    (void)state;
    struct jobs *one = jobs_new(&f.base.app), *other = jobs_new(&f.base.app);

    for (int i = 0; i < 20; i++)
        delete_chat();
    jobs_wake(one);
    jobs_wake(other);
    assert_true(gone_soon(SQL_WORK_CHATS));
    jobs_free(one);
    jobs_free(other);
}

static void test_jobs__free_takes_null(void **state)
{
    (void)state;
    jobs_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lease__one_holder_at_a_time),
        cmocka_unit_test(test_lease__released_is_free),
        cmocka_unit_test(test_lease__a_dead_holders_runs_out),
        cmocka_unit_test(test_lease__names_do_not_meet),
        cmocka_unit_test(test_jobs__work_that_is_there_at_the_start_is_done),
        cmocka_unit_test(test_jobs__wake_looks_at_once),
        cmocka_unit_test(test_jobs__two_processes_share_the_work),
        cmocka_unit_test(test_jobs__free_takes_null),
    };

    return cmocka_run_group_tests(tests, jobs_setup, jobs_teardown);
}
