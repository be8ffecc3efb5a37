/* What a stream does by its timer, and while its rights are looked at. */
#include "clock_fixture.h"
#include "hub_fixture.h"

#ifdef TEST_CLOCK
static int64_t ahead_us;

static void clock_forward(int64_t s)
{
    ahead_us += s * US_PER_S;
    clock_set_ahead(ahead_us);
}

/* In steps in which the log is looked at, as it is; the hub looks at its timers at each. */
static void time_pass(struct fixture *f, int64_t s)
{
    enum { STEP_S = 2 };

    for (; s > 0; s -= STEP_S) {
        f->sink.looked(f->sink.arg);
        clock_forward(STEP_S);
        f->sink.looked(f->sink.arg);
        event_tell(f, (struct live_event){ .audience = LIVE_TO_NOBODY });
    }
}

static void test_stream__whose_rights_cannot_be_looked_at_comes_back(void **state)
{
    struct fixture *f = *state;
    struct peer peer = stream_open_asked(f);

    time_pass(f, STREAM_HELD_MAX_S + 1);
    peer_await(&peer, "event: end\ndata: {\"why\":\"restart\",\"reconnect\":true}\nid: " EPOCH "-1\n");
    peer_await_end(&peer, "restart");
}
#endif

/* Looked at for a known end that is due; what was asked then says nothing of a change that comes behind it. */
static void test_stream__a_change_behind_the_question_is_asked_about_anew(void **state)
{
    struct fixture *f = *state;
    struct stream_opening opening = { .rights = rights_of(STREAM_OF_WORKSPACE, ALICE), .until_us = clock_now_us() };
    struct peer peer;

    checker_set(f, true, STREAM_GOES_ON);
    assert_ok(stream_try(f, &opening, &peer));
    checker_await(f, 1);
    event_tell(f, (struct live_event){ .change = LIVE_RIGHTS_CHANGED, .workspace_id = WORKSPACE });
    tell_workspace(f);
    while (stats_of(f).event_count < 2)
        (void)poll(NULL, 0, 1);
    assert_int_equal(stats_of(f).held_count, 1);
    checker_set(f, false, STREAM_GOES_ON);
    peer_await(&peer, "data: 2\n");
    assert_int_equal(stats_of(f).check_count, 2);
    peer_close(&peer);
}

/* A question that could not be answered stands before those that came meanwhile. */
static void test_stream__questions_that_failed_are_asked_again_and_none_is_lost(void **state)
{
    struct fixture *f = *state;
    struct live_event change = { .change = LIVE_RIGHTS_CHANGED, .workspace_id = WORKSPACE, .user_id = ALICE };
    struct peer alice = stream_open(f, STREAM_OF_WORKSPACE, ALICE), bob = stream_open(f, STREAM_OF_WORKSPACE, BOB);

    await_streams(f, 2);
    checker_set(f, true, STREAM_GOES_ON);
    event_tell(f, change);
    checker_await(f, 1);
    change.user_id = BOB;
    event_tell(f, change);
    tell_workspace(f);
    while (stats_of(f).held_count < 2)
        (void)poll(NULL, 0, 1);
    (void)pthread_mutex_lock(&f->checker.lock);
    f->checker.fails = true;
    (void)pthread_mutex_unlock(&f->checker.lock);
    checker_set(f, false, STREAM_GOES_ON);
    checker_await(f, 3);
    (void)pthread_mutex_lock(&f->checker.lock);
    f->checker.fails = false;
    (void)pthread_mutex_unlock(&f->checker.lock);
    peer_await(&alice, "data: 3\n");
    peer_await(&bob, "data: 3\n");
    peer_close(&alice);
    peer_close(&bob);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, hub_setup, hub_teardown)
    const struct CMUnitTest tests[] = {
#ifdef TEST_CLOCK
        TEST(test_stream__whose_rights_cannot_be_looked_at_comes_back),
#endif
        TEST(test_stream__a_change_behind_the_question_is_asked_about_anew),
        TEST(test_stream__questions_that_failed_are_asked_again_and_none_is_lost),
    };

    return cmocka_run_group_tests(tests, clock_setup, NULL);
}
