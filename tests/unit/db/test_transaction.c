#include "parley/db/db.h"

#include "table.h"
#include "waits.h"

static enum err two_rows_then(struct ctx *ctx, void *arg)
{
    const enum err *result = arg;
    TRY(insert(ctx, 1, 1));
    TRY(insert(ctx, 2, 2));
    assert_int_equal(look(ctx).count, 2);
    return *result;
}

static enum err nested(struct ctx *ctx, void *arg)
{
    TRY(db_run(ctx, two_rows_then, arg));
    return db_read(ctx, two_rows_then, arg) == ERR_CONFLICT ? ERR_OK : ERR_INTERNAL;
}

static void test_transaction__keeps_a_transaction_whole(void **state)
{
    struct scratch *s = scratch_of(state);
    make_table(s);
    struct work w;
    work_init(&w, s);
    enum err result = ERR_GONE;
    assert_err(db_run(&w.ctx, two_rows_then, &result), ERR_GONE);
    assert_int_equal(look(&w.ctx).count, 0);
    result = ERR_OK;
    w.problem.err = ERR_GONE;
    assert_ok(db_run(&w.ctx, two_rows_then, &result));
    assert_int_equal(w.problem.err, ERR_OK);
    assert_int_equal(look(&w.ctx).count, 2);
    assert_null(w.ctx.conn);
    work_release(&w);
}

static void test_transaction__joins_the_transaction_around_it(void **state)
{
    struct scratch *s = scratch_of(state);
    make_table(s);
    struct work w;
    work_init(&w, s);
    enum err result = ERR_OK;
    assert_ok(db_run(&w.ctx, nested, &result));
    assert_int_equal(look(&w.ctx).count, 2);
    work_release(&w);
}

/*
 * On SQLite db_read sees one state, whatever others do meanwhile; elsewhere each statement sees what is committed. Judged
 * outside, so that a failure leaves no connection checked out.
 */
struct reading {
    struct scratch *s;
    struct seen before, after;
};

static enum err read_twice(struct ctx *ctx, void *arg)
{
    struct reading *reading = arg;
    struct work other;
    TRY(db_each(ctx, SQL_MIGRATION_LIST, DB_NO_ARGS, see, &reading->before));
    work_init(&other, reading->s);
    enum err e = set_done(&other.ctx, 1, 50);
    work_release(&other);
    TRY(e);
    return db_each(ctx, SQL_MIGRATION_LIST, DB_NO_ARGS, see, &reading->after);
}

static void test_transaction__readings_see_what_db_h_says(void **state)
{
    struct scratch *s = scratch_of(state);
    make_table(s);
    struct work w;
    work_init(&w, s);
    assert_ok(insert(&w.ctx, 1, 1));
    struct reading reading = { .s = s };
    assert_ok(db_read(&w.ctx, read_twice, &reading));
    assert_int_equal(reading.before.sum, 1);
    assert_int_equal(reading.after.sum, s->name[0] == '\0' ? 1 : 50);
    assert_int_equal(look(&w.ctx).sum, 50);
    work_release(&w);
}

enum { THREADS = 32, ROUNDS = 20 };

static enum err add_one(struct ctx *ctx, void *arg)
{
    (void)arg;
    /* The lock first, then the look: as seq is given out. */
    TRY(set_done(ctx, 1000, 0));
    struct seen seen = look(ctx);
    return insert(ctx, seen.count, 1);
}

static void *write_rounds(void *arg)
{
    struct work w;
    work_init(&w, arg);
    intptr_t failed = 0;
    for (int i = 0; i < ROUNDS; i++)
        failed += db_run(&w.ctx, add_one, NULL) != ERR_OK;
    work_release(&w);
    return (void *)failed;
}

static void test_transaction__32_threads_count_without_gap_or_double(void **state)
{
    struct scratch *s = scratch_of(state);
    make_table(s);
    struct work w;
    work_init(&w, s);
    assert_ok(insert(&w.ctx, 1000, 0));
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_rounds, s), 0);
    for (int i = 0; i < THREADS; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    struct seen seen = look(&w.ctx);
    assert_int_equal(seen.count, THREADS * ROUNDS + 1);
    assert_int_equal(seen.sum, THREADS * ROUNDS);
    work_release(&w);
}

/* Two transactions take two rows in opposite order, each when the other has its first. */
struct pair {
    struct scratch *s;
    pthread_barrier_t barrier;
    int64_t first, second;
    int runs;
    enum err result;
};
struct half {
    struct pair *pair;
    int64_t first, second;
    int runs;
    enum err result;
};

static enum err take_both(struct ctx *ctx, void *arg)
{
    struct half *half = arg;
    TRY(set_done(ctx, half->first, 10));
    if (half->runs++ == 0)
        pthread_barrier_wait(&half->pair->barrier);
    return set_done(ctx, half->second, 10);
}

static void *run_half(void *arg)
{
    struct half *half = arg;
    struct work w;
    work_init(&w, half->pair->s);
    half->result = db_run(&w.ctx, take_both, half);
    work_release(&w);
    return NULL;
}

static void test_transaction__runs_again_after_a_deadlock(void **state)
{
    struct scratch *s = scratch_of(state);
    make_table(s);
    struct work w;
    work_init(&w, s);
    assert_ok(insert(&w.ctx, 1, 0));
    assert_ok(insert(&w.ctx, 2, 0));
    struct pair pair = { .s = s };
    pthread_barrier_init(&pair.barrier, NULL, 2);
    struct half halves[2] = { { &pair, 1, 2, 0, ERR_OK }, { &pair, 2, 1, 0, ERR_OK } };
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run_half, &halves[0]), 0);
    run_half(&halves[1]);
    pthread_join(thread, NULL);
    assert_ok(halves[0].result);
    assert_ok(halves[1].result);
    assert_int_equal(halves[0].runs + halves[1].runs, 3);
    assert_int_equal(look(&w.ctx).sum, 20);
    pthread_barrier_destroy(&pair.barrier);
    work_release(&w);
}

/* Behind the first row of a result that is larger than what lies between server and client. */
static enum err interrupt(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct scratch *s = arg;

    (void)ctx;
    if (db_row_int(row, MIGRATION_LIST_VERSION) > 1)
        return ERR_OK;
    return scratch_text(s->db, "SELECT CONCAT('KILL QUERY ', id) INTO @kill FROM information_schema.processlist "
                               "WHERE db = DATABASE() AND info LIKE 'SELECT version, name%'; "
                               "PREPARE killing FROM @kill; EXECUTE killing");
}

static void test_transaction__hears_of_an_end_in_the_middle_of_a_result(void **state)
{
    struct scratch *s = scratch_of(state);
    struct work w;

    make_table(s);
    assert_ok(scratch_text(s->db, "INSERT INTO schema_migrations (version, name) "
                                  "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 300) "
                                  "SELECT i, REPEAT('x', 100000) FROM n"));
    work_init(&w, s);
    assert_err(db_each(&w.ctx, SQL_MIGRATION_LIST, DB_NO_ARGS, interrupt, s), ERR_BUSY);
    assert_ok(set_done(&w.ctx, 1, 1));
    work_release(&w);
}

/* Another process (here: another pool) holds the lock for good: ERR_BUSY, in bounded time. */
static enum err hold_while_other_tries(struct ctx *ctx, void *arg)
{
    struct scratch *other = arg;
    TRY(set_done(ctx, 1, 1));
    struct work w;
    work_init(&w, other);
    int64_t began_us = clock_monotonic_us();
    assert_err(set_done(&w.ctx, 1, 2), ERR_BUSY);
    assert_in_range((uintmax_t)((clock_monotonic_us() - began_us) / US_PER_MS), 1000, 12000);
    work_release(&w);
    return ERR_OK;
}

static void test_transaction__gives_up_on_a_lock_that_stays(void **state)
{
    struct scratch *s = scratch_of(state);
    make_table(s);
    struct work w;
    work_init(&w, s);
    assert_ok(insert(&w.ctx, 1, 0));
    struct scratch other = *s;
    scratch_open_db(&other);
    assert_ok(db_run(&w.ctx, hold_while_other_tries, &other));
    assert_int_equal(look(&w.ctx).sum, 1);
    db_close(other.db);
    work_release(&w);
}

/* All that threads may check out. */
static struct db_pool_stats both_pools(struct db *db)
{
    struct db_pool_stats stats, writing;
    assert_true(db_pool_stats(db, 0, &stats) && db_pool_stats(db, 1, &writing));
    assert_string_equal(writing.name, "write");
    stats.total_count += writing.total_count;
    stats.idle_count += writing.idle_count;
    stats.busy_count += writing.busy_count;
    stats.wait_us += writing.wait_us;
    return stats;
}

static enum err lease_all(struct ctx *ctx, void *arg)
{
    struct scratch *s = arg;
    struct db_pool_stats stats;
    (void)look(ctx);
    stats = both_pools(s->db);
    if (stats.total_count - stats.idle_count < (int)s->config.db_pool_max_size) {
        struct work w;
        work_init(&w, s);
        assert_ok(db_read(&w.ctx, lease_all, s));
        work_release(&w);
        return ERR_OK;
    }
    struct work w;
    work_init(&w, s);
    int64_t began_us = clock_monotonic_us();
    assert_err(db_number(&w.ctx, SQL_MIGRATION_LIST, DB_NO_ARGS, &(int64_t){ 0 }), ERR_BUSY);
    assert_true(clock_monotonic_us() - began_us >= (DB_LEASE_WAIT_MAX_MS - 100) * US_PER_MS);
    work_release(&w);
    return ERR_OK;
}

static void test_transaction__an_empty_pool_is_busy_and_recovers(void **state)
{
    struct scratch *s = scratch_of(state);
    make_table(s);
    struct work w;
    work_init(&w, s);
    assert_ok(db_read(&w.ctx, lease_all, s));
    struct db_pool_stats stats = both_pools(s->db);
    assert_int_equal(stats.busy_count, 1);
    assert_true(stats.wait_us >= (DB_LEASE_WAIT_MAX_MS - 100) * US_PER_MS);
    assert_int_equal(stats.total_count, s->config.db_pool_max_size);
    assert_int_equal(stats.idle_count, stats.total_count);
    assert_int_equal(look(&w.ctx).count, 0);
    work_release(&w);
}

/* Changing waits, for the network or for the one writer; reading a file of our own does not. */
static void test_transaction__says_when_it_waits(void **state)
{
    struct scratch *s = scratch_of(state);
    bool is_file = strcmp(db_kind(s->db), "sqlite") == 0;
    make_table(s);
    struct work w;
    work_init(&w, s);
    struct waits waits;
    enum err result = ERR_OK;
    waits_watch(&waits);
    assert_ok(db_run(&w.ctx, two_rows_then, &result));
    assert_int_equal(waits_count(&waits), 1);
    waits_watch(&waits);
    assert_ok(set_done(&w.ctx, 1, 2));
    assert_int_equal(waits_count(&waits), 1);
    waits_watch(&waits);
    assert_int_equal(look(&w.ctx).count, 2);
    assert_int_equal(waits_count(&waits), is_file ? 0 : 1);
    work_release(&w);
}

#define BOTH(test) SQLITE_TEST(test), MYSQL_TEST(test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_transaction__keeps_a_transaction_whole),
        BOTH(test_transaction__joins_the_transaction_around_it),
        BOTH(test_transaction__readings_see_what_db_h_says),
        BOTH(test_transaction__says_when_it_waits),
        BOTH(test_transaction__32_threads_count_without_gap_or_double),
        MYSQL_TEST(test_transaction__runs_again_after_a_deadlock),
        MYSQL_TEST(test_transaction__hears_of_an_end_in_the_middle_of_a_result),
        BOTH(test_transaction__gives_up_on_a_lock_that_stays),
        BOTH(test_transaction__an_empty_pool_is_busy_and_recovers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
