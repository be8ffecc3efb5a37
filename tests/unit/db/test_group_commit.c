/* Transactions of several threads in one commit, seen from db_run. */
#include <stdatomic.h>

#include "table.h"

enum { THREADS = 24, ROUNDS = 30 };

/* What each thread's transaction is to come to. */
enum ending { GOOD, REFUSED, TAKEN, ROLLED_BACK, ENDING_COUNT };

static _Atomic int runs;

struct step {
    enum ending ending;
    int64_t version;
};

/* Two rows each, so that half a transaction would show. */
static enum err two_rows(struct ctx *ctx, void *arg)
{
    const struct step *step = arg;
    runs++;
    TRY(insert(ctx, step->version, 1));
    if (step->ending == REFUSED)
        return problem_fail(ctx->problem, ctx->arena, ERR_GONE, NULL);
    if (step->ending == TAKEN)
        return insert(ctx, step->version, 1);
    /* A trigger of the test answers 666 by rolling the whole transaction back, other threads' entries and all. */
    return insert(ctx, step->version + 1, step->ending == ROLLED_BACK ? 666 : 1);
}

static void *work_rounds(void *arg)
{
    static const enum err wanted[ENDING_COUNT] = { ERR_OK, ERR_GONE, ERR_CONFLICT, ERR_INTERNAL };
    struct scratch_thread *task = arg;
    struct work w;
    work_init(&w, task->s);
    for (int i = 0; i < ROUNDS; i++) {
        struct step step = { .ending = (enum ending)((task->number + i) % ENDING_COUNT),
                             .version = 10 + 2 * (task->number * ROUNDS + i) };
        w.problem = (struct problem){ .err = ERR_OK };
        enum err e = db_run(&w.ctx, two_rows, &step);
        task->wrong_count += e != wanted[step.ending] || (w.problem.err == ERR_GONE) != (step.ending == REFUSED);
    }
    work_release(&w);
    return NULL;
}

static void test_group_commit__each_fails_or_stays_by_itself(void **state)
{
    struct scratch *s = scratch_of(state);
    make_table(s);
    assert_ok(scratch_text(s->db, "CREATE TRIGGER rollback_all BEFORE INSERT ON schema_migrations "
                                  "WHEN NEW.statements_done = 666 BEGIN SELECT RAISE(ROLLBACK, 'all'); END"));
    struct work w;
    work_init(&w, s);
    runs = 0;
    scratch_threads(s, THREADS, work_rounds);
    struct seen seen = look(&w.ctx);
    assert_int_equal(seen.count, 2 * THREADS * ROUNDS / ENDING_COUNT);
    assert_int_equal(seen.sum, seen.count);
    /* Those whose batch was rolled back ran again. */
    assert_true(runs > THREADS * ROUNDS);
    work_release(&w);
}

static void *end_of_thread(void *arg)
{
    struct work w;
    struct step step = { .version = 1 };
    work_init(&w, arg);
    enum err e = db_run(&w.ctx, two_rows, &step);
    work_release(&w);
    return (void *)(uintptr_t)e;
}

/* Another process holds the lock for as long as the statement may take; then the queue goes on. */
static void test_group_commit__a_lock_from_outside_delays_and_loses_nothing(void **state)
{
    struct scratch *s = scratch_of(state);
    struct buf error_text;
    struct db *other = NULL;
    struct db_conn *conn = NULL;
    pthread_t thread;
    void *result = NULL;

    make_table(s);
    buf_init(&error_text, 1000);
    assert_ok(db_open(&s->config, DB_UNCHECKED, &error_text, &other));
    assert_ok(other->ops->open(other, CONN_FOR_WRITING, &error_text, &conn));
    assert_ok(other->ops->begin(conn, CONN_CHANGING));
    assert_int_equal(pthread_create(&thread, NULL, end_of_thread, s), 0);
    other->ops->rollback(conn);
    pthread_join(thread, &result);
    assert_ok((enum err)(uintptr_t)result);
    other->ops->close(conn);
    db_close(other);
    buf_release(&error_text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SQLITE_TEST(test_group_commit__each_fails_or_stays_by_itself),
        SQLITE_TEST(test_group_commit__a_lock_from_outside_delays_and_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
