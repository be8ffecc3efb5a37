#include "parley/bus/bus.h"

#include <errno.h>
#include <pthread.h>

#include "parley/core/limits.h"
#include "redis_fixture.h"
#include "unit.h"
#include "waits.h"

/* What a subscriber has heard. */
struct heard {
    pthread_mutex_t lock;
    pthread_cond_t more;
    int count;
    char last[100];
    size_t last_len, longest_len;
};

static void heard_init(struct heard *h)
{
    *h = (struct heard){ .count = 0 };
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->more, NULL);
}

static void hear(void *arg, struct str channel, struct str payload)
{
    struct heard *h = arg;
    (void)channel;
    pthread_mutex_lock(&h->lock);
    h->count++;
    h->last_len = payload.len < sizeof(h->last) ? payload.len : sizeof(h->last);
    memcpy(h->last, payload.ptr, h->last_len);
    if (h->last_len > h->longest_len)
        h->longest_len = h->last_len;
    pthread_cond_signal(&h->more);
    pthread_mutex_unlock(&h->lock);
}

static int count_of(struct heard *h)
{
    pthread_mutex_lock(&h->lock);
    int count = h->count;
    pthread_mutex_unlock(&h->lock);
    return count;
}

static struct timespec wait_end(void)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_MAX_S;
    return until;
}

/* Waits until that many messages have come. */
static void await_count(struct heard *h, int count)
{
    struct timespec until = wait_end();
    pthread_mutex_lock(&h->lock);
    while (h->count < count)
        if (pthread_cond_timedwait(&h->more, &h->lock, &until) == ETIMEDOUT)
            break;
    int now = h->count;
    pthread_mutex_unlock(&h->lock);
    assert_true(now >= count);
}

/* Waits until something longer than a question has come: it is to be so long. */
static void await_longest(struct heard *h, size_t len)
{
    struct timespec until = wait_end();
    pthread_mutex_lock(&h->lock);
    while (h->longest_len <= 1)
        if (pthread_cond_timedwait(&h->more, &h->lock, &until) == ETIMEDOUT)
            break;
    assert_int_equal(h->longest_len, len);
    pthread_mutex_unlock(&h->lock);
}

static struct bus *opened(const char *url)
{
    struct config config = settings(url);
    struct buf error_text;
    struct bus *bus = NULL;
    buf_init(&error_text, 1000);
    assert_ok(bus_open(&config, &error_text, &bus));
    buf_release(&error_text);
    return bus;
}

static void refused(const char *url, const char *text)
{
    struct config config = settings(url);
    struct buf error_text;
    struct bus *bus = NULL;
    buf_init(&error_text, 1000);
    assert_err(bus_open(&config, &error_text, &bus), ERR_INVALID);
    if (strstr(error_text.ptr, text) == NULL)
        fail_msg("%s: %s", url, error_text.ptr);
    buf_release(&error_text);
}

static void test_bus__is_local_without_redis(void **state)
{
    (void)state;
    struct heard a;
    struct heard b;
    heard_init(&a);
    heard_init(&b);
    struct bus *bus = opened("");
    assert_string_equal(bus_kind(bus), "local");
    assert_true(bus_is_healthy(bus));
    assert_false(bus_reaches_others(bus));
    assert_ok(bus_subscribe(bus, "a", hear, &a));
    assert_ok(bus_subscribe(bus, "b", hear, &b));
    bus_publish(bus, "a", STR("x\0y"));
    assert_int_equal(a.count, 1);
    assert_int_equal(a.last_len, 3);
    assert_int_equal(b.count, 0);
    bus_close(bus);
    bus_close(NULL);
}

static void test_bus__has_room_for_so_many_subscriptions(void **state)
{
    (void)state;
    struct heard h;
    heard_init(&h);
    struct bus *bus = opened("");
    for (int i = 0; i < 16; i++)
        assert_ok(bus_subscribe(bus, "a", hear, &h));
    assert_err(bus_subscribe(bus, "a", hear, &h), ERR_LIMIT);
    bus_publish(bus, "a", STR("x"));
    assert_int_equal(h.count, 16);
    bus_close(bus);
}

static void test_bus__refuses_addresses_in_one_sentence(void **state)
{
    (void)state;
    refused("rediss://h:6379", "rediss: is not supported");
    refused("http://h", "REDIS_URL must look like");
    refused("redis://h:99999", "REDIS_URL must look like");
    refused("redis://h:1/x", "REDIS_URL must look like");
    refused("redis://h:1/0?x", "REDIS_URL must look like");
    refused("redis://h:0", "REDIS_URL must look like");
    refused("redis://[::1", "REDIS_URL must look like");
    refused("unix:relative", "REDIS_URL must look like");
    refused("redis://:%zz@h", "REDIS_URL must look like");
}

/* SUBSCRIBE is on its way when the bus is healthy, not yet done: publishes until it is heard. */
static void await_heard(struct bus *from, const char *channel, struct heard *h)
{
    int64_t until_us = clock_monotonic_us() + WAIT_MAX_S * US_PER_S;
    for (int before = count_of(h); count_of(h) == before;) {
        assert_true(clock_monotonic_us() < until_us);
        bus_publish(from, channel, STR("?"));
        poll(NULL, 0, 2);
    }
}

static void test_bus__carries_between_processes(void **state)
{
    struct server *s = *state;
    start(s);
    static struct heard first, second;
    heard_init(&first);
    heard_init(&second);
    struct bus *a = opened_on(s);
    struct bus *b = opened_on(s);
    assert_ok(bus_subscribe(a, "wake", hear, &first));
    await_health(a, true);
    await_health(b, true);
    assert_ok(bus_subscribe(b, "wake", hear, &second)); /* while it is connected */
    await_heard(b, "wake", &first);
    await_heard(a, "wake", &second);
    int before = count_of(&first);
    struct waits waits;
    waits_watch(&waits);
    bus_publish(b, "wake", STR("a\0b\xFF"));
    assert_int_equal(waits_count(&waits), 0);
    await_count(&first, before + 1);
    assert_int_equal(first.last_len, 4);
    assert_memory_equal(first.last, "a\0b\xFF", 4);
    bus_publish(b, "other", STR("nobody"));
}

/* Two servers that share a Redis: whose channels are called alike, but for the realm. */
static void test_bus__hears_nothing_of_another_realm(void **state)
{
    struct server *s = *state;
    static struct heard ours, theirs;
    start(s);
    heard_init(&ours);
    heard_init(&theirs);
    struct bus *a = opened_on(s), *also_a = opened_on(s), *b = opened_on(s);
    bus_set_realm(a, STR("0123456789abcdef"));
    bus_set_realm(also_a, STR("0123456789abcdef"));
    bus_set_realm(b, STR("fedcba9876543210"));
    assert_ok(bus_subscribe(a, "wake", hear, &ours));
    assert_ok(bus_subscribe(b, "wake", hear, &theirs));
    await_health(a, true);
    await_health(also_a, true);
    await_health(b, true);
    assert_true(bus_reaches_others(a));
    await_heard(also_a, "wake", &ours);
    await_heard(b, "wake", &theirs);
    bus_publish(also_a, "wake", STR("not for b"));
    await_longest(&ours, 9);
    bus_publish(b, "wake", STR("for b")); /* behind it in Redis, and so on the way to b */
    await_longest(&theirs, 5);
}

static void test_bus__goes_on_alone_and_comes_back(void **state)
{
    struct server *s = *state;
    static struct heard h;
    heard_init(&h);
    struct bus *bus = opened_on(s); /* before there is a server */
    assert_ok(bus_subscribe(bus, "wake", hear, &h));
    assert_false(bus_is_healthy(bus));
    bus_publish(bus, "wake", STR("alone"));
    assert_int_equal(h.count, 1);
    start(s);
    await_health(bus, true);
    await_heard(bus, "wake", &h);
    stop(s, SIGKILL);
    await_health(bus, false);
    await_heard(bus, "wake", &h);
    start(s);
    await_health(bus, true);
    await_heard(bus, "wake", &h);
}

/* Nothing comes from a server that is stopped, so whoever waited for it would wait here, too. */
static void test_bus__publishing_never_waits_for_a_server_that_hangs(void **state)
{
    struct server *s = *state;
    static struct heard h;
    struct waits waits;
    heard_init(&h);
    start(s);
    struct bus *bus = opened_on(s);
    assert_ok(bus_subscribe(bus, "wake", hear, &h));
    await_health(bus, true);
    await_heard(bus, "wake", &h);
    kill(s->pid, SIGSTOP);
    int before = count_of(&h);
    waits_watch(&waits);
    for (int i = 0; i < 100; i++)
        bus_publish(bus, "wake", STR("x"));
    assert_int_equal(waits_count(&waits), 0);
    await_count(&h, before + 100); /* this process gets them all the same */
    await_health(bus, false);
    assert_int_equal(bus_dropped_count(bus), 0);
    kill(s->pid, SIGCONT);
    await_health(bus, true);
}

/* A subscriber that holds the bus's thread until it is let go; not for ever, should the test have failed. */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool entered, open;
};

static bool gate_await(struct gate *gate, const bool *flag)
{
    struct timespec until = wait_end();
    bool came;
    pthread_mutex_lock(&gate->lock);
    while (!*flag)
        if (pthread_cond_timedwait(&gate->changed, &gate->lock, &until) == ETIMEDOUT)
            break;
    came = *flag;
    pthread_mutex_unlock(&gate->lock);
    return came;
}

static void hold(void *arg, struct str channel, struct str payload)
{
    struct gate *gate = arg;
    (void)channel;
    (void)payload;
    pthread_mutex_lock(&gate->lock);
    gate->entered = true;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
    (void)gate_await(gate, &gate->open);
}

static void open_gate(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->open = true;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}

/* The thread that sends is held, so the queue only grows: the oldest go, are counted, and the newest are kept. */
static void test_bus__a_full_queue_drops_the_oldest_and_counts_them(void **state)
{
    enum { PAYLOAD_BYTES = 65536, EXTRA = 5 };
    static char payload[PAYLOAD_BYTES];
    struct server *s = *state;
    static struct gate gate = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, false };
    static struct heard h;
    heard_init(&h);
    start(s);
    struct bus *bus = opened_on(s);
    assert_ok(bus_subscribe(bus, "hold", hold, &gate));
    assert_ok(bus_subscribe(bus, "wake", hear, &h));
    await_health(bus, true);
    await_heard(bus, "wake", &h); /* both are subscribed: they went in one stroke */
    bus_publish(bus, "hold", STR("now"));
    assert_true(gate_await(&gate, &gate.entered));
    int before = count_of(&h);
    /* With what each costs besides its bytes, one less than the limit holds. */
    int room = BUS_QUEUE_MAX_BYTES / PAYLOAD_BYTES - 1;
    for (int i = 0; i < room + EXTRA; i++) {
        snprintf(payload, sizeof(payload), "%d", i);
        bus_publish(bus, "wake", (struct str){ payload, sizeof(payload) });
    }
    int64_t dropped_count = bus_dropped_count(bus);
    open_gate(&gate);
    assert_int_equal(dropped_count, EXTRA);
    await_count(&h, before + room);
    snprintf(payload, sizeof(payload), "%d", room + EXTRA - 1);
    assert_string_equal(h.last, payload);
    assert_int_equal(count_of(&h), before + room);
}

static void test_bus__a_wrong_password_is_away(void **state)
{
    struct server *s = *state;
    start(s);
    struct config config = settings("");
    config.redis_host = s->socket;
    config.redis_password = "wrong";
    struct bus *bus = opened_with(s, &config);
    poll(NULL, 0, 100);
    assert_false(bus_is_healthy(bus));
}

static void test_bus__takes_the_server_of_the_settings(void **state)
{
    const char *url = getenv("PARLEY_TEST_REDIS_URL");
    if (url == NULL || url[0] == '\0')
        skip();
    static struct heard h;
    heard_init(&h);
    struct config config = settings(url);
    struct bus *bus = opened_with(*state, &config);
    assert_ok(bus_subscribe(bus, "parley-unit-test", hear, &h));
    await_health(bus, true);
    await_heard(bus, "parley-unit-test", &h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bus__is_local_without_redis),
        cmocka_unit_test(test_bus__has_room_for_so_many_subscriptions),
        cmocka_unit_test(test_bus__refuses_addresses_in_one_sentence),
        cmocka_unit_test_setup_teardown(test_bus__carries_between_processes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bus__hears_nothing_of_another_realm, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bus__goes_on_alone_and_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bus__publishing_never_waits_for_a_server_that_hangs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bus__a_full_queue_drops_the_oldest_and_counts_them, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bus__a_wrong_password_is_away, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bus__takes_the_server_of_the_settings, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
