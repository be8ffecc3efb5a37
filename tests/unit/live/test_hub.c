#include "../../../app/live/hub_private.h"
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
    event_tell(f, (struct live_event){ .audience = LIVE_TO_OTHERS,
                                       .workspace_id = WORKSPACE,
                                       .chat_id = CHAT,
                                       .member_ids = members,
                                       .member_count = COUNT_OF(members) }); /* 8 */
    tell_workspace(f);                                                       /* 9 */
    peer_await(&user, "data: 9\n");
    peer_await(&workspace, "data: 9\n");
    peer_await(&chat, "data: 9\n");
    peer_await(&bob, "data: 9\n");
    assert_heard(&user, "1 3 4 5 6 9 ");
    assert_heard(&workspace, "1 3 4 5 9 ");
    assert_heard(&chat, "1 4 5 9 ");
    assert_heard(&bob, "1 3 8 9 ");
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

/* ---- the reader's signs of life ---- */

static void test_hub__takes_nobody_in_while_no_look_at_the_log_works(void **state)
{
    struct fixture *f = *state;
    const struct stream_opening opening = { .rights = rights_of(STREAM_OF_USER, ALICE) };
    struct peer peer;

    atomic_fetch_sub(&f->hub->heard_s, READER_SILENT_MAX_S + 1);
    assert_false(f->sink.is_watched(f->sink.arg)); /* the relay asks, too, and a reader that fails */
    assert_err(stream_try(f, &opening, &peer), ERR_UNAVAILABLE);
    f->sink.looked(f->sink.arg);
    assert_ok(stream_try(f, &opening, &peer));
    await_streams(f, 1);
    atomic_fetch_sub(&f->hub->heard_s, READER_SILENT_MAX_S + 1);
    assert_true(f->sink.is_watched(f->sink.arg));
    peer_await_end(&peer, "restart");
}

/* ---- what a stream that comes back is told from the ring ---- */

static void test_hub__has_what_was_missed_unless_rights_were_lost_in_it(void **state)
{
    struct fixture *f = *state;
    struct hub_place place;

    for (int i = 0; i < 3; i++)
        tell_workspace(f);
    event_tell(f, (struct live_event){ .change = LIVE_MEMBER_JOINED, .workspace_id = WORKSPACE, .user_id = EVE });
    hub_where(f->hub, &place);
    assert_true(hub_still_has(f->hub, &place, 0));
    for (enum live_change change = LIVE_MEMBER_LEFT; change <= LIVE_KEYS_EXPIRED; change++) {
        int64_t before = f->position;

        event_tell(f, (struct live_event){ .change = change, .workspace_id = WORKSPACE, .user_id = EVE });
        tell_workspace(f);
        hub_where(f->hub, &place);
        assert_false(hub_still_has(f->hub, &place, before));
        assert_true(hub_still_has(f->hub, &place, before + 1));
    }
}

/* ---- a stream that is ahead of the hub, which lags behind the ring ---- */

static void test_hub__what_was_undone_before_a_stream_was_opened_does_not_end_it(void **state)
{
    struct fixture *f = *state;
    const struct live_event left = {
        .audience = LIVE_TO_WORKSPACE, .change = LIVE_MEMBER_LEFT, .workspace_id = WORKSPACE, .user_id = BOB
    };
    struct live_event joined = left;
    struct peer peer = open_at(f, rights_of(STREAM_OF_WORKSPACE, BOB), 2);
    struct peer user = open_at(f, rights_of(STREAM_OF_USER, BOB), 2);

    await_streams(f, 2);
    joined.change = LIVE_MEMBER_JOINED;
    event_tell(f, left);
    event_tell(f, joined);
    tell_workspace(f);
    peer_await(&peer, "data: 3\n");
    peer_await(&user, "data: 3\n");
    assert_heard(&peer, "3 ");
    assert_heard(&user, "3 ");
    assert_int_equal(stats_of(f).check_count, 0);
    event_tell(f, left);
    peer_await_end(&peer, "access");
    peer_close(&user);
}

static void test_hub__no_signal_takes_the_id_back(void **state)
{
    struct fixture *f = *state;
    const struct live_event typing = { .audience = LIVE_TO_WORKSPACE, .workspace_id = WORKSPACE, .chat_id = CHAT };
    struct peer ahead = open_at(f, rights_of(STREAM_OF_WORKSPACE, BOB), 2),
                peer = stream_open(f, STREAM_OF_USER, ALICE);

    await_streams(f, 2);
    tell_workspace(f);
    peer_await(&peer, "data: 1\n");
    hub_signal(f->hub, &typing, STR("event: typing\ndata: 50\n"));
    peer_await(&peer, "data: 50\nid: " EPOCH "-1\n");
    tell_workspace(f);
    peer_await(&peer, "data: 2\n");
    hub_signal(f->hub, &typing, STR("event: typing\ndata: 60\n"));
    peer_await(&ahead, "data: 60\nid: " EPOCH "-2\n");
    assert_heard(&ahead, "60 ");
    peer_close(&ahead);
    peer_close(&peer);
}

/* Keeps the hub's thread until it is let go. */
struct blocker {
    struct inbox_item item;
    pthread_mutex_t lock;
};

static void block(struct hub *hub, struct inbox_item *item)
{
    struct blocker *blocker = (struct blocker *)item;

    (void)hub;
    (void)pthread_mutex_lock(&blocker->lock);
    (void)pthread_mutex_unlock(&blocker->lock);
}

static void test_hub__so_many_signals_wait_for_it_and_no_more(void **state)
{
    struct fixture *f = *state;
    const struct live_event typing = { .audience = LIVE_TO_WORKSPACE, .workspace_id = WORKSPACE, .chat_id = CHAT };
    struct blocker blocker = { .item = { .run = block }, .lock = PTHREAD_MUTEX_INITIALIZER };
    struct peer peer = stream_open(f, STREAM_OF_WORKSPACE, ALICE);

    await_streams(f, 1);
    (void)pthread_mutex_lock(&blocker.lock);
    assert_true(hub_post(f->hub, &blocker.item));
    for (int i = 0; i < HUB_SIGNALS_MAX + 3; i++)
        hub_signal(f->hub, &typing, STR("event: typing\ndata: 50\n"));
    assert_int_equal(stats_of(f).dropped_count, 3);
    (void)pthread_mutex_unlock(&blocker.lock);
    peer_await(&peer, "data: 50\n");
    tell_workspace(f);
    while (stats_of(f).event_count < 1)
        (void)poll(NULL, 0, 1);
    hub_signal(f->hub, &typing, STR("event: typing\ndata: 60\n"));
    assert_int_equal(stats_of(f).dropped_count, 3);
    peer_close(&peer);
    await_streams(f, 0);
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
        assert_true(told_bytes < 2 * MIB);
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
        TEST(test_hub__takes_nobody_in_while_no_look_at_the_log_works),
        TEST(test_hub__has_what_was_missed_unless_rights_were_lost_in_it),
        TEST(test_hub__what_was_undone_before_a_stream_was_opened_does_not_end_it),
        TEST(test_hub__no_signal_takes_the_id_back),
        TEST(test_hub__so_many_signals_wait_for_it_and_no_more),
        TEST(test_hub__a_slow_reader_is_cut_off_and_nobody_else),
        TEST(test_hub__what_a_reader_did_not_take_at_once_comes_whole_and_in_order),
        TEST(test_hub__each_user_may_have_so_many),
        TEST(test_hub__a_stop_tells_everybody_when_to_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
