/* What is done after a commit, and after one of which nobody knows what became of it. */
#include <pthread.h>
#include <stdatomic.h>

#include "faulty_wal.h"
#include "table.h"

enum { THREADS = 16, ROUNDS = 25 };

/* What the hook was given; each thread has its own, as the hook is to run on the thread that called. */
struct settled {
    int count, unknown_count, revoked_count;
    unsigned topics;
    int wrong_count; /* a connection was still held, or the outcome had not been taken out of ctx */
};
static _Thread_local struct settled settled;
static _Thread_local bool hook_writes;
static atomic_int settled_count; /* on all threads */

static enum err one_row(struct ctx *ctx, void *arg)
{
    return insert(ctx, *(int64_t *)arg, 1);
}

static void note(void *arg, struct ctx *ctx, const struct outcome *outcome, enum outcome_commit commit)
{
    static atomic_int_least64_t version = 1000000;
    int64_t own = atomic_fetch_add(&version, 1);

    (void)arg;
    settled.count++;
    atomic_fetch_add(&settled_count, 1);
    settled.unknown_count += commit == OUTCOME_UNKNOWN;
    settled.topics |= outcome->topics;
    for (const struct outcome_revocation *r = outcome->revoked; r != NULL; r = r->next)
        settled.revoked_count++;
    settled.wrong_count += ctx->conn != NULL || ctx->outcome.revoked != NULL || ctx->outcome.topics != 0;
    /* Under the lock of the group commit, or with its only connection in hand, this would never end. */
    if (hook_writes)
        settled.wrong_count += db_run(ctx, one_row, &own) != ERR_OK;
}

static const struct after_commit hook = { note, NULL };

static void work_begin(struct work *w, struct scratch *s)
{
    settled = (struct settled){ .count = 0 };
    hook_writes = false;
    work_init(w, s);
}

struct change {
    int64_t version;
    int retries; /* runs that are to be repeated */
    int runs;
    enum err result;
};

static enum err change_and_tell(struct ctx *ctx, void *arg)
{
    struct change *change = arg;

    change->runs++;
    TRY(insert(ctx, change->version, 1));
    TRY(outcome_revoke(ctx, change->version));
    outcome_wake(ctx, OUTCOME_MAIL);
    if (change->runs <= change->retries) {
        ctx->conn->state = CONN_RETRY; /* as after a deadlock */
        return ERR_BUSY;
    }
    return change->result;
}

static void test_outcome__is_settled_after_the_commit(void **state)
{
    struct scratch *s = scratch_of(state);
    struct change change = { .version = 1 };
    struct work w;

    make_table(s);
    s->app.after_commit = &hook;
    work_begin(&w, s);
    hook_writes = true;
    assert_ok(db_run(&w.ctx, change_and_tell, &change));
    assert_int_equal(settled.count, 1);
    assert_int_equal(settled.unknown_count, 0);
    assert_int_equal(settled.revoked_count, 1);
    assert_int_equal(settled.topics, OUTCOME_MAIL);
    assert_int_equal(settled.wrong_count, 0);
    work_release(&w);
}

static void test_outcome__of_a_repeated_run_counts_once(void **state)
{
    struct scratch *s = scratch_of(state);
    struct change change = { .version = 1, .retries = 2 };
    struct work w;

    make_table(s);
    s->app.after_commit = &hook;
    work_begin(&w, s);
    assert_ok(db_run(&w.ctx, change_and_tell, &change));
    assert_int_equal(change.runs, 3);
    assert_int_equal(settled.count, 1);
    assert_int_equal(settled.revoked_count, 1);
    assert_int_equal(look(&w.ctx).count, 1);
    work_release(&w);
}

static enum err change_within(struct ctx *ctx, void *arg)
{
    enum err e = db_run(ctx, change_and_tell, arg);

    assert_int_equal(settled.count, 0); /* the transaction around it is not committed yet */
    return e;
}

static void test_outcome__goes_with_a_transaction_that_is_rolled_back(void **state)
{
    struct scratch *s = scratch_of(state);
    struct change change = { .version = 1, .result = ERR_GONE };
    struct work w;

    make_table(s);
    s->app.after_commit = &hook;
    work_begin(&w, s);
    assert_err(db_run(&w.ctx, change_and_tell, &change), ERR_GONE);
    assert_err(db_run(&w.ctx, change_within, &change), ERR_GONE);
    assert_int_equal(settled.count, 0);
    change = (struct change){ .version = 2 };
    assert_ok(db_run(&w.ctx, change_within, &change));
    assert_int_equal(settled.count, 1);
    assert_int_equal(settled.revoked_count, 1); /* nothing of the two before */
    work_release(&w);
}

/* ---- the disk fails ---- */

static void test_outcome__a_log_that_was_written_but_not_synced_is_unknown(void **state)
{
    struct scratch *s = scratch_of(state);
    struct change change = { .version = 1 };
    struct work w;

    make_table(s);
    s->app.after_commit = &hook;
    work_begin(&w, s);
    atomic_store(&wal_fault, WAL_NOT_SYNCED);
    assert_err(db_run(&w.ctx, change_and_tell, &change), ERR_COMMIT_UNKNOWN);
    assert_int_equal(atomic_load(&wal_fault), WAL_FINE); /* it has struck */
    assert_int_equal(change.runs, 1);
    assert_int_equal(settled.count, 1);
    assert_int_equal(settled.unknown_count, 1);
    assert_int_equal(settled.revoked_count, 1);
    change = (struct change){ .version = 2 };
    assert_ok(db_run(&w.ctx, change_and_tell, &change));
    work_release(&w);
}

static void test_outcome__a_log_without_room_is_surely_not_committed_and_repeated(void **state)
{
    struct scratch *s = scratch_of(state);
    struct change change = { .version = 1 };
    struct work w;

    make_table(s);
    s->app.after_commit = &hook;
    work_begin(&w, s);
    atomic_store(&wal_fault, WAL_FULL);
    assert_ok(db_run(&w.ctx, change_and_tell, &change));
    assert_int_equal(atomic_load(&wal_fault), WAL_FINE);
    assert_int_equal(change.runs, 2);
    assert_int_equal(settled.count, 1);
    assert_int_equal(settled.unknown_count, 0);
    assert_int_equal(look(&w.ctx).count, 1);
    work_release(&w);
}

/* ---- several threads in one commit ---- */

/* Each thread hears of its own transactions, of those that were committed, and of nobody else's. */
static void *work_rounds(void *arg)
{
    struct scratch_thread *task = arg;
    int wanted = 0;
    struct work w;

    work_begin(&w, task->s);
    hook_writes = true;
    for (int i = 0; i < ROUNDS; i++) {
        struct change change = { .version = 10 + task->number * ROUNDS + i,
                                 .retries = i % 5 == 1,
                                 .result = i % 5 == 2 ? ERR_GONE : ERR_OK };
        enum err e = db_run(&w.ctx, change_and_tell, &change);

        wanted += e == ERR_OK;
        task->wrong_count += e != change.result;
    }
    task->wrong_count += settled.count != wanted || settled.revoked_count != wanted || settled.unknown_count != 0;
    task->wrong_count += settled.wrong_count;
    work_release(&w);
    return NULL;
}

static void test_outcome__is_settled_on_its_own_thread_outside_the_group(void **state)
{
    struct scratch *s = scratch_of(state);
    struct work w;

    make_table(s);
    s->app.after_commit = &hook;
    atomic_store(&settled_count, 0);
    scratch_threads(s, THREADS, work_rounds);
    assert_int_equal(atomic_load(&settled_count), THREADS * ROUNDS * 4 / 5);
    work_init(&w, s);
    assert_int_equal(look(&w.ctx).count, 2 * THREADS * ROUNDS * 4 / 5);
    work_release(&w);
}

static int setup_faulty(void **state)
{
    (void)state;
    faulty_wal_install();
    return 0;
}

#define BOTH(test) SQLITE_TEST(test), MYSQL_TEST(test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_outcome__is_settled_after_the_commit),
        BOTH(test_outcome__of_a_repeated_run_counts_once),
        BOTH(test_outcome__goes_with_a_transaction_that_is_rolled_back),
        SQLITE_TEST(test_outcome__a_log_that_was_written_but_not_synced_is_unknown),
        SQLITE_TEST(test_outcome__a_log_without_room_is_surely_not_committed_and_repeated),
        BOTH(test_outcome__is_settled_on_its_own_thread_outside_the_group),
    };
    return cmocka_run_group_tests(tests, setup_faulty, NULL);
}
