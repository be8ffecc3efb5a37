/* The relay's step, and the race for a seq that a cluster tells of by a unique key; where there is a server. */
#include "parley/db/relay.h"

#include "parley/db/migrate.h"
#include "table.h"

static void migrate(struct scratch *s)
{
    int steps = 0;

    assert_ok(migrate_up(s->db, MIGRATE_NEWEST, &s->error_text, &steps));
}

static void add_rows(struct scratch *s, int count)
{
    for (int i = 0; i < count; i++)
        assert_ok(scratch_text(s->db, "INSERT INTO outbox (kind, at_us) VALUES (19, 0)"));
}

static int64_t step(struct scratch *s, enum db_relay when)
{
    int64_t moved_count = 0;

    assert_ok(db_relay(s->db, when, &moved_count));
    return moved_count;
}

struct extent {
    int64_t last, first;
};

static enum err extent_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct extent *extent = arg;

    (void)ctx;
    *extent = (struct extent){ db_row_int(row, EVENT_LOG_EXTENT_LAST_POSITION),
                               db_row_int(row, EVENT_LOG_EXTENT_FIRST_POSITION) };
    return ERR_OK;
}

static struct extent extent_of(struct scratch *s)
{
    struct extent extent = { 0, 0 };
    struct work w;

    work_init(&w, s);
    assert_ok(db_one(&w.ctx, SQL_EVENT_LOG_EXTENT, DB_NO_ARGS, extent_read, &extent));
    work_release(&w);
    return extent;
}

static void test_relay__is_not_needed_with_one_writer(void **state)
{
    struct scratch *s = scratch_of(state);

    if (s->name[0] != '\0')
        assert_true(db_has_relay(s->db));
    else
        assert_false(db_has_relay(s->db));
}

static void test_relay__moves_what_is_committed(void **state)
{
    struct scratch *s = scratch_of(state);

    migrate(s);
    assert_int_equal(step(s, DB_RELAY_IF_ANY), 0);
    assert_int_equal(step(s, DB_RELAY_NOW), 0);
    add_rows(s, 3);
    assert_int_equal(step(s, DB_RELAY_IF_ANY), 3);
    assert_int_equal(step(s, DB_RELAY_IF_ANY), 0);
    add_rows(s, 2);
    assert_int_equal(step(s, DB_RELAY_NOW), 2);
    assert_int_equal(extent_of(s).last, 5);
    assert_int_equal(extent_of(s).first, 1);
}

static void test_relay__leaves_to_another_what_it_moves(void **state)
{
    struct scratch *s = scratch_of(state);

    migrate(s);
    assert_int_equal(step(s, DB_RELAY_IF_STUCK), 0);
    add_rows(s, 2);
    assert_int_equal(step(s, DB_RELAY_IF_STUCK), 0);
    assert_int_equal(step(s, DB_RELAY_NOW), 2);
    add_rows(s, 2);
    assert_int_equal(step(s, DB_RELAY_IF_STUCK), 0);
    add_rows(s, 1);
    assert_int_equal(step(s, DB_RELAY_IF_STUCK), 3);
    assert_int_equal(extent_of(s).last, 5);
}

static void test_relay__goes_on_where_old_rows_are_gone(void **state)
{
    struct scratch *s = scratch_of(state);

    migrate(s);
    add_rows(s, 2);
    assert_int_equal(step(s, DB_RELAY_NOW), 2);
    assert_ok(scratch_text(s->db, "DELETE FROM event_log"));
    assert_int_equal(step(s, DB_RELAY_NOW), 0);
    assert_int_equal(extent_of(s).last, 2);
    add_rows(s, 1);
    assert_int_equal(step(s, DB_RELAY_NOW), 1);
    assert_int_equal(extent_of(s).last, 3);
    assert_int_equal(extent_of(s).first, 3);
}

/* Otherwise the next statement here would wait for the sequencer's row. */
static void test_relay__step_that_fails_leaves_no_lock_and_no_row(void **state)
{
    struct scratch *s = scratch_of(state);
    int64_t moved_count = 0, began_us;

    migrate(s);
    add_rows(s, 1);
    assert_ok(scratch_text(s->db, "ALTER TABLE event_log ADD COLUMN wanted INT NOT NULL"));
    assert_int_not_equal(db_relay(s->db, DB_RELAY_NOW, &moved_count), ERR_OK);
    began_us = clock_monotonic_us();
    assert_ok(scratch_text(s->db, "UPDATE sequencer SET turns = turns + 1 WHERE id = 1"));
    assert_true(clock_monotonic_us() - began_us < US_PER_S);
    assert_ok(scratch_text(s->db, "ALTER TABLE event_log DROP COLUMN wanted"));
    assert_int_equal(step(s, DB_RELAY_NOW), 1);
    assert_int_equal(extent_of(s).last, 1);
}

struct racing {
    int run_count;
};

/* The first run takes what another has; the next one finds something else. */
static enum err race(struct ctx *ctx, void *arg)
{
    struct racing *racing = arg;

    racing->run_count++;
    TRY(insert(ctx, 100 + racing->run_count, 7));
    return insert(ctx, 200, racing->run_count == 1 ? 5 : 6);
}

static void test_relay__lost_race_for_a_seq_is_run_again(void **state)
{
    struct scratch *s = scratch_of(state);
    struct racing racing = { 0 };
    struct work w;

    make_table(s);
    assert_ok(scratch_text(s->db, "CREATE UNIQUE INDEX messages_seq ON schema_migrations (statements_done)"));
    work_init(&w, s);
    assert_ok(insert(&w.ctx, 1, 5));
    assert_ok(db_run(&w.ctx, race, &racing));
    assert_int_equal(racing.run_count, 2);
    assert_int_equal(look(&w.ctx).count, 3);
    /* Any other key is still a conflict. */
    assert_err(insert(&w.ctx, 200, 8), ERR_CONFLICT);
    work_release(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SQLITE_TEST(test_relay__is_not_needed_with_one_writer),
        MYSQL_TEST(test_relay__is_not_needed_with_one_writer),
        MYSQL_TEST(test_relay__moves_what_is_committed),
        MYSQL_TEST(test_relay__leaves_to_another_what_it_moves),
        MYSQL_TEST(test_relay__goes_on_where_old_rows_are_gone),
        MYSQL_TEST(test_relay__step_that_fails_leaves_no_lock_and_no_row),
        MYSQL_TEST(test_relay__lost_race_for_a_seq_is_run_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
