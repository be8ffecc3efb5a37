#include "parley/db/db.h"

#include "table.h"

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
    assert_int_not_equal(db_check_statements(s->db, &s->error_text), ERR_OK);
    assert_non_null(strstr(s->error_text.ptr, "the statement "));
    assert_non_null(strstr(s->error_text.ptr, ".sql:"));
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
    assert_ok(db_exec(
        &w.ctx, SQL_MIGRATION_INSERT,
        DB_ARGS(DB_INT(1), DB_TEXT(v.text), DB_BLOB(v.blob), number, v.nulls ? DB_NULL : DB_REAL(v.real), number),
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
    memset(text, 'x', sizeof(text));
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
    assert_ok(scratch_text(s->db,
                           "CREATE TABLE schema_migrations (version BIGINT PRIMARY KEY, name TEXT, checksum TEXT, "
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
