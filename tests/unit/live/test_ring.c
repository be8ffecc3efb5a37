#include "../../../app/live/ring.h"

#include "unit.h"

#include "parley/core/clock.h"

enum { CHAT = 100, RESUME_EVENTS = 32, RESUME_BYTES = 1000 };

static struct ring ring;

static int setup(void **state)
{
    (void)state;
    if (ring_init(&ring) != ERR_OK)
        return -1;
    ring_start(&ring, "0badcafe", 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ring_release(&ring);
    return 0;
}

static void add(int64_t position)
{
    ring_add(&ring, &(struct live_event){ .position = position, .audience = LIVE_TO_NOBODY });
}

static void add_to_members(int64_t position, int64_t chat_id, const int64_t *ids, size_t count)
{
    ring_add(&ring, &(struct live_event){ .position = position,
                                          .audience = LIVE_TO_MEMBERS,
                                          .chat_id = chat_id,
                                          .member_ids = ids,
                                          .member_count = count });
}

static void assert_only_member(int64_t behind, int64_t user_id)
{
    struct ring_entry entry;

    assert_int_equal(ring_next(&ring, 1, behind, RING_PEEK, &entry), RING_EVENT);
    assert_int_equal(entry.event.member_count, 1);
    assert_true(ring_event_has_member(&entry.event, user_id));
    ring_entry_release(&entry);
}

static void test_ring__each_event_goes_to_the_members_of_its_own_time(void **state)
{
    (void)state;
    add_to_members(1, CHAT, (const int64_t[]){ 1 }, 1);
    add_to_members(2, CHAT, (const int64_t[]){ 2 }, 1);
    add_to_members(3, CHAT + RING_SETS, (const int64_t[]){ 3 }, 1); /* remembered in the same place */
    add_to_members(4, CHAT, (const int64_t[]){ 2 }, 1);
    assert_only_member(0, 1);
    assert_only_member(1, 2);
    assert_only_member(2, 3);
    assert_only_member(3, 2);
}

static void test_ring__a_hole_in_the_log_is_told_as_lost(void **state)
{
    struct ring_entry entry;

    (void)state;
    add(1);
    add(5);
    assert_int_equal(ring_next(&ring, 1, 1, RING_PEEK, &entry), RING_LOST);
    assert_int_equal(ring_next(&ring, 1, 4, RING_PEEK, &entry), RING_EVENT);
    ring_entry_release(&entry);
    assert_int_equal(ring_next(&ring, 1, 5, RING_PEEK, &entry), RING_END);
}

/* The ring's other half is for what comes meanwhile. */
static void test_ring__who_adds_waits_a_moment_for_a_hub_that_is_behind(void **state)
{
    struct ring_entry entry;
    int64_t began_us;

    (void)state;
    for (int i = 1; i <= RING_EVENTS / 2; i++)
        add(i);
    began_us = clock_monotonic_us();
    add(RING_EVENTS / 2 + 1);
    assert_true(clock_monotonic_us() - began_us >= 150 * US_PER_MS);
    assert_int_equal(ring_next(&ring, 1, 0, RING_PEEK, &entry), RING_EVENT);
    ring_entry_release(&entry);
}

static void test_ring__still_has_so_many_events_and_bytes(void **state)
{
    struct live_event large = { .audience = LIVE_TO_WORKSPACE, .record = live_record_new(STR("data: 1\n\n")) };

    (void)state;
    for (int i = 1; i <= RESUME_EVENTS + 1; i++)
        add(i);
    assert_false(ring_still_has(&ring, 1, 0, RESUME_EVENTS, RESUME_BYTES));
    assert_true(ring_still_has(&ring, 1, 1, RESUME_EVENTS, RESUME_BYTES));
    assert_false(ring_still_has(&ring, 2, 1, RESUME_EVENTS, RESUME_BYTES));
    large.position = RESUME_EVENTS + 2;
    ring_add(&ring, &large);
    assert_true(ring_still_has(&ring, 1, RESUME_EVENTS, RESUME_EVENTS, large.record->len));
    assert_false(ring_still_has(&ring, 1, RESUME_EVENTS, RESUME_EVENTS, large.record->len - 1));
    live_record_drop(large.record);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_ring__each_event_goes_to_the_members_of_its_own_time),
        TEST(test_ring__a_hole_in_the_log_is_told_as_lost),
        TEST(test_ring__who_adds_waits_a_moment_for_a_hub_that_is_behind),
        TEST(test_ring__still_has_so_many_events_and_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
