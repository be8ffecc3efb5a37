/* Buckets of tokens in Redis. */
#include <hiredis.h>
#include <pthread.h>
#include <stdatomic.h>

#include "redis_fixture.h"
#include "unit.h"
#include "waits.h"

/* Three tokens; none comes back while a test runs. */
static struct bus_consumption one_of(const char *key)
{
    return (struct bus_consumption){
        .key = str_from(key), .token_us = US_PER_HOUR, .burst_us = 3 * US_PER_HOUR, .wanted_count = 1
    };
}

/* Asks until there is an answer in time: the machine may be busy. */
static struct bus_bucket consume(struct bus *bus, const struct bus_consumption *consumption)
{
    int64_t until_us = clock_monotonic_us() + WAIT_MAX_S * US_PER_S;
    struct bus_bucket bucket = { .has_room = false };

    while (bus_consume(bus, consumption, &bucket) != ERR_OK) {
        assert_true(clock_monotonic_us() < until_us);
        poll(NULL, 0, 2);
    }
    return bucket;
}

static bool took(struct bus *bus, const char *key)
{
    struct bus_consumption consumption = one_of(key);

    return consume(bus, &consumption).has_room;
}

static void test_bus_spend__is_not_for_a_process_alone(void **state)
{
    struct config config = settings("");
    struct bus_consumption consumption = one_of("k");
    struct bus_bucket bucket;
    struct bus *bus = NULL;
    struct buf error_text;

    (void)state;
    buf_init(&error_text, 1000);
    assert_ok(bus_open(&config, &error_text, &bus));
    assert_err(bus_consume(bus, &consumption, &bucket), ERR_UNAVAILABLE);
    bus_close(bus);
    buf_release(&error_text);
}

static void test_bus_spend__two_processes_share_a_bucket(void **state)
{
    struct server *s = *state;
    struct bus *a, *b;
    struct waits waits;

    start(s);
    a = opened_on(s);
    b = opened_on(s);
    waits_watch(&waits);
    assert_true(took(a, "k"));
    assert_true(waits_count(&waits) >= 1);
    assert_true(took(b, "k"));
    assert_true(took(a, "k"));
    assert_false(took(b, "k"));
    assert_false(took(a, "k"));
    assert_true(took(a, "other"));
}

static void test_bus_spend__counts_what_was_spent_before_and_takes_back(void **state)
{
    struct server *s = *state;
    struct bus_consumption look = one_of("k");
    struct bus *bus;

    start(s);
    bus = opened_on(s);
    look.wanted_count = 0;
    assert_int_equal(consume(bus, &look).until_full_us, 0);
    look.spent_count = 2;
    assert_in_range(consume(bus, &look).until_full_us, 2 * US_PER_HOUR - WAIT_MAX_S * US_PER_S, 2 * US_PER_HOUR);
    look.spent_count = 100; /* not for longer than an empty bucket takes */
    assert_in_range(consume(bus, &look).until_full_us, 3 * US_PER_HOUR - WAIT_MAX_S * US_PER_S, 3 * US_PER_HOUR);
    assert_false(took(bus, "k"));
    look.spent_count = -1;
    assert_true(consume(bus, &look).has_room);
    assert_true(took(bus, "k"));
    assert_false(took(bus, "k"));
}

static void test_bus_spend__tokens_come_back(void **state)
{
    struct server *s = *state;
    struct bus_consumption consumption = one_of("k");
    struct bus *bus;
    int64_t began_us, took_us;

    start(s);
    bus = opened_on(s);
    consumption.token_us = 50 * US_PER_MS;
    consumption.burst_us = consumption.token_us;
    assert_true(consume(bus, &consumption).has_room);
    began_us = clock_monotonic_us();
    do {
        poll(NULL, 0, 1);
        took_us = clock_monotonic_us() - began_us;
        assert_true(took_us < WAIT_MAX_S * US_PER_S);
    } while (!consume(bus, &consumption).has_room);
    took_us = clock_monotonic_us() - began_us;
    assert_in_range(took_us, 20 * US_PER_MS, WAIT_MAX_S * US_PER_S);
}

static void flush_scripts(const struct server *s)
{
    int status = -1;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        execlp("redis-cli", "redis-cli", "-s", s->socket, "-a", "p:w d", "--no-auth-warning", "SCRIPT", "FLUSH",
               (char *)NULL);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
}

static void test_bus_spend__goes_on_when_redis_has_forgotten_the_script(void **state)
{
    struct server *s = *state;
    struct bus *bus;

    start(s);
    bus = opened_on(s);
    assert_true(took(bus, "k"));
    flush_scripts(s);
    assert_true(took(bus, "k"));
    assert_true(took(bus, "k"));
    assert_false(took(bus, "k"));
}

struct crowd {
    struct bus *bus;
    atomic_int taken;
};

static void *take_three(void *arg)
{
    struct crowd *crowd = arg;

    for (int i = 0; i < 3; i++)
        atomic_fetch_add(&crowd->taken, took(crowd->bus, "k"));
    return NULL;
}

static void test_bus_spend__of_many_at_once_no_token_too_many_is_given_out(void **state)
{
    struct server *s = *state;
    static struct crowd crowd;
    pthread_t threads[4];

    start(s);
    crowd.bus = opened_on(s);
    await_health(crowd.bus, true);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_three, &crowd), 0);
    for (size_t i = 0; i < COUNT_OF(threads); i++)
        pthread_join(threads[i], NULL);
    /* A late answer is asked for again, and its token is lost. */
    assert_in_range(crowd.taken, 1, 3);
}

static void test_bus_spend__a_server_that_hangs_costs_a_request_little(void **state)
{
    struct server *s = *state;
    struct bus_consumption consumption = one_of("k");
    struct bus_bucket bucket;
    struct bus *bus;
    int64_t began_us;

    start(s);
    bus = opened_on(s);
    assert_true(took(bus, "k"));
    kill(s->pid, SIGSTOP);
    began_us = clock_monotonic_us();
    assert_true(bus_consume(bus, &consumption, &bucket) != ERR_OK);
    assert_true(bus_consume(bus, &consumption, &bucket) != ERR_OK); /* is not waited for any more */
    assert_true(clock_monotonic_us() - began_us < 300 * US_PER_MS);
    kill(s->pid, SIGCONT);
    assert_true(took(bus, "other"));
}

/* ---- it fails by itself ---- */

static redisContext *admin_of(const struct server *s)
{
    redisContext *c = redisConnectUnix(s->socket);

    assert_non_null(c);
    assert_int_equal(c->err, 0);
    freeReplyObject(redisCommand(c, "AUTH %s", "p:w d"));
    return c;
}

static void admin_do(redisContext *admin, const char *command)
{
    redisReply *reply = redisCommand(admin, command);

    assert_non_null(reply);
    assert_int_not_equal(reply->type, REDIS_REPLY_ERROR);
    freeReplyObject(reply);
}

/* The value behind `name` in a text of Redis, as a number. */
static long long figure(const char *text, const char *name)
{
    const char *at = strstr(text, name);

    assert_non_null(at);
    return strtoll(at + strlen(name), NULL, 10);
}

/* Ends the connections on which buckets were asked for, and lets no new one in. */
static void counter_shut_out(redisContext *admin)
{
    redisReply *reply;
    char *line, *rest, kill[64] = "";

    admin_do(admin, "CONFIG SET maxclients 1");
    reply = redisCommand(admin, "CLIENT LIST");
    assert_non_null(reply);
    for (line = strtok_r(reply->str, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
        if (strstr(line, " cmd=eval") != NULL) {
            snprintf(kill, sizeof(kill), "CLIENT KILL ID %lld", figure(line, "id="));
            admin_do(admin, kill);
        }
    freeReplyObject(reply);
    assert_string_not_equal(kill, "");
}

static void await_rejected(redisContext *admin)
{
    int64_t until_us = clock_monotonic_us() + WAIT_MAX_S * US_PER_S;
    bool rejected = false;

    while (!rejected) {
        redisReply *reply = redisCommand(admin, "INFO stats");

        assert_true(clock_monotonic_us() < until_us);
        rejected = figure(reply->str, "rejected_connections:") > 0;
        freeReplyObject(reply);
        poll(NULL, 0, 2);
    }
}

static void count_up(void *arg, struct str channel, struct str payload)
{
    (void)channel;
    (void)payload;
    atomic_fetch_add((atomic_int *)arg, 1);
}

static void await_more(struct bus *bus, atomic_int *heard)
{
    int64_t until_us = clock_monotonic_us() + WAIT_MAX_S * US_PER_S;

    for (int before = atomic_load(heard); atomic_load(heard) == before; poll(NULL, 0, 2)) {
        assert_true(clock_monotonic_us() < until_us);
        bus_publish(bus, "wake", STR("?"));
    }
}

static void test_bus_spend__publishing_goes_on_while_the_counter_is_shut_out(void **state)
{
    struct server *s = *state;
    struct bus_consumption consumption = one_of("k");
    struct bus_bucket bucket;
    struct bus *from, *to;
    redisContext *admin;
    static atomic_int heard;

    start(s);
    from = opened_on(s);
    to = opened_on(s);
    admin = admin_of(s);
    assert_ok(bus_subscribe(to, "wake", count_up, &heard));
    await_health(from, true);
    await_health(to, true);
    await_more(from, &heard);
    assert_true(took(to, "k"));
    assert_true(took(from, "k"));
    counter_shut_out(admin);
    for (int64_t until_us = clock_monotonic_us() + WAIT_MAX_S * US_PER_S;
         bus_consume(from, &consumption, &bucket) != ERR_UNAVAILABLE; poll(NULL, 0, 1))
        assert_true(clock_monotonic_us() < until_us);
    await_rejected(admin);
    await_more(from, &heard);
    assert_true(bus_is_healthy(from));
    assert_err(bus_consume(from, &consumption, &bucket), ERR_UNAVAILABLE);
    admin_do(admin, "CONFIG SET maxclients 1000");
    assert_true(took(from, "other"));
    redisFree(admin);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bus_spend__is_not_for_a_process_alone),
        cmocka_unit_test_setup_teardown(test_bus_spend__two_processes_share_a_bucket, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bus_spend__counts_what_was_spent_before_and_takes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bus_spend__tokens_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bus_spend__goes_on_when_redis_has_forgotten_the_script, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bus_spend__of_many_at_once_no_token_too_many_is_given_out, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_bus_spend__publishing_goes_on_while_the_counter_is_shut_out, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_bus_spend__a_server_that_hangs_costs_a_request_little, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
