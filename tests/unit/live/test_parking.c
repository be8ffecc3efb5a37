#include <dirent.h>

#include "hub_fixture.h"

/* What those who work on an answer were told. */
struct work {
    atomic_int gone_count, due_count, pause_count, go_on_count;
};

static void work_gone(void *arg)
{
    atomic_fetch_add(&((struct work *)arg)->gone_count, 1);
}

static void work_due(void *arg)
{
    atomic_fetch_add(&((struct work *)arg)->due_count, 1);
}

static void work_flow(void *arg, bool paused)
{
    struct work *work = arg;

    atomic_fetch_add(paused ? &work->pause_count : &work->go_on_count, 1);
}

static void await_count(atomic_int *count, int wanted)
{
    for (int i = 0; atomic_load(count) < wanted; i++) {
        assert_true(i < PATIENCE_MS);
        (void)poll(NULL, 0, 1);
    }
}

static const struct parked_answer answer = { 200, "ok", "application/json", STR_INIT("{\"late\":true}") };

static struct peer park(struct fixture *f, uint64_t ticket, struct work *work, int64_t deadline_us)
{
    const struct parking parking = { .ticket = ticket,
                                     .deadline_us = deadline_us,
                                     .hooks = { work_gone, work_due, work_flow, work } };
    struct handover handover;
    struct peer peer;
    int fd;

    peer = peer_new(&fd);
    handover = handover_of(REPLY_PARKED, fd);
    handover.head = STR("X-Made: by the handler\r\n");
    handover.subject = &parking;
    hub_take(f->hub, &handover);
    return peer;
}

static uint64_t ticket_of(struct fixture *f)
{
    uint64_t ticket;

    assert_ok(parking_ticket(f->hub, &ticket));
    return ticket;
}

static void assert_answered(struct peer *peer)
{
    while (peer_read(peer))
        ;
    assert_true(peer->complete);
    assert_non_null(strstr(peer->heard.ptr, "X-Made: by the handler\r\n"));
    assert_non_null(strstr(peer->heard.ptr, "\r\n\r\n{\"late\":true}"));
    peer_close(peer);
}

static void test_parking__an_answer_may_come_before_the_connection_and_after_it(void **state)
{
    struct fixture *f = *state;
    struct work work = { 0 };
    uint64_t early = ticket_of(f), late = ticket_of(f);
    struct peer early_peer, late_peer;

    parking_answer(f->hub, early, &answer);
    early_peer = park(f, early, &work, INT64_MAX);
    assert_answered(&early_peer);
    late_peer = park(f, late, &work, INT64_MAX);
    parking_answer(f->hub, late, &answer);
    parking_answer(f->hub, late, &answer);
    assert_answered(&late_peer);
    assert_int_equal(atomic_load(&work.gone_count), 0);
}

static void test_parking__a_client_that_leaves_is_told_once(void **state)
{
    struct fixture *f = *state;
    struct work work = { 0 };
    uint64_t ticket = ticket_of(f);
    struct peer peer = park(f, ticket, &work, INT64_MAX);

    peer_close(&peer);
    await_count(&work.gone_count, 1);
    parking_answer(f->hub, ticket, &answer);
    assert_int_equal(atomic_load(&work.gone_count), 1);
}

static void test_parking__a_deadline_asks_for_what_there_is(void **state)
{
    struct fixture *f = *state;
    struct work work = { 0 };
    uint64_t ticket = ticket_of(f);
    struct peer peer = park(f, ticket, &work, clock_monotonic_us());

    await_count(&work.due_count, 1);
    parking_answer(f->hub, ticket, &answer);
    assert_answered(&peer);
}

/* Whether a thread beside this one runs or wants to, however busy the machine is. */
static bool others_run(void)
{
    DIR *tasks = opendir("/proc/self/task");
    const struct dirent *task;
    bool found = false;

    assert_non_null(tasks);
    while ((task = readdir(tasks)) != NULL && !found) {
        char path[sizeof("/proc/self/task//stat") + sizeof(task->d_name)], line[256] = "";
        const char *name_end;
        FILE *file;

        if (task->d_name[0] == '.' || strtol(task->d_name, NULL, 10) == gettid())
            continue;
        snprintf(path, sizeof(path), "/proc/self/task/%s/stat", task->d_name);
        file = fopen(path, "re");
        if (file == NULL)
            continue;
        name_end = fgets(line, sizeof(line), file) != NULL ? strrchr(line, ')') : NULL;
        found = name_end != NULL && strncmp(name_end, ") R", 3) == 0;
        fclose(file);
    }
    closedir(tasks);
    return found;
}

/* Late in its second: whoever looks at it from that second's beginning on runs without a pause. */
static void test_parking__a_deadline_is_waited_for_without_work(void **state)
{
    struct fixture *f = *state;
    struct work work = { 0 };
    uint64_t ticket = ticket_of(f);
    int64_t second_us = (clock_monotonic_us() / US_PER_S + 1) * US_PER_S, deadline_us = second_us + 900 * US_PER_MS;
    struct peer peer = park(f, ticket, &work, deadline_us);
    struct pollfd polled = { .fd = peer.fd, .events = POLLIN };
    int looks = 0, running = 0;

    while (clock_monotonic_us() < deadline_us) {
        assert_int_equal(poll(&polled, 1, 20), 0);
        if (clock_monotonic_us() < second_us + 100 * US_PER_MS)
            continue;
        looks++;
        running += others_run();
    }
    assert_in_range(running, 0, looks / 2);
    await_count(&work.due_count, 1);
    parking_answer(f->hub, ticket, &answer);
    assert_answered(&peer);
}

static void test_parking__a_stream_of_ones_own(void **state)
{
    struct fixture *f = *state;
    struct work work = { 0 };
    uint64_t ticket = ticket_of(f), broken = ticket_of(f);
    struct peer peer = park(f, ticket, &work, INT64_MAX), broken_peer = park(f, broken, &work, INT64_MAX);

    parking_open(f->hub, ticket, "text/event-stream");
    parking_write(f->hub, ticket, STR("data: 1\n\n"));
    peer_await(&peer, "X-Accel-Buffering: no\r\n\r\ndata: 1\n\n");
    parking_close(f->hub, ticket, PARKING_COMPLETE);
    while (peer_read(&peer))
        ;
    assert_true(peer.complete);
    parking_open(f->hub, broken, "text/event-stream");
    parking_close(f->hub, broken, PARKING_BROKEN);
    while (peer_read(&broken_peer))
        ;
    assert_false(broken_peer.complete);
    peer_close(&peer);
    peer_close(&broken_peer);
}

static void test_parking__a_slow_reader_pauses_the_work(void **state)
{
    struct fixture *f = *state;
    static char piece[32 * 1024];
    struct work work = { 0 };
    uint64_t ticket = ticket_of(f);
    struct peer peer = park(f, ticket, &work, INT64_MAX);
    size_t written_bytes = 0;

    memset(piece, 'x', sizeof(piece));
    parking_open(f->hub, ticket, "text/plain");
    while (atomic_load(&work.pause_count) == 0) {
        parking_write(f->hub, ticket, (struct str){ piece, sizeof(piece) });
        written_bytes += sizeof(piece);
        (void)poll(NULL, 0, 1);
        assert_true(written_bytes < 4 * MIB);
    }
    while (peer.heard.len < written_bytes)
        assert_true(peer_read(&peer));
    await_count(&work.go_on_count, 1);
    parking_close(f->hub, ticket, PARKING_COMPLETE);
    while (peer_read(&peer))
        ;
    assert_true(peer.complete);
    peer_close(&peer);
}

static void test_parking__so_many_and_no_more(void **state)
{
    struct fixture *f = *state;
    static uint64_t tickets[PARKED_MAX];
    uint64_t more;

    for (int i = 0; i < PARKED_MAX; i++)
        tickets[i] = ticket_of(f);
    assert_err(parking_ticket(f->hub, &more), ERR_BUSY);
    for (int i = 0; i < PARKED_MAX; i++)
        parking_forget(f->hub, tickets[i]);
    for (int i = 0; parking_ticket(f->hub, &more) != ERR_OK; i++) {
        assert_true(i < PATIENCE_MS);
        (void)poll(NULL, 0, 1);
    }
    parking_forget(f->hub, more);
}

static void test_parking__a_stop_asks_for_answers_and_gives_its_own_in_the_end(void **state)
{
    struct fixture *f = *state;
    struct work work = { 0 }, silent = { 0 };
    uint64_t ticket = ticket_of(f);
    struct peer peer = park(f, ticket, &work, INT64_MAX), silent_peer = park(f, ticket_of(f), &silent, INT64_MAX);

    hub_end_all(f->hub);
    await_count(&work.due_count, 1);
    parking_answer(f->hub, ticket, &answer);
    assert_answered(&peer);
    while (peer_read(&silent_peer))
        ;
    assert_true(silent_peer.complete);
    assert_non_null(strstr(silent_peer.heard.ptr, "Status: 503"));
    peer_close(&silent_peer);
}

static void test_parking__a_stream_at_the_stop_is_broken_off_when_its_time_is_over(void **state)
{
    struct fixture *f = *state;
    struct work work = { 0 };
    uint64_t ticket = ticket_of(f);
    struct peer peer = park(f, ticket, &work, INT64_MAX);
    int64_t began_us;

    parking_open(f->hub, ticket, "text/event-stream");
    parking_write(f->hub, ticket, STR("data: 1\n\n"));
    peer_await(&peer, "data: 1\n\n");
    began_us = clock_monotonic_us();
    hub_end_all(f->hub);
    await_count(&work.due_count, 1);
    while (peer_read(&peer))
        ;
    assert_false(peer.complete);
    assert_in_range(clock_monotonic_us() - began_us, STREAM_STOP_PARKED_S * US_PER_S, STREAM_COMMENT_S * US_PER_S / 2);
    peer_close(&peer);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, hub_setup, hub_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_parking__an_answer_may_come_before_the_connection_and_after_it),
        TEST(test_parking__a_client_that_leaves_is_told_once),
        TEST(test_parking__a_deadline_asks_for_what_there_is),
        TEST(test_parking__a_deadline_is_waited_for_without_work),
        TEST(test_parking__a_stream_of_ones_own),
        TEST(test_parking__a_slow_reader_pauses_the_work),
        TEST(test_parking__so_many_and_no_more),
        TEST(test_parking__a_stop_asks_for_answers_and_gives_its_own_in_the_end),
        TEST(test_parking__a_stream_at_the_stop_is_broken_off_when_its_time_is_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
