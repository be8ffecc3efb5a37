#include "parley/db/db.h"

#include "scratch.h"

/* Columns without rules, so that any value can be put into any of them. */
static void make_table(struct scratch *s)
{
    const char *text = s->name[0] == '\0'
                           ? "CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, "
                             "checksum BLOB, statements_done INTEGER, statement_count REAL, applied_us INTEGER)"
                           : "CREATE TABLE schema_migrations (version BIGINT PRIMARY KEY AUTO_INCREMENT, "
                             "name LONGTEXT, checksum LONGBLOB, statements_done BIGINT, statement_count DOUBLE, "
                             "applied_us BIGINT) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";
    assert_ok(scratch_text(s->db, text));
}

static enum err insert(struct ctx *ctx, int64_t version, int64_t done)
{
    return db_exec(ctx, SQL_MIGRATION_INSERT,
                   DB_ARGS(DB_INT(version), DB_NULL, DB_NULL, DB_INT(done), DB_NULL, DB_INT(0)), NULL);
}

static enum err set_done(struct ctx *ctx, int64_t version, int64_t done)
{
    return db_exec(ctx, SQL_MIGRATION_PROGRESS, DB_ARGS(DB_INT(done), DB_NULL, DB_INT(0), DB_INT(version)), NULL);
}

/* The rows that a test has read: sums over the column statements_done. */
struct seen {
    int64_t count, sum;
};

static enum err see(struct ctx *ctx, const struct db_row *row, void *arg)
{
    (void)ctx;
    struct seen *seen = arg;
    seen->count++;
    seen->sum += db_row_int(row, 3);
    return ERR_OK;
}

static struct seen look(struct ctx *ctx)
{
    struct seen seen = { 0, 0 };
    assert_ok(db_each(ctx, SQL_MIGRATION_LIST, DB_NO_ARGS, see, &seen));
    return seen;
}

static void test_db__tells_its_kind_and_answers_a_ping(void **state)
{
    struct scratch *s = scratch_of(state);
    assert_string_equal(db_kind(s->db), s->name[0] == '\0' ? "sqlite" : "mysql");
    assert_ok(db_ping(s->db));
    assert_ok(db_ping(s->db));
}

static void test_db__names_the_statement_that_does_not_prepare(void **state)
{
    struct scratch *s = scratch_of(state);
    assert_int_not_equal(db_check_statements(s->db, &s->fault), ERR_OK);
    assert_non_null(strstr(s->fault.ptr, "the statement "));
    assert_non_null(strstr(s->fault.ptr, ".sql:"));
}

struct values {
    int64_t number;
    double real;
    struct str text, blob;
    bool nulls;
};

static enum err check_values(struct ctx *ctx, const struct db_row *row, void *arg)
{
    (void)ctx;
    const struct values *v = arg;
    assert_int_equal(db_row_int(row, 3), v->number);
    assert_true(db_row_real(row, 4) == v->real);
    assert_int_equal(db_row_str(row, 1).len, v->text.len);
    assert_memory_equal(db_row_str(row, 1).ptr, v->text.ptr, v->text.len);
    assert_int_equal(db_row_str(row, 2).len, v->blob.len);
    assert_memory_equal(db_row_str(row, 2).ptr, v->blob.ptr, v->blob.len);
    for (int column = 1; column < 6; column++)
        assert_int_equal(db_row_is_null(row, column), v->nulls);
    assert_int_equal(db_row_str(row, 1).ptr == NULL, v->nulls);
    return ERR_OK;
}

static void write_and_read(struct scratch *s, struct values v)
{
    struct work w;
    work_init(&w, s);
    struct db_value number = v.nulls ? DB_NULL : DB_INT(v.number);
    assert_ok(db_exec(&w.ctx, SQL_MIGRATION_INSERT,
                      DB_ARGS(DB_INT(1), DB_TEXT(v.text), DB_BLOB(v.blob), number, v.nulls ? DB_NULL : DB_REAL(v.real),
                              number),
                      NULL));
    assert_ok(db_one(&w.ctx, SQL_MIGRATION_LIST, DB_NO_ARGS, check_values, &v));
    assert_ok(db_exec(&w.ctx, SQL_MIGRATION_DELETE, DB_ARGS(DB_INT(1)), NULL));
    work_release(&w);
}

static void test_db__keeps_values_as_they_are(void **state)
{
    struct scratch *s = scratch_of(state);
    make_table(s);
    const struct str nothing = { NULL, 0 };
    write_and_read(s, (struct values){ INT64_MAX, 0.1, STR("a\xF0\x9F\x98\x80 "), STR("\0\xFF'\\"), false });
    write_and_read(s, (struct values){ INT64_MIN, -1e300, STR(""), STR(""), false });
    write_and_read(s, (struct values){ 0, 0, nothing, nothing, true });
}

static void test_db__keeps_five_megabytes_of_text(void **state)
{
    struct scratch *s = scratch_of(state);
    make_table(s);
    size_t len = 5 * MIB + 3;
    char *text = malloc(len);
    assert_non_null(text);
    for (size_t i = 0; i < len; i++)
        text[i] = (char)('a' + i % 26);
    struct str large = { text, len };
    write_and_read(s, (struct values){ 1, 1, large, STR("short"), false });
    write_and_read(s, (struct values){ 1, 1, STR("short"), large, false });
    write_and_read(s, (struct values){ 1, 1, large, large, false });
    free(text);
}

/* A small row behind a large one is not read from the large one's buffer, nor the other way round. */
static void test_db__reads_rows_of_changing_size(void **state)
{
    struct scratch *s = scratch_of(state);
    make_table(s);
    struct work w;
    work_init(&w, s);
    static char text[3000];
    memset(text, 'x', sizeof text);
    for (int64_t i = 1; i <= 20; i++) {
        struct str name = { text, (size_t)(i * i * i % 3000) };
        assert_ok(db_exec(&w.ctx, SQL_MIGRATION_INSERT,
                          DB_ARGS(DB_INT(i), DB_TEXT(name), DB_NULL, DB_INT((int64_t)name.len), DB_NULL, DB_NULL),
                          NULL));
    }
    struct seen seen = look(&w.ctx);
    assert_int_equal(seen.count, 20);
    work_release(&w);
}

static enum err check_len(struct ctx *ctx, const struct db_row *row, void *arg)
{
    (void)ctx;
    (void)arg;
    assert_int_equal(db_row_str(row, 1).len, db_row_int(row, 3));
    return ERR_OK;
}

static void test_db__every_row_has_its_own_length(void **state)
{
    test_db__reads_rows_of_changing_size(state);
    struct work w;
    work_init(&w, scratch_of(state));
    assert_ok(db_each(&w.ctx, SQL_MIGRATION_LIST, DB_NO_ARGS, check_len, NULL));
    work_release(&w);
}

static void test_db__tells_conflict_from_absence(void **state)
{
    struct scratch *s = scratch_of(state);
    make_table(s);
    struct work w;
    work_init(&w, s);
    int64_t number = 7;
    assert_err(db_one(&w.ctx, SQL_MIGRATION_LIST, DB_NO_ARGS, NULL, NULL), ERR_NOT_FOUND);
    assert_err(db_number(&w.ctx, SQL_MIGRATION_LIST, DB_NO_ARGS, &number), ERR_NOT_FOUND);
    assert_int_equal(number, 7);
    assert_ok(insert(&w.ctx, 5, 0));
    assert_err(insert(&w.ctx, 5, 0), ERR_CONFLICT);
    assert_ok(db_number(&w.ctx, SQL_MIGRATION_LIST, DB_NO_ARGS, &number));
    assert_int_equal(number, 5);
    assert_int_equal(w.problem.err, ERR_OK);
    work_release(&w);
}

static void test_db__counts_found_rows_and_gives_keys(void **state)
{
    struct scratch *s = scratch_of(state);
    make_table(s);
    struct work w;
    work_init(&w, s);
    int64_t id = 0;
    int64_t count = 0;
    struct db_args row = DB_ARGS(DB_NULL, DB_NULL, DB_NULL, DB_INT(1), DB_NULL, DB_INT(2));
    assert_ok(db_insert(&w.ctx, SQL_MIGRATION_INSERT, row, &id));
    assert_int_equal(id, 1);
    assert_ok(db_insert(&w.ctx, SQL_MIGRATION_INSERT, row, &id));
    assert_int_equal(id, 2);
    struct db_args same = DB_ARGS(DB_INT(1), DB_NULL, DB_INT(2), DB_INT(2));
    assert_ok(db_exec(&w.ctx, SQL_MIGRATION_PROGRESS, same, &count));
    assert_int_equal(count, 1); /* found, though nothing in it is new */
    assert_ok(db_exec(&w.ctx, SQL_MIGRATION_DELETE, DB_ARGS(DB_INT(3)), &count));
    assert_int_equal(count, 0);
    assert_ok(db_exec(&w.ctx, SQL_MIGRATION_DELETE, DB_ARGS(DB_INT(2)), &count));
    assert_int_equal(count, 1);
    assert_int_equal(w.ctx.statement_count, 5);
    work_release(&w);
}

static void test_db__tells_a_missing_parent(void **state)
{
    struct scratch *s = scratch_of(state);
    assert_ok(scratch_text(s->db, "CREATE TABLE parent (id BIGINT PRIMARY KEY)"));
    assert_ok(scratch_text(s->db, "CREATE TABLE schema_migrations (version BIGINT PRIMARY KEY, name TEXT, checksum TEXT, "
                                  "statements_done BIGINT, statement_count BIGINT, applied_us BIGINT, "
                                  "CONSTRAINT child FOREIGN KEY (statements_done) REFERENCES parent (id))"));
    struct work w;
    work_init(&w, s);
    assert_err(insert(&w.ctx, 1, 99), ERR_NOT_FOUND);
    assert_ok(scratch_text(s->db, "INSERT INTO parent (id) VALUES (99)"));
    assert_ok(insert(&w.ctx, 1, 99));
    work_release(&w);
}

static enum err stop_at_second(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct seen *seen = arg;
    (void)see(ctx, row, arg);
    return seen->count == 2 ? ERR_GONE : ERR_OK;
}

static void test_db__ends_reading_where_the_row_function_fails(void **state)
{
    struct scratch *s = scratch_of(state);
    make_table(s);
    struct work w;
    work_init(&w, s);
    for (int64_t i = 1; i <= 100; i++)
        assert_ok(insert(&w.ctx, i, i));
    struct seen seen = { 0, 0 };
    assert_err(db_each(&w.ctx, SQL_MIGRATION_LIST, DB_NO_ARGS, stop_at_second, &seen), ERR_GONE);
    assert_int_equal(seen.count, 2);
    assert_int_equal(look(&w.ctx).count, 100);
    work_release(&w);
}

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

static void test_db__keeps_a_transaction_whole(void **state)
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

static void test_db__joins_the_transaction_around_it(void **state)
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

/* db_read sees one state, whatever others do meanwhile. */
static enum err read_twice(struct ctx *ctx, void *arg)
{
    struct scratch *s = arg;
    struct work other;
    work_init(&other, s);
    int64_t before = look(ctx).sum;
    assert_ok(set_done(&other.ctx, 1, 50));
    assert_int_equal(look(&other.ctx).sum, 50);
    assert_int_equal(look(ctx).sum, before);
    work_release(&other);
    return ERR_OK;
}

static void test_db__reads_one_state(void **state)
{
    struct scratch *s = scratch_of(state);
    make_table(s);
    struct work w;
    work_init(&w, s);
    assert_ok(insert(&w.ctx, 1, 1));
    assert_ok(db_read(&w.ctx, read_twice, s));
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

static void test_db__32_threads_count_without_gap_or_double(void **state)
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

static void test_db__runs_again_after_a_deadlock(void **state)
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

static void test_db__gives_up_on_a_lock_that_stays(void **state)
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

static enum err lease_all(struct ctx *ctx, void *arg)
{
    struct scratch *s = arg;
    struct db_pool_stats stats;
    (void)look(ctx);
    db_pool_stats(s->db, &stats);
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

static void test_db__an_empty_pool_is_busy_and_recovers(void **state)
{
    struct scratch *s = scratch_of(state);
    make_table(s);
    struct work w;
    work_init(&w, s);
    assert_ok(db_read(&w.ctx, lease_all, s));
    struct db_pool_stats stats;
    db_pool_stats(s->db, &stats);
    assert_int_equal(stats.total_count, s->config.db_pool_max_size);
    assert_int_equal(stats.idle_count, stats.total_count);
    assert_int_equal(look(&w.ctx).count, 0);
    work_release(&w);
}

static void test_db__values_are_null_where_nothing_is(void **state)
{
    (void)state;
    const struct str absent = { NULL, 0 };
    assert_int_equal(DB_TEXT(absent).kind, DB_NULL_VALUE);
    assert_int_equal(DB_BLOB(absent).kind, DB_NULL_VALUE);
    assert_int_equal(DB_TEXT(STR("")).kind, DB_TEXT_VALUE);
    assert_int_equal(DB_INT_OR_NULL(0).kind, DB_NULL_VALUE);
    assert_int_equal(DB_INT_OR_NULL(-1).number, -1);
}

#define BOTH(test) SQLITE_TEST(test), MYSQL_TEST(test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_db__values_are_null_where_nothing_is),
        BOTH(test_db__tells_its_kind_and_answers_a_ping),
        BOTH(test_db__names_the_statement_that_does_not_prepare),
        BOTH(test_db__keeps_values_as_they_are),
        BOTH(test_db__keeps_five_megabytes_of_text),
        BOTH(test_db__every_row_has_its_own_length),
        BOTH(test_db__tells_conflict_from_absence),
        BOTH(test_db__counts_found_rows_and_gives_keys),
        BOTH(test_db__tells_a_missing_parent),
        BOTH(test_db__ends_reading_where_the_row_function_fails),
        BOTH(test_db__keeps_a_transaction_whole),
        BOTH(test_db__joins_the_transaction_around_it),
        BOTH(test_db__reads_one_state),
        BOTH(test_db__32_threads_count_without_gap_or_double),
        MYSQL_TEST(test_db__runs_again_after_a_deadlock),
        BOTH(test_db__gives_up_on_a_lock_that_stays),
        BOTH(test_db__an_empty_pool_is_busy_and_recovers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
