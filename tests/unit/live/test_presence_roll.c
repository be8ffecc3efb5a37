/* Who has streams open, as the hub and the workers write it down and one thread takes it. */
#include "unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/live/presence_roll.h"

enum { ALICE = 1, BOB = 2, MANY = 300, ROUNDS = 2000, THREADS = 4 };

static int clock_file = -1;
static int64_t ahead_us;

static void forward(int64_t s)
{
    ahead_us += s * US_PER_S;
    assert_int_equal(pwrite(clock_file, &ahead_us, sizeof(ahead_us), 0), sizeof(ahead_us));
}

struct fixture {
    struct wake wake;
    struct presence_roll *roll;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    assert_ok(wake_init(&f->wake));
    f->roll = presence_roll_new(&f->wake);
    assert_non_null(f->roll);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    presence_roll_free(f->roll);
    wake_release(&f->wake);
    free(f);
    return 0;
}

static size_t due(struct fixture *f, enum presence_due what)
{
    int64_t ids[MANY];

    return presence_roll_due(f->roll, what, clock_now_us(), ids, COUNT_OF(ids));
}

/* Whoever is due to come is written down, as active now. */
static void enter_all(struct fixture *f)
{
    int64_t ids[MANY], now_us = clock_now_us();
    size_t count = presence_roll_due(f->roll, PRESENCE_COMES, now_us, ids, COUNT_OF(ids));

    for (size_t i = 0; i < count; i++) {
        (void)presence_roll_note(f->roll, ids[i], now_us, now_us);
        presence_roll_entered(f->roll, ids[i]);
    }
}

static void go_all(struct fixture *f)
{
    int64_t ids[MANY];
    size_t count = presence_roll_due(f->roll, PRESENCE_GOES, clock_now_us(), ids, COUNT_OF(ids));

    for (size_t i = 0; i < count; i++)
        presence_roll_gone(f->roll, ids[i]);
}

static void test_roll__comes_with_the_first_stream_and_goes_behind_the_last(void **state)
{
    struct fixture *f = *state;

    assert_true(presence_roll_is_empty(f->roll));
    presence_roll_came(f->roll, ALICE);
    assert_true(wake_wait(&f->wake, 0));
    presence_roll_came(f->roll, ALICE);
    assert_false(wake_wait(&f->wake, 0));
    assert_int_equal(due(f, PRESENCE_COMES), 1);
    enter_all(f);
    assert_int_equal(due(f, PRESENCE_COMES), 0);
    presence_roll_left(f->roll, ALICE);
    forward(PRESENCE_LEAVES_S + 1);
    assert_int_equal(due(f, PRESENCE_GOES), 0); /* another one is open */
    presence_roll_left(f->roll, ALICE);
    assert_int_equal(due(f, PRESENCE_GOES), 0); /* not yet */
    forward(PRESENCE_LEAVES_S - 1);
    assert_int_equal(due(f, PRESENCE_GOES), 0);
    forward(2);
    assert_int_equal(due(f, PRESENCE_GOES), 1);
    presence_roll_gone(f->roll, ALICE);
    assert_true(presence_roll_is_empty(f->roll));
}

static void test_roll__who_comes_back_in_time_stays_and_too_late_comes_anew(void **state)
{
    struct fixture *f = *state;

    presence_roll_came(f->roll, ALICE);
    enter_all(f);
    presence_roll_left(f->roll, ALICE);
    forward(PRESENCE_LEAVES_S - 1);
    presence_roll_came(f->roll, ALICE);
    forward(PRESENCE_LEAVES_S);
    assert_int_equal(due(f, PRESENCE_GOES), 0);
    assert_int_equal(due(f, PRESENCE_COMES), 0);
    presence_roll_left(f->roll, ALICE);
    forward(PRESENCE_LEAVES_S + 1);
    assert_int_equal(due(f, PRESENCE_GOES), 1);
    presence_roll_came(f->roll, ALICE); /* while the rows are struck out */
    presence_roll_gone(f->roll, ALICE);
    assert_int_equal(due(f, PRESENCE_COMES), 1);
}

static void test_roll__who_was_never_due_leaves_nothing_behind(void **state)
{
    struct fixture *f = *state;

    presence_roll_came(f->roll, ALICE);
    presence_roll_left(f->roll, ALICE);
    assert_int_equal(due(f, PRESENCE_COMES), 0);
    assert_true(presence_roll_is_empty(f->roll));
}

/* Between the look at who is due and the row. */
static void test_roll__who_leaves_while_they_are_written_down_is_struck_out(void **state)
{
    struct fixture *f = *state;

    presence_roll_came(f->roll, ALICE);
    presence_roll_came(f->roll, BOB);
    assert_int_equal(due(f, PRESENCE_COMES), 2);
    presence_roll_left(f->roll, ALICE);
    presence_roll_left(f->roll, BOB);
    presence_roll_entered(f->roll, ALICE); /* of Bob the writing failed */
    assert_int_equal(due(f, PRESENCE_COMES), 0);
    forward(PRESENCE_LEAVES_S + 1);
    assert_int_equal(due(f, PRESENCE_GOES), 2);
    go_all(f);
    assert_true(presence_roll_is_empty(f->roll));
}

static void test_roll__that_is_written_anew_forgets_who_has_left(void **state)
{
    struct fixture *f = *state;

    presence_roll_came(f->roll, ALICE);
    presence_roll_came(f->roll, BOB);
    enter_all(f);
    presence_roll_left(f->roll, ALICE);
    presence_roll_renew(f->roll);
    assert_int_equal(due(f, PRESENCE_COMES), 1);
    presence_roll_left(f->roll, BOB);
    forward(PRESENCE_LEAVES_S + 1);
    assert_int_equal(due(f, PRESENCE_GOES), 1);
    go_all(f);
    assert_true(presence_roll_is_empty(f->roll));
}

static void test_roll__rests_behind_idle_minutes_and_is_back_when_that_is_noted(void **state)
{
    struct fixture *f = *state;
    int64_t now_us;

    presence_roll_came(f->roll, ALICE);
    enter_all(f);
    forward(PRESENCE_AWAY_S - 1);
    assert_int_equal(due(f, PRESENCE_RESTS), 0);
    forward(1);
    assert_int_equal(due(f, PRESENCE_RESTS), 1);
    now_us = clock_now_us();
    assert_true(presence_roll_note(f->roll, ALICE, now_us - PRESENCE_AWAY_S * US_PER_S, now_us));
    assert_int_equal(due(f, PRESENCE_RESTS), 0); /* told once */
    assert_false(presence_roll_note(f->roll, ALICE, now_us, now_us));
    forward(PRESENCE_AWAY_S);
    assert_int_equal(due(f, PRESENCE_RESTS), 1);
}

static void test_roll__notes_activity_once_in_a_while(void **state)
{
    struct fixture *f = *state;
    int64_t ids[4];

    presence_roll_active(f->roll, ALICE);
    assert_true(wake_wait(&f->wake, 0));
    presence_roll_active(f->roll, ALICE);
    presence_roll_active(f->roll, BOB);
    assert_int_equal(presence_roll_take_active(f->roll, ids, COUNT_OF(ids)), 2);
    presence_roll_active(f->roll, ALICE);
    assert_int_equal(presence_roll_take_active(f->roll, ids, COUNT_OF(ids)), 0);
    forward(PRESENCE_ACTIVE_S + 1);
    presence_roll_active(f->roll, ALICE);
    assert_int_equal(presence_roll_take_active(f->roll, ids, COUNT_OF(ids)), 1);
    assert_int_equal(ids[0], ALICE);
    assert_true(presence_roll_is_empty(f->roll));
}

static void test_roll__is_bounded_and_grows(void **state)
{
    struct fixture *f = *state;
    int64_t ids[PRESENCE_STEP_MAX + 8];

    for (int64_t id = 1; id <= PRESENCE_STEP_MAX + 8; id++) {
        presence_roll_active(f->roll, id);
        presence_roll_came(f->roll, id);
    }
    assert_int_equal(presence_roll_take_active(f->roll, ids, COUNT_OF(ids)), PRESENCE_STEP_MAX);
    assert_int_equal(presence_roll_due(f->roll, PRESENCE_COMES, clock_now_us(), ids, 10), 10);
    assert_int_equal(presence_roll_due(f->roll, PRESENCE_COMES, clock_now_us(), ids, COUNT_OF(ids)), COUNT_OF(ids));
    for (size_t i = 0; i < COUNT_OF(ids); i++)
        presence_roll_entered(f->roll, ids[i]);
    assert_int_equal(due(f, PRESENCE_COMES), 0);
    presence_roll_renew(f->roll);
    assert_int_equal(presence_roll_due(f->roll, PRESENCE_COMES, clock_now_us(), ids, COUNT_OF(ids)), COUNT_OF(ids));
}

static void test_roll__that_is_none_takes_no_notice(void **state)
{
    (void)state;
    presence_roll_came(NULL, ALICE);
    presence_roll_left(NULL, ALICE);
    presence_roll_active(NULL, ALICE);
    presence_roll_free(NULL);
}

struct visitor {
    struct presence_roll *roll;
    int64_t first;
    pthread_t thread;
};

/* Two users of its own, and one whom all share, come and go; each time they do something. */
static void *visit(void *arg)
{
    const struct visitor *v = arg;

    for (int i = 0; i < ROUNDS; i++) {
        const int64_t ids[] = { v->first + i % 2, ALICE };

        for (size_t n = 0; n < COUNT_OF(ids); n++) {
            presence_roll_came(v->roll, ids[n]);
            presence_roll_active(v->roll, ids[n]);
            presence_roll_left(v->roll, ids[n]);
        }
    }
    return NULL;
}

static void test_roll__is_right_while_many_come_and_go(void **state)
{
    struct fixture *f = *state;
    struct visitor visitors[THREADS];
    int64_t ids[MANY];

    for (int i = 0; i < THREADS; i++) {
        visitors[i] = (struct visitor){ .roll = f->roll, .first = 10 + 2 * i };
        assert_int_equal(pthread_create(&visitors[i].thread, NULL, visit, &visitors[i]), 0);
    }
    for (int i = 0; i < ROUNDS; i++) {
        enter_all(f);
        go_all(f);
        (void)presence_roll_take_active(f->roll, ids, COUNT_OF(ids));
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(visitors[i].thread, NULL), 0);
    assert_int_equal(due(f, PRESENCE_COMES), 0);
    forward(PRESENCE_LEAVES_S + 1);
    go_all(f);
    assert_true(presence_roll_is_empty(f->roll));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    char path[] = "/tmp/parley-clock-XXXXXX";
    const struct CMUnitTest tests[] = {
        TEST(test_roll__comes_with_the_first_stream_and_goes_behind_the_last),
        TEST(test_roll__who_comes_back_in_time_stays_and_too_late_comes_anew),
        TEST(test_roll__who_was_never_due_leaves_nothing_behind),
        TEST(test_roll__who_leaves_while_they_are_written_down_is_struck_out),
        TEST(test_roll__that_is_written_anew_forgets_who_has_left),
        TEST(test_roll__rests_behind_idle_minutes_and_is_back_when_that_is_noted),
        TEST(test_roll__notes_activity_once_in_a_while),
        TEST(test_roll__is_bounded_and_grows),
        TEST(test_roll__that_is_none_takes_no_notice),
        TEST(test_roll__is_right_while_many_come_and_go),
    };
    int failed;

    clock_file = mkstemp(path);
    if (clock_file < 0 || ftruncate(clock_file, sizeof(int64_t)) != 0 || setenv("PARLEY_TEST_CLOCK", path, 1) != 0)
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    (void)unlink(path);
    return failed;
}
