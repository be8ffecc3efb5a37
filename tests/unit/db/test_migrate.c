#include "parley/db/migrate.h"

#include <sys/wait.h>

#include "scratch.h"

static int newest(const struct scratch *s)
{
    return (int)schemas[s->db->ops->schema].step_count;
}

static void up(struct scratch *s, int wanted_steps)
{
    int steps = -1;
    enum err e = migrate_up(s->db, MIGRATE_NEWEST, &s->error_text, &steps);
    if (e != ERR_OK)
        print_error("%s\n", s->error_text.ptr);
    assert_ok(e);
    assert_int_equal(steps, wanted_steps);
}

static void assert_fault(struct scratch *s, const char *text)
{
    if (strstr(s->error_text.ptr, text) == NULL)
        fail_msg("'%s' is not in: %s", text, s->error_text.ptr);
    assert_null(strchr(s->error_text.ptr, '\n'));
    buf_clear(&s->error_text);
}

static void assert_no_version(struct scratch *s)
{
    struct work w;
    work_init(&w, s);
    assert_err(db_one(&w.ctx, SQL_MIGRATION_LIST, DB_NO_ARGS, NULL, NULL), ERR_NOT_FOUND);
    work_release(&w);
}

static void test_migrate__goes_up_and_every_statement_prepares(void **state)
{
    struct scratch *s = scratch_of(state);
    assert_err(migrate_check(s->db, &s->error_text), ERR_CONFLICT);
    assert_fault(s, "run parley migrate up");
    up(s, newest(s));
    up(s, 0);
    assert_ok(migrate_check(s->db, &s->error_text));
    enum err e = db_check_statements(s->db, &s->error_text);
    assert_string_equal(s->error_text.ptr, "");
    assert_ok(e);
    struct db *checked = NULL;
    assert_ok(db_open(&s->config, DB_CHECKED, &s->error_text, &checked));
    db_close(checked);
}

static void test_migrate__goes_down_and_up_again(void **state)
{
    struct scratch *s = scratch_of(state);
    int steps = 0;
    up(s, newest(s));
    assert_ok(migrate_down(s->db, 0, &s->error_text, &steps));
    assert_int_equal(steps, newest(s));
    assert_no_version(s);
    up(s, newest(s));
    assert_err(migrate_up(s->db, newest(s) + 1, &s->error_text, &steps), ERR_INVALID);
    assert_fault(s, "there is no version");
}

static void test_migrate__says_what_stands(void **state)
{
    struct scratch *s = scratch_of(state);
    struct buf text;
    buf_init(&text, 10000);
    assert_ok(migrate_status(s->db, &text, &s->error_text));
    assert_non_null(strstr(text.ptr, "0001 base pending\n"));
    up(s, newest(s));
    buf_clear(&text);
    assert_ok(migrate_status(s->db, &text, &s->error_text));
    assert_non_null(strstr(text.ptr, "0001 base applied 20"));
    buf_release(&text);
}

static void test_migrate__stamps_what_was_made_otherwise(void **state)
{
    struct scratch *s = scratch_of(state);
    assert_ok(migrate_stamp(s->db, MIGRATE_NEWEST, &s->error_text));
    assert_ok(migrate_check(s->db, &s->error_text));
    up(s, 0);
    /* The tables are not there, and so they cannot be dropped. */
    int steps = 0;
    if (s->name[0] == '\0') {
        assert_err(migrate_down(s->db, 0, &s->error_text, &steps), ERR_INTERNAL);
        assert_fault(s, ".down, statement 1 of ");
        assert_ok(migrate_check(s->db, &s->error_text));
    }
}

static void test_migrate__refuses_a_changed_step(void **state)
{
    struct scratch *s = scratch_of(state);
    int steps = 0;
    up(s, newest(s));
    assert_ok(scratch_text(s->db, "UPDATE schema_migrations SET checksum = 'abc' WHERE version = 1"));
    assert_err(migrate_up(s->db, MIGRATE_NEWEST, &s->error_text, &steps), ERR_CONFLICT);
    assert_fault(s, "step 0001_base is not the one");
    assert_err(migrate_check(s->db, &s->error_text), ERR_CONFLICT);
    assert_fault(s, "step 0001_base is not the one");
}

static void test_migrate__refuses_a_gap_and_a_newer_database(void **state)
{
    struct scratch *s = scratch_of(state);
    int steps = 0;
    up(s, newest(s));
    char text[300];
    snprintf(text, sizeof(text), "INSERT INTO schema_migrations VALUES (%d, 'later', 'x', 1, 1, 1)", newest(s) + 1);
    assert_ok(scratch_text(s->db, text));
    assert_err(migrate_up(s->db, MIGRATE_NEWEST, &s->error_text, &steps), ERR_CONFLICT);
    assert_fault(s, "run a newer parley");
    assert_err(migrate_down(s->db, 0, &s->error_text, &steps), ERR_CONFLICT);
    assert_fault(s, "run a newer parley");
    assert_ok(scratch_text(s->db, "DELETE FROM schema_migrations WHERE version = 1"));
    assert_err(migrate_up(s->db, MIGRATE_NEWEST, &s->error_text, &steps), ERR_CONFLICT);
    assert_fault(s, "has a gap: version 1 is missing");
}

/* As after a crash behind each statement, counted or not yet counted. */
static void cut_after(struct scratch *s, int done, int counted)
{
    const struct schema *schema = &schemas[s->db->ops->schema];
    const struct schema_step *step = &schema->steps[0];
    char text[400];
    assert_ok(scratch_text(s->db, s->db->ops->migrations_table));
    snprintf(text, sizeof(text), "INSERT INTO schema_migrations VALUES (1, '%s', '%s', %d, %d, 1)", step->name,
             step->checksum, counted, (int)step->up_count);
    assert_ok(scratch_text(s->db, text));
    for (int i = 0; i < done; i++)
        assert_ok(scratch_text(s->db, step->up[i]));
    assert_err(migrate_check(s->db, &s->error_text), ERR_CONFLICT);
    assert_non_null(strstr(s->error_text.ptr, newest(s) == 1 ? "(unfinished)" : ""));
    buf_clear(&s->error_text);
}

static void test_migrate__goes_on_where_it_was_cut_off(void **state)
{
    struct scratch *s = scratch_of(state);
    cut_after(s, 3, 3);
    up(s, newest(s));
    assert_ok(migrate_check(s->db, &s->error_text));
    assert_ok(db_check_statements(s->db, &s->error_text));
}

static void test_migrate__knows_a_statement_that_was_not_counted(void **state)
{
    struct scratch *s = scratch_of(state);
    cut_after(s, 3, 2);
    up(s, newest(s));
    assert_ok(db_check_statements(s->db, &s->error_text));
}

static void test_migrate__finishes_the_way_down(void **state)
{
    struct scratch *s = scratch_of(state);
    const struct schema_step *step = &schemas[s->db->ops->schema].steps[0];
    int steps = 0;
    char text[200];
    assert_ok(migrate_up(s->db, 1, &s->error_text, &steps));
    for (int i = 0; i < 2; i++)
        assert_ok(scratch_text(s->db, step->down[i]));
    snprintf(text, sizeof(text), "UPDATE schema_migrations SET statements_done = 2, statement_count = %d",
             -(int)step->down_count);
    assert_ok(scratch_text(s->db, text));
    up(s, newest(s) + 1);
    assert_ok(db_check_statements(s->db, &s->error_text));
}

enum { PROCESSES = 10 };

static void child(struct scratch *s)
{
    struct buf error_text;
    struct db *db = NULL;
    int steps = 0;
    buf_init(&error_text, 2000);
    enum err e = db_open(&s->config, DB_UNCHECKED, &error_text, &db);
    if (e == ERR_OK)
        e = migrate_up(db, MIGRATE_NEWEST, &error_text, &steps);
    if (e != ERR_OK)
        print_error("%s\n", error_text.ptr);
    db_close(db);
    buf_release(&error_text);
    _exit(e == ERR_OK ? steps : 100);
}

static void test_migrate__of_ten_processes_one_migrates(void **state)
{
    struct scratch *s = scratch_of(state);
    pid_t pids[PROCESSES];
    int steps = 0;
    for (int i = 0; i < PROCESSES; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0)
            child(s);
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status = 0;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(WIFEXITED(status));
        assert_int_not_equal(WEXITSTATUS(status), 100);
        steps += WEXITSTATUS(status);
    }
    assert_int_equal(steps, newest(s));
    assert_ok(db_check_statements(s->db, &s->error_text));
}

static void test_migrate__says_that_the_server_is_away(void **state)
{
    struct scratch *s = scratch_of(state);
    struct config config = s->config;
    config.database_url = "mysql://u:p@127.0.0.1:1/parley";
    struct db *db = NULL;
    int steps = 0;
    assert_ok(db_open(&config, DB_UNCHECKED, &s->error_text, &db));
    assert_err(migrate_up(db, MIGRATE_NEWEST, &s->error_text, &steps), ERR_DATABASE);
    assert_fault(s, "cannot use the MySQL server at 127.0.0.1:1: ");
    assert_err(db_ping(db), ERR_DATABASE);
    db_close(db);
}

/* ---- the lock of a cluster ---- */

static struct db_conn *migrating(struct scratch *s)
{
    struct db_conn *conn = NULL;

    assert_ok(s->db->ops->open(s->db, CONN_FOR_MIGRATING, &s->error_text, &conn));
    return conn;
}

static void run(struct db_conn *conn, const char *text)
{
    assert_ok(conn->db->ops->run_text(conn, text));
}

static void test_migrate__knows_a_row_that_is_held_from_a_lock_that_is_lost(void **state)
{
    struct scratch *s = scratch_of(state);
    const struct db_ops *ops = s->db->ops;
    struct db_conn *holder = migrating(s), *other;
    bool says_that_it_waited;
    enum err held;

    assert_int_equal(atomic_load(&s->db->cluster), DB_CLUSTER_NONE);
    atomic_store(&s->db->cluster, DB_CLUSTER_GROUP_REPLICATION); /* the same lock, and a session like any other */
    other = migrating(s);
    assert_ok(ops->migration_lock(holder));
    run(holder, "SET SESSION innodb_lock_wait_timeout = 1");

    run(other, "START TRANSACTION; SELECT * FROM schema_lock FOR UPDATE");
    held = ops->migration_renew(holder);
    says_that_it_waited = strstr(holder->message, "Lock wait timeout") != NULL;
    run(other, "ROLLBACK"); /* before anything fails: who drops the database would wait for it */
    assert_err(held, ERR_BUSY);
    assert_true(says_that_it_waited);
    assert_ok(ops->migration_renew(holder));

    run(other, "UPDATE schema_lock SET holder = 'another'");
    assert_err(ops->migration_renew(holder), ERR_BUSY);
    assert_string_equal(holder->message, "another process has taken over");
    ops->close(other);
    ops->close(holder);
}

#define BOTH(test) SQLITE_TEST(test), MYSQL_TEST(test)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_migrate__goes_up_and_every_statement_prepares),
        BOTH(test_migrate__goes_down_and_up_again),
        BOTH(test_migrate__says_what_stands),
        BOTH(test_migrate__stamps_what_was_made_otherwise),
        BOTH(test_migrate__refuses_a_changed_step),
        BOTH(test_migrate__refuses_a_gap_and_a_newer_database),
        BOTH(test_migrate__goes_on_where_it_was_cut_off),
        MYSQL_TEST(test_migrate__knows_a_statement_that_was_not_counted),
        BOTH(test_migrate__finishes_the_way_down),
        BOTH(test_migrate__of_ten_processes_one_migrates),
        SQLITE_TEST(test_migrate__says_that_the_server_is_away),
        MYSQL_TEST(test_migrate__knows_a_row_that_is_held_from_a_lock_that_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
