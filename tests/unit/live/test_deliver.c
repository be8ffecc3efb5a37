/* What an event does to the streams that are open: who is ended, held or looked at. */
#include "hub_fixture.h"

/* ---- what ends them ---- */

/* Alice's streams and one of Bob's; the letters of those that end by a change: user, workspace, chat, key's, Bob's. */
static const struct change {
    const char *name;
    struct live_event event;
    const char *ended, *why;
} changes[] = {
    { "left the workspace",
      { .change = LIVE_MEMBER_LEFT, .workspace_id = WORKSPACE, .user_id = ALICE },
      "wck",
      "access" },
    { "left another workspace",
      { .change = LIVE_MEMBER_LEFT, .workspace_id = OTHER_WORKSPACE, .user_id = ALICE },
      "",
      "" },
    { "left the chat",
      { .change = LIVE_MEMBER_LEFT, .workspace_id = WORKSPACE, .chat_id = CHAT, .user_id = ALICE },
      "c",
      "access" },
    { "the chat is gone", { .change = LIVE_CHAT_ENDED, .workspace_id = WORKSPACE, .chat_id = CHAT }, "c", "deleted" },
    { "the workspace is gone", { .change = LIVE_WORKSPACE_ENDED, .workspace_id = WORKSPACE }, "wckb", "deleted" },
    { "all sessions", { .change = LIVE_SESSIONS_ENDED, .user_id = ALICE }, "uwc", "session" },
    { "all but one session",
      { .change = LIVE_SESSIONS_ENDED, .user_id = ALICE, .kept_session_id = 1000 + ALICE },
      "",
      "" },
    { "one session",
      { .change = LIVE_SESSIONS_ENDED, .user_id = ALICE, .session_id = 1000 + ALICE },
      "uwc",
      "session" },
    { "another session", { .change = LIVE_SESSIONS_ENDED, .user_id = ALICE, .session_id = 5 }, "", "" },
    { "the key", { .change = LIVE_KEYS_ENDED, .key_id = 77 }, "k", "session" },
    { "all keys", { .change = LIVE_KEYS_ENDED, .user_id = ALICE }, "k", "session" },
    { "another key", { .change = LIVE_KEYS_ENDED, .key_id = 78 }, "", "" },
};

static void change_do(struct fixture *f, const struct change *change)
{
    static const char letters[] = "uwckb";
    struct stream_rights key = rights_of(STREAM_OF_WORKSPACE, ALICE);
    struct peer peers[5];

    key.session_id = 0;
    key.key_id = 77;
    peers[0] = stream_open(f, STREAM_OF_USER, ALICE);
    peers[1] = stream_open(f, STREAM_OF_WORKSPACE, ALICE);
    peers[2] = stream_open(f, STREAM_OF_CHAT, ALICE);
    peers[3] = stream_open_rights(f, key);
    peers[4] = stream_open(f, STREAM_OF_WORKSPACE, BOB);
    await_streams(f, 5);
    event_tell(f, change->event);
    event_tell(f, (struct live_event){ .audience = LIVE_TO_USER, .user_id = ALICE });
    tell_workspace(f);
    for (size_t i = 0; i < COUNT_OF(peers); i++) {
        char number[32];

        snprintf(number, sizeof(number), "data: %lld\n", (long long)f->position - (i == 0));
        if (strchr(change->ended, letters[i]) != NULL) {
            peer_await_end(&peers[i], change->why);
            continue;
        }
        peer_await(&peers[i], number);
        peer_close(&peers[i]);
    }
    await_streams(f, 0);
}

static void test_deliver__each_change_ends_the_streams_that_it_means_and_no_others(void **state)
{
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        print_message("  %s\n", changes[i].name);
        change_do(*state, &changes[i]);
    }
}

static void test_deliver__a_users_own_stream_hears_no_more_of_a_workspace_it_left(void **state)
{
    struct fixture *f = *state;
    struct peer peer = stream_open(f, STREAM_OF_USER, ALICE);

    await_streams(f, 1);
    event_tell(f, (struct live_event){ .audience = LIVE_TO_WORKSPACE,
                                       .change = LIVE_MEMBER_LEFT,
                                       .workspace_id = WORKSPACE,
                                       .user_id = ALICE });
    tell_workspace(f);
    event_tell(f, (struct live_event){ .audience = LIVE_TO_USER, .user_id = ALICE });
    peer_await(&peer, "data: 3\n");
    assert_heard(&peer, "1 3 ");
    peer_close(&peer);
}

/* ---- held until the rights have been looked at ---- */

static void test_deliver__rights_that_may_be_gone_are_looked_at_before_anything_later(void **state)
{
    struct fixture *f = *state;
    struct peer peer = stream_open(f, STREAM_OF_WORKSPACE, ALICE), bob = stream_open(f, STREAM_OF_WORKSPACE, BOB);

    await_streams(f, 2);
    checker_set(f, true, STREAM_GOES_ON);
    event_tell(f, (struct live_event){ .change = LIVE_RIGHTS_CHANGED, .workspace_id = WORKSPACE, .user_id = ALICE });
    tell_workspace(f);
    peer_await(&bob, "data: 2\n");
    checker_await(f, 1);
    assert_int_equal(stats_of(f).held_count, 1);
    tell_workspace(f);
    peer_await(&bob, "data: 3\n");
    assert_int_equal(recv(peer.fd, &(char){ 0 }, 1, MSG_DONTWAIT), -1);
    checker_set(f, false, STREAM_GOES_ON);
    peer_await(&peer, "data: 3\n");
    assert_heard(&peer, "2 3 ");
    peer_close(&peer);
    peer_close(&bob);
}

static void test_deliver__rights_that_changed_elsewhere_are_not_looked_at(void **state)
{
    struct fixture *f = *state;
    static const struct live_event elsewhere[] = {
        { .change = LIVE_RIGHTS_CHANGED, .workspace_id = OTHER_WORKSPACE },
        { .change = LIVE_RIGHTS_CHANGED, .workspace_id = OTHER_WORKSPACE, .user_id = ALICE },
        { .change = LIVE_RIGHTS_CHANGED, .workspace_id = WORKSPACE, .user_id = BOB },
        { .change = LIVE_RIGHTS_CHANGED, .workspace_id = WORKSPACE, .chat_id = OTHER_CHAT },
        { .change = LIVE_RIGHTS_CHANGED, .workspace_id = WORKSPACE, .chat_id = OTHER_CHAT, .user_id = ALICE },
        { .change = LIVE_RIGHTS_CHANGED, .key_id = 77 },
    };
    struct peer peers[] = { stream_open(f, STREAM_OF_USER, ALICE), stream_open(f, STREAM_OF_WORKSPACE, ALICE),
                            stream_open(f, STREAM_OF_CHAT, ALICE) };

    await_streams(f, COUNT_OF(peers));
    for (size_t i = 0; i < COUNT_OF(elsewhere); i++)
        event_tell(f, elsewhere[i]);
    tell_workspace(f);
    for (size_t i = 0; i < COUNT_OF(peers); i++) {
        peer_await(&peers[i], "data: 7\n");
        peer_close(&peers[i]);
    }
    assert_int_equal(stats_of(f).check_count, 0);
}

static void test_deliver__rights_that_are_gone_end_the_stream(void **state)
{
    struct fixture *f = *state;
    struct peer peer = stream_open(f, STREAM_OF_CHAT, ALICE);

    await_streams(f, 1);
    checker_set(f, true, STREAM_END_ACCESS);
    event_tell(f, (struct live_event){ .change = LIVE_RIGHTS_CHANGED, .workspace_id = WORKSPACE, .chat_id = CHAT });
    tell_workspace(f);
    checker_set(f, false, STREAM_END_ACCESS);
    peer_await_end(&peer, "access");
}

/* What was asked before the second change may be older than it. */
static void test_deliver__a_change_while_rights_are_looked_at_has_them_looked_at_again(void **state)
{
    struct fixture *f = *state;
    const struct live_event change = { .change = LIVE_RIGHTS_CHANGED, .workspace_id = WORKSPACE };
    struct peer peer = stream_open(f, STREAM_OF_WORKSPACE, ALICE);

    await_streams(f, 1);
    checker_set(f, true, STREAM_GOES_ON);
    event_tell(f, change);
    checker_await(f, 1);
    event_tell(f, change);
    tell_workspace(f);
    for (int i = 0; stats_of(f).event_count < 3; i++) {
        assert_true(i < PATIENCE_MS);
        (void)poll(NULL, 0, 1);
    }
    checker_set(f, false, STREAM_GOES_ON);
    checker_await(f, 2);
    peer_await(&peer, "data: 3\n");
    peer_close(&peer);
}

/* Bob's answer comes behind the older one. */
static void test_deliver__an_older_answer_puts_nobody_back_into_a_workspace_they_left(void **state)
{
    struct fixture *f = *state;
    struct stream_rights rights = rights_of(STREAM_OF_USER, ALICE);
    struct stream_opening opening = { .until_us = clock_now_us() };
    struct peer peer, bob;

    rights.key_id = 77;
    opening.rights = rights;
    assert_ok(stream_try(f, &opening, &peer));
    bob = stream_open(f, STREAM_OF_WORKSPACE, BOB);
    await_streams(f, 2);
    checker_set(f, true, STREAM_GOES_ON);
    event_tell(f, (struct live_event){ .change = LIVE_KEYS_EXPIRED });
    checker_await(f, 1);
    checker_set_out(f);
    event_tell(f, (struct live_event){ .change = LIVE_MEMBER_LEFT, .workspace_id = WORKSPACE, .user_id = ALICE });
    event_tell(f, (struct live_event){ .change = LIVE_RIGHTS_CHANGED, .workspace_id = WORKSPACE, .user_id = BOB });
    tell_workspace(f);
    checker_set(f, false, STREAM_GOES_ON);
    peer_await(&bob, "data: 4\n");
    tell_workspace(f);
    event_tell(f, (struct live_event){ .audience = LIVE_TO_USER, .user_id = ALICE });
    peer_await(&peer, "data: 6\n");
    assert_heard(&peer, "6 ");
    peer_close(&peer);
    peer_close(&bob);
}

static void test_deliver__who_comes_into_a_workspace_hears_of_it_from_then_on(void **state)
{
    struct fixture *f = *state;
    struct peer peer = stream_open(f, STREAM_OF_USER, ALICE);
    const struct live_event elsewhere = { .audience = LIVE_TO_WORKSPACE, .workspace_id = OTHER_WORKSPACE };
    struct live_event joined = elsewhere;

    await_streams(f, 1);
    f->checker.workspaces[1] = OTHER_WORKSPACE;
    f->checker.workspace_count = 2;
    joined.change = LIVE_MEMBER_JOINED;
    joined.user_id = ALICE;
    event_tell(f, elsewhere);
    event_tell(f, joined);
    event_tell(f, elsewhere);
    tell_workspace(f);
    peer_await(&peer, "data: 4\n");
    assert_heard(&peer, "2 3 4 ");
    peer_close(&peer);
}

static void test_deliver__a_known_end_is_looked_at_when_it_is_due(void **state)
{
    struct fixture *f = *state;
    struct stream_opening opening = { .rights = rights_of(STREAM_OF_USER, ALICE), .until_us = clock_now_us() };
    struct peer peer;

    checker_set(f, false, STREAM_END_EXPIRED);
    assert_ok(stream_try(f, &opening, &peer));
    peer_await_end(&peer, "expired");
}

static void test_deliver__a_client_that_leaves_while_it_is_looked_at_is_let_go(void **state)
{
    struct fixture *f = *state;
    struct peer peer = stream_open_asked(f);

    peer_close(&peer);
    await_streams(f, 0);
    assert_int_equal(stats_of(f).held_count, 0);
    checker_set(f, false, STREAM_GOES_ON);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, hub_setup, hub_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_deliver__each_change_ends_the_streams_that_it_means_and_no_others),
        TEST(test_deliver__a_users_own_stream_hears_no_more_of_a_workspace_it_left),
        TEST(test_deliver__rights_that_may_be_gone_are_looked_at_before_anything_later),
        TEST(test_deliver__rights_that_changed_elsewhere_are_not_looked_at),
        TEST(test_deliver__rights_that_are_gone_end_the_stream),
        TEST(test_deliver__a_change_while_rights_are_looked_at_has_them_looked_at_again),
        TEST(test_deliver__an_older_answer_puts_nobody_back_into_a_workspace_they_left),
        TEST(test_deliver__who_comes_into_a_workspace_hears_of_it_from_then_on),
        TEST(test_deliver__a_known_end_is_looked_at_when_it_is_due),
        TEST(test_deliver__a_client_that_leaves_while_it_is_looked_at_is_let_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
