/* What becomes of work when the connection to the server is lost. */
#include "parley/db/db.h"

#include "proxy.h"
#include "table.h"

/* The scratch database, reached through a proxy by `app` and directly by `direct`. */
struct lost {
    struct scratch direct, through;
    struct proxy proxy;
    struct work w, d; /* on through, on direct */
};

static void url_through(struct lost *l)
{
    struct arena *a = arena_new(65536);
    struct db_url url;
    const char *reason = NULL;
    assert_ok(db_url_parse(a, str_from(l->direct.url), &url, &reason));
    proxy_start(&l->proxy, (int)url.port);
    snprintf(l->through.url, sizeof(l->through.url), "mysql://%s:%s@127.0.0.1:%d/%s", url.user, url.password,
             l->proxy.port, url.database);
    arena_free(a);
}

static int setup(void **state)
{
    *state = NULL;
    if (scratch_server() == NULL)
        return 0;
    struct lost *l = calloc(1, sizeof(*l));
    assert_non_null(l);
    scratch_mysql(&l->direct);
    make_table(&l->direct);
    l->through = l->direct;
    url_through(l);
    scratch_config(&l->through);
    l->through.config.db_query_timeout_s = 1;
    l->through.config.db_connection_timeout_s = 2;
    scratch_open_db(&l->through);
    work_init(&l->w, &l->through);
    work_init(&l->d, &l->direct);
    assert_ok(insert(&l->w.ctx, 1, 0));
    *state = l;
    return 0;
}

static int teardown(void **state)
{
    struct lost *l = *state;
    if (l == NULL)
        return 0;
    work_release(&l->w);
    work_release(&l->d);
    db_close(l->through.db);
    proxy_stop(&l->proxy);
    scratch_release(&l->direct);
    free(l);
    return 0;
}

static struct lost *lost_of(void **state)
{
    if (*state == NULL)
        skip();
    return *state;
}

static enum err nothing(struct ctx *ctx, void *arg)
{
    (void)arg;
    return set_done(ctx, 1, 7);
}

static void test_lost__an_idle_connection_is_replaced(void **state)
{
    struct lost *l = lost_of(state);
    proxy_drop(&l->proxy);
    assert_int_equal(look(&l->w.ctx).count, 1);
    proxy_drop(&l->proxy);
    assert_ok(set_done(&l->w.ctx, 1, 5));
    proxy_drop(&l->proxy);
    assert_ok(db_run(&l->w.ctx, nothing, NULL));
    assert_int_equal(look(&l->d.ctx).sum, 7);
}

static void test_lost__a_select_is_asked_again(void **state)
{
    struct lost *l = lost_of(state);
    proxy_set(&l->proxy, PROXY_CUT_BEFORE, "");
    assert_int_equal(look(&l->w.ctx).count, 1);
    proxy_set(&l->proxy, PROXY_CUT_AFTER, "");
    assert_int_equal(look(&l->w.ctx).count, 1);
}

static void test_lost__a_transaction_that_never_began_is_begun_again(void **state)
{
    struct lost *l = lost_of(state);
    assert_ok(db_run(&l->w.ctx, nothing, NULL)); /* the statement is prepared */
    assert_ok(set_done(&l->d.ctx, 1, 0));
    proxy_set(&l->proxy, PROXY_CUT_BEFORE, "");
    assert_ok(db_run(&l->w.ctx, nothing, NULL));
    assert_int_equal(atomic_load(&l->proxy.mode), PROXY_PASS); /* it was cut */
    assert_int_equal(look(&l->d.ctx).sum, 7);
}

static void test_lost__a_single_change_is_not_repeated(void **state)
{
    struct lost *l = lost_of(state);
    assert_ok(insert(&l->w.ctx, 50, 0)); /* the statement is prepared */
    proxy_set(&l->proxy, PROXY_CUT_AFTER, "");
    assert_err(insert(&l->w.ctx, 51, 100), ERR_COMMIT_UNKNOWN);
    assert_int_equal(look(&l->d.ctx).sum, 100);
    assert_ok(set_done(&l->w.ctx, 1, 1));
}

struct cut {
    struct lost *l;
    int runs;
};

static enum err cut_in_the_middle(struct ctx *ctx, void *arg)
{
    struct cut *cut = arg;
    cut->runs++;
    TRY(set_done(ctx, 1, 9));
    proxy_drop(&cut->l->proxy);
    enum err e = set_done(ctx, 1, 10);
    assert_err(e, ERR_DATABASE);
    assert_err(set_done(ctx, 1, 11), ERR_DATABASE);
    return ERR_OK; /* one that forgets */
}

static void test_lost__in_a_transaction_is_an_error(void **state)
{
    struct lost *l = lost_of(state);
    struct cut cut = { l, 0 };
    assert_err(db_run(&l->w.ctx, cut_in_the_middle, &cut), ERR_DATABASE);
    assert_int_equal(cut.runs, 1);
    assert_ok(db_run(&l->w.ctx, nothing, NULL));
    assert_int_equal(look(&l->d.ctx).sum, 7);
}

static enum err count_and_set(struct ctx *ctx, void *arg)
{
    ((struct cut *)arg)->runs++;
    return set_done(ctx, 1, 9);
}

static void test_lost__at_commit_is_unknown_and_not_repeated(void **state)
{
    struct lost *l = lost_of(state);
    struct cut cut = { l, 0 };
    assert_ok(db_run(&l->w.ctx, nothing, NULL)); /* connected: a session's beginning says READ COMMITTED */
    proxy_set(&l->proxy, PROXY_CUT_AFTER, "COMMIT");
    assert_err(db_run(&l->w.ctx, count_and_set, &cut), ERR_COMMIT_UNKNOWN);
    assert_int_equal(cut.runs, 1);
    assert_int_equal(look(&l->d.ctx).sum, 9); /* it had happened */
    assert_ok(db_run(&l->w.ctx, nothing, NULL));
    proxy_set(&l->proxy, PROXY_CUT_BEFORE, "COMMIT");
    assert_err(db_run(&l->w.ctx, count_and_set, &cut), ERR_COMMIT_UNKNOWN);
    assert_int_equal(cut.runs, 2);
    assert_int_equal(look(&l->d.ctx).sum, 7); /* it had not */
    assert_ok(db_run(&l->w.ctx, count_and_set, &cut));
}

static void *try_once(void *arg)
{
    struct work w;
    work_init(&w, arg);
    int64_t number = 0;
    enum err e = db_number(&w.ctx, SQL_MIGRATION_LIST, DB_NO_ARGS, &number);
    work_release(&w);
    return (void *)(intptr_t)e;
}

enum { WORKERS = 16 };

static void all_try(struct lost *l)
{
    pthread_t threads[WORKERS];
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, try_once, &l->through), 0);
    for (int i = 0; i < WORKERS; i++) {
        void *err = NULL;
        pthread_join(threads[i], &err);
        assert_int_equal((intptr_t)err, ERR_DATABASE);
    }
}

static void test_lost__while_away_all_are_told_quickly_and_it_comes_back(void **state)
{
    struct lost *l = lost_of(state);
    atomic_store(&l->proxy.away, true);
    proxy_drop(&l->proxy);
    int64_t began_us = clock_monotonic_us();
    all_try(l);
    assert_err(db_ping(l->through.db), ERR_DATABASE);
    assert_true(clock_monotonic_us() - began_us < 3 * US_PER_S);
    atomic_store(&l->proxy.away, false);
    int64_t number = 0;
    while (db_number(&l->w.ctx, SQL_MIGRATION_LIST, DB_NO_ARGS, &number) != ERR_OK)
        assert_true(clock_monotonic_us() - began_us < 10 * US_PER_S);
    assert_int_equal(number, 1);
    while (db_ping(l->through.db) != ERR_OK) /* its connection has a pause of its own between two tries */
        assert_true(clock_monotonic_us() - began_us < 10 * US_PER_S);
}

/* A server that does not answer costs its time limit once, not once for each worker. */
static void test_lost__while_away_one_worker_tries(void **state)
{
    struct lost *l = lost_of(state);
    proxy_drop(&l->proxy);
    proxy_set(&l->proxy, PROXY_HANG, "");
    int64_t number = 0;
    assert_err(db_number(&l->w.ctx, SQL_MIGRATION_LIST, DB_NO_ARGS, &number), ERR_DATABASE);
    int before = atomic_load(&l->proxy.accepted);
    all_try(l);
    assert_true(atomic_load(&l->proxy.accepted) - before <= 1);
    proxy_set(&l->proxy, PROXY_PASS, "");
}

static void test_lost__a_server_that_hangs_is_given_up(void **state)
{
    struct lost *l = lost_of(state);
    assert_ok(db_ping(l->through.db));
    proxy_set(&l->proxy, PROXY_HANG, "");
    int64_t began_us = clock_monotonic_us();
    assert_err(db_ping(l->through.db), ERR_DATABASE);
    assert_true(clock_monotonic_us() - began_us < 5 * US_PER_S);
    began_us = clock_monotonic_us();
    int64_t number = 0;
    assert_err(db_number(&l->w.ctx, SQL_MIGRATION_LIST, DB_NO_ARGS, &number), ERR_DATABASE);
    assert_true(clock_monotonic_us() - began_us < 10 * US_PER_S);
    proxy_set(&l->proxy, PROXY_PASS, "");
}

#define LOST_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOST_TEST(test_lost__an_idle_connection_is_replaced),
        LOST_TEST(test_lost__a_select_is_asked_again),
        LOST_TEST(test_lost__a_transaction_that_never_began_is_begun_again),
        LOST_TEST(test_lost__a_single_change_is_not_repeated),
        LOST_TEST(test_lost__in_a_transaction_is_an_error),
        LOST_TEST(test_lost__at_commit_is_unknown_and_not_repeated),
        LOST_TEST(test_lost__while_away_all_are_told_quickly_and_it_comes_back),
        LOST_TEST(test_lost__while_away_one_worker_tries),
        LOST_TEST(test_lost__a_server_that_hangs_is_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
