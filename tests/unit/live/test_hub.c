#include "hub_fixture.h"

/* ---- who hears what ---- */

static void test_hub__each_scope_hears_what_is_for_it(void **state)
{
    struct fixture *f = *state;
    static const int64_t members[] = { ALICE, EVE };
    struct peer user = stream_open(f, STREAM_OF_USER, ALICE), workspace = stream_open(f, STREAM_OF_WORKSPACE, ALICE);
    struct peer chat = stream_open(f, STREAM_OF_CHAT, ALICE), bob = stream_open(f, STREAM_OF_WORKSPACE, BOB);

    tell_workspace(f);                                                                                    /* 1 */
    event_tell(f, (struct live_event){ .audience = LIVE_TO_WORKSPACE, .workspace_id = OTHER_WORKSPACE }); /* 2 */
    event_tell(f, (struct live_event){
                      .audience = LIVE_TO_WORKSPACE, .workspace_id = WORKSPACE, .chat_id = OTHER_CHAT }); /* 3 */
    event_tell(f, (struct live_event){ .audience = LIVE_TO_MEMBERS,
                                       .workspace_id = WORKSPACE,
                                       .chat_id = CHAT,
                                       .member_ids = members,
                                       .member_count = COUNT_OF(members) }); /* 4 */
    event_tell(f, (struct live_event){
                      .audience = LIVE_TO_USER, .workspace_id = WORKSPACE, .chat_id = CHAT, .user_id = ALICE }); /* 5 */
    event_tell(f, (struct live_event){ .audience = LIVE_TO_USER, .user_id = ALICE });                            /* 6 */
    event_tell(f, (struct live_event){ .audience = LIVE_TO_NOBODY });                                            /* 7 */
    tell_workspace(f);                                                                                           /* 8 */
    peer_await(&user, "data: 8\n");
    peer_await(&workspace, "data: 8\n");
    peer_await(&chat, "data: 8\n");
    peer_await(&bob, "data: 8\n");
    assert_heard(&user, "1 3 4 5 6 8 ");
    assert_heard(&workspace, "1 3 4 5 8 ");
    assert_heard(&chat, "1 4 5 8 ");
    assert_heard(&bob, "1 3 8 ");
    peer_close(&user);
    peer_close(&workspace);
    peer_close(&chat);
    peer_close(&bob);
    await_streams(f, 0);
    assert_int_equal(stats_of(f).end_counts[STREAM_END_GONE], 4);
}

static void test_hub__signals_carry_the_position_and_deltas_want_a_focus(void **state)
{
    struct fixture *f = *state;
    const struct live_event typing = { .audience = LIVE_TO_WORKSPACE, .workspace_id = WORKSPACE, .chat_id = CHAT };
    struct stream_rights rights = rights_of(STREAM_OF_USER, BOB);
    struct live_event delta = typing;
    struct peer plain = stream_open(f, STREAM_OF_USER, ALICE), focused;

    rights.focus[0] = CHAT;
    focused = stream_open_rights(f, rights);
    delta.is_delta = true;
    tell_workspace(f);
    peer_await(&plain, "data: 1\n");
    peer_await(&focused, "data: 1\n");
    hub_signal(f->hub, &delta, STR("event: message.delta\ndata: 50\n"));
    hub_signal(f->hub, &typing, STR("event: typing\ndata: 60\n"));
    peer_await(&plain, "event: typing\ndata: 60\nid: " EPOCH "-1\n\n");
    peer_await(&focused, "data: 60\n");
    assert_heard(&plain, "1 60 ");
    assert_heard(&focused, "1 50 60 ");
    peer_close(&plain);
    peer_close(&focused);
}

/* ---- the hand-over ---- */

static struct peer open_at(struct fixture *f, struct stream_rights rights, int64_t position)
{
    struct stream_opening opening = { .rights = rights };
    struct peer peer;

    hub_where(f->hub, &opening.place);
    opening.place.position = position;
    assert_ok(stream_try(f, &opening, &peer));
    return peer;
}

static void test_hub__a_stream_hears_once_what_came_since_its_replay(void **state)
{
    struct fixture *f = *state;
    struct peer peer, ahead;

    for (int i = 0; i < 4; i++)
        tell_workspace(f);
    peer = open_at(f, rights_of(STREAM_OF_CHAT, ALICE), 2);
    ahead = open_at(f, rights_of(STREAM_OF_CHAT, BOB), 4);
    tell_workspace(f);
    peer_await(&peer, "data: 5\n");
    peer_await(&ahead, "data: 5\n");
    assert_heard(&peer, "3 4 5 ");
    assert_heard(&ahead, "5 ");
    peer_close(&peer);
    peer_close(&ahead);
}

static void test_hub__what_has_left_the_ring_is_not_passed_over(void **state)
{
    struct fixture *f = *state;
    struct peer first = stream_open(f, STREAM_OF_CHAT, ALICE), late;

    for (int i = 0; i < 4200; i++)
        event_tell(f, (struct live_event){ .audience = LIVE_TO_NOBODY });
    tell_workspace(f);
    peer_await(&first, "data: 4201\n");
    late = open_at(f, rights_of(STREAM_OF_CHAT, BOB), 100);
    peer_await_end_at(&late, "slow", EPOCH "-100");
    peer_close(&first);
    assert_int_equal(stats_of(f).overrun_count, 0);
}

static void test_hub__a_ring_of_large_events_keeps_within_its_bytes(void **state)
{
    struct fixture *f = *state;
    static char large[60000];
    struct peer late;

    memset(large, 'x', sizeof(large) - 1);
    for (int i = 0; i < 100; i++) {
        struct live_event event = { .position = ++f->position,
                                    .audience = LIVE_TO_WORKSPACE,
                                    .workspace_id = WORKSPACE,
                                    .record = live_record_new(str_from(large)) };
        f->sink.event(f->sink.arg, &event);
        live_record_drop(event.record);
    }
    late = open_at(f, rights_of(STREAM_OF_WORKSPACE, BOB), 20);
    peer_await_end(&late, "slow");
    late = open_at(f, rights_of(STREAM_OF_WORKSPACE, BOB), 99);
    peer_await(&late, "xxx");
    peer_close(&late);
}

static void test_hub__who_was_put_out_between_check_and_hand_over_is_out(void **state)
{
    struct fixture *f = *state;
    struct peer peer;

    event_tell(
        f, (struct live_event){
               .audience = LIVE_TO_WORKSPACE, .change = LIVE_MEMBER_LEFT, .workspace_id = WORKSPACE, .user_id = BOB });
    tell_workspace(f);
    peer = open_at(f, rights_of(STREAM_OF_WORKSPACE, BOB), 0);
    peer_await_end(&peer, "access");
}

static void test_hub__a_place_of_another_beginning_is_none(void **state)
{
    struct fixture *f = *state;
    struct stream_opening opening = { .rights = rights_of(STREAM_OF_USER, ALICE) };
    struct peer peer;

    hub_where(f->hub, &opening.place);
    f->sink.start(f->sink.arg, "deadbeef", 7);
    assert_ok(stream_try(f, &opening, &peer));
    peer_await_end_at(&peer, "restart", EPOCH "-0");
}

static void test_hub__a_new_beginning_of_the_log_ends_all_streams(void **state)
{
    struct fixture *f = *state;
    struct peer peer = stream_open(f, STREAM_OF_USER, ALICE);

    await_streams(f, 1);
    f->sink.start(f->sink.arg, "deadbeef", 7);
    peer_await_end(&peer, "restart");
}

static void test_hub__a_log_that_cannot_be_read_ends_all_streams(void **state)
{
    struct fixture *f = *state;
    struct peer peer = stream_open(f, STREAM_OF_USER, ALICE);

    await_streams(f, 1);
    f->sink.silence(f->sink.arg);
    while (peer_read(&peer))
        ;
    assert_non_null(strstr(peer.heard.ptr, "\"reconnect\":true"));
    assert_non_null(strstr(peer.heard.ptr, "retry: "));
    peer_close(&peer);
}

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

static void test_hub__each_change_ends_the_streams_that_it_means_and_no_others(void **state)
{
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        print_message("  %s\n", changes[i].name);
        change_do(*state, &changes[i]);
    }
}

static void test_hub__a_users_own_stream_hears_no_more_of_a_workspace_it_left(void **state)
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

static void test_hub__rights_that_may_be_gone_are_looked_at_before_anything_later(void **state)
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

static void test_hub__rights_that_are_gone_end_the_stream(void **state)
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
static void test_hub__a_change_while_rights_are_looked_at_has_them_looked_at_again(void **state)
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

static void test_hub__who_comes_into_a_workspace_hears_of_it_from_then_on(void **state)
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

static void test_hub__a_known_end_is_looked_at_when_it_is_due(void **state)
{
    struct fixture *f = *state;
    struct stream_opening opening = { .rights = rights_of(STREAM_OF_USER, ALICE), .until_us = clock_now_us() };
    struct peer peer;

    checker_set(f, false, STREAM_END_EXPIRED);
    assert_ok(stream_try(f, &opening, &peer));
    peer_await_end(&peer, "expired");
}

static void test_hub__a_client_that_leaves_while_it_is_looked_at_is_let_go(void **state)
{
    struct fixture *f = *state;
    struct peer peer = stream_open(f, STREAM_OF_WORKSPACE, ALICE);

    await_streams(f, 1);
    checker_set(f, true, STREAM_GOES_ON);
    event_tell(f, (struct live_event){ .change = LIVE_RIGHTS_CHANGED, .workspace_id = WORKSPACE });
    checker_await(f, 1);
    peer_close(&peer);
    await_streams(f, 0);
    assert_int_equal(stats_of(f).held_count, 0);
    checker_set(f, false, STREAM_GOES_ON);
}

/* ---- slow readers, limits, the end ---- */

static void test_hub__a_slow_reader_is_cut_off_and_nobody_else(void **state)
{
    struct fixture *f = *state;
    static char large[60000];
    struct peer slow = stream_open(f, STREAM_OF_WORKSPACE, ALICE), quick = stream_open(f, STREAM_OF_WORKSPACE, BOB);
    size_t told_bytes = 0;

    await_streams(f, 2);
    memset(large, 'x', sizeof(large) - 1);
    while (stats_of(f).stream_count == 2) {
        struct live_event event = { .position = ++f->position,
                                    .audience = LIVE_TO_WORKSPACE,
                                    .workspace_id = WORKSPACE,
                                    .record = live_record_new(str_from(large)) };

        f->sink.event(f->sink.arg, &event);
        live_record_drop(event.record);
        while (quick.heard.len < told_bytes + sizeof(large) - 1)
            assert_true(peer_read(&quick));
        told_bytes += sizeof(large) - 1;
        assert_true(told_bytes < 16 * MIB);
    }
    assert_int_equal(stats_of(f).end_counts[STREAM_END_SLOW], 1);
    tell_workspace(f);
    peer_await(&quick, "data: ");
    peer_close(&slow);
    peer_close(&quick);
}

static void test_hub__what_a_reader_did_not_take_at_once_comes_whole_and_in_order(void **state)
{
    struct fixture *f = *state;
    struct peer peer = stream_open(f, STREAM_OF_WORKSPACE, ALICE);
    int size = 4096;
    struct buf heard;
    char wanted[600] = "";

    assert_int_equal(setsockopt(peer.fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)), 0);
    await_streams(f, 1);
    for (int i = 1; i <= 60; i++) {
        tell_workspace(f);
        snprintf(wanted + strlen(wanted), sizeof(wanted) - strlen(wanted), "%d ", i);
    }
    peer_await(&peer, "data: 60\n");
    peer_heard(&peer, &heard);
    assert_string_equal(heard.ptr, wanted);
    buf_release(&heard);
    peer_close(&peer);
}

static void test_hub__each_user_may_have_so_many(void **state)
{
    struct fixture *f = *state;
    struct peer peers[20], more;
    const struct stream_opening opening = { .rights = rights_of(STREAM_OF_USER, ALICE) };

    for (size_t i = 0; i < COUNT_OF(peers); i++)
        peers[i] = stream_open(f, STREAM_OF_USER, ALICE);
    assert_err(stream_try(f, &opening, &more), ERR_STREAMS);
    peer_close(&peers[0]);
    await_streams(f, 19);
    assert_ok(stream_try(f, &opening, &more));
    for (size_t i = 1; i < COUNT_OF(peers); i++)
        peer_close(&peers[i]);
    peer_close(&more);
    await_streams(f, 0);
    assert_int_equal(stats_of(f).refused_count, 1);
}

static void test_hub__a_stop_tells_everybody_when_to_come_back(void **state)
{
    struct fixture *f = *state;
    struct peer peers[15];
    struct peer more;

    for (size_t i = 0; i < COUNT_OF(peers); i++)
        peers[i] = stream_open(f, STREAM_OF_USER, ALICE);
    await_streams(f, COUNT_OF(peers));
    hub_end_all(f->hub);
    for (size_t i = 0; i < COUNT_OF(peers); i++)
        peer_await_end(&peers[i], "restart");
    assert_err(stream_try(f, &(struct stream_opening){ .rights = rights_of(STREAM_OF_USER, ALICE) }, &more),
               ERR_UNAVAILABLE);
    await_streams(f, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, hub_setup, hub_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_hub__each_scope_hears_what_is_for_it),
        TEST(test_hub__signals_carry_the_position_and_deltas_want_a_focus),
        TEST(test_hub__a_stream_hears_once_what_came_since_its_replay),
        TEST(test_hub__what_has_left_the_ring_is_not_passed_over),
        TEST(test_hub__a_ring_of_large_events_keeps_within_its_bytes),
        TEST(test_hub__who_was_put_out_between_check_and_hand_over_is_out),
        TEST(test_hub__a_place_of_another_beginning_is_none),
        TEST(test_hub__a_new_beginning_of_the_log_ends_all_streams),
        TEST(test_hub__a_log_that_cannot_be_read_ends_all_streams),
        TEST(test_hub__each_change_ends_the_streams_that_it_means_and_no_others),
        TEST(test_hub__a_users_own_stream_hears_no_more_of_a_workspace_it_left),
        TEST(test_hub__rights_that_may_be_gone_are_looked_at_before_anything_later),
        TEST(test_hub__rights_that_are_gone_end_the_stream),
        TEST(test_hub__a_change_while_rights_are_looked_at_has_them_looked_at_again),
        TEST(test_hub__who_comes_into_a_workspace_hears_of_it_from_then_on),
        TEST(test_hub__a_known_end_is_looked_at_when_it_is_due),
        TEST(test_hub__a_client_that_leaves_while_it_is_looked_at_is_let_go),
        TEST(test_hub__a_slow_reader_is_cut_off_and_nobody_else),
        TEST(test_hub__what_a_reader_did_not_take_at_once_comes_whole_and_in_order),
        TEST(test_hub__each_user_may_have_so_many),
        TEST(test_hub__a_stop_tells_everybody_when_to_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
