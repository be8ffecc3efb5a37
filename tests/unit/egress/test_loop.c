#include "parley/egress/loop.h"

#include "unit.h"

#include <fcntl.h>
#include <stdatomic.h>

#include "egress/loop_fixture.h"

static struct fixture *f;
static struct probe one;

static void begin(void **state, bool tls, const char *path)
{
    f = *state;
    probe_init(&one, f->loop, url_of(f, tls, path));
}

/* ---- what a call does ---- */

/* Tells a question and hears the answer as it comes. */
static void check_stream(bool http1, const char *protocol)
{
    static const char *const headers[] = { "Authorization: Bearer secret", "Content-Type: application/json", NULL };
    static int count; /* a gate that was opened once stays open */
    int gate = count++;

    one.request.headers = headers;
    one.request.body = STR("{\"q\":1}");
    one.request.http1 = http1;
    provider_tell(&f->provider, "{'play': [{'data': 'one '}, {'await': 'two%d'}, {'data': 'two'}]}", gate);
    probe_start(&one);
    probe_await_body(&one, "one ");
    assert_so_far(&one, "one ");
    provider_tell(&f->provider, "{'go': 'two%d'}", gate);
    probe_await_end(&one);
    assert_fault(&one, LOOP_COMPLETE);
    assert_int_equal(one.end.status, 200);
    assert_string_equal(one.body.ptr, "one two");
    assert_non_null(strcasestr(one.headers.ptr, "content-type=text/event-stream\n"));
    assert_non_null(strstr(provider_await(&f->provider, protocol), "\"POST\""));
    assert_non_null(strstr(f->provider.heard.ptr, "{\\\"q\\\":1}"));
    assert_non_null(strstr(f->provider.heard.ptr, "Bearer secret"));
    probe_release(&one);
}

static void test_loop__streams_over_http2(void **state)
{
    begin(state, true, "/a");
    check_stream(false, "h2");
}

static void test_loop__streams_over_plain_http(void **state)
{
    begin(state, false, "/a");
    check_stream(false, "http/1.1");
}

static void test_loop__is_held_to_http1(void **state)
{
    begin(state, true, "/a");
    check_stream(true, "http/1.1");
}

static void test_loop__gets_without_a_body(void **state)
{
    begin(state, true, "/models");
    provider_tell(&f->provider, "{'play': {'status': 404}}");
    probe_run(&one);
    assert_fault(&one, LOOP_COMPLETE);
    assert_int_equal(one.end.status, 404);
    provider_await(&f->provider, "\"GET\", \"path\": \"/models\"");
    probe_release(&one);
}

static void test_loop__sends_a_file(void **state)
{
    char path[] = "/tmp/parley-test-XXXXXX", wanted[64];
    int fd = mkstemp(path);

    unlink(path);
    for (int i = 0; i < 300000; i += 6)
        assert_int_equal(write(fd, "abcde\n", 6), 6);
    for (int tls = 0; tls < 2; tls++) {
        begin(state, tls == 1, "/file");
        one.request.body_fd = fd;
        one.request.body_bytes = 300000;
        provider_tell(&f->provider, "{'play': {'status': 200}}");
        probe_run(&one);
        assert_fault(&one, LOOP_COMPLETE);
        snprintf(wanted, sizeof(wanted), "\"body_bytes\": 300000, \"body\": \"abcde\\n");
        provider_await(&f->provider, wanted);
        assert_int_equal(lseek(fd, 0, SEEK_CUR), 300000);
        probe_release(&one);
    }
    close(fd);
}

static void test_loop__says_that_a_file_is_too_short(void **state)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    begin(state, false, "/file");
    one.request.body_fd = fd;
    one.request.body_bytes = 10;
    probe_run(&one);
    assert_fault(&one, LOOP_LOCAL);
    probe_release(&one);
    close(fd);
}

enum { CROWD = LOOP_STREAMS_MAX + 1 };

/* Over how many connections `count` requests for a path came. */
static int connections_of(struct provider *p, const char *path, int count)
{
    char wanted[64];
    bool seen[256] = { false };
    int found = 0;

    snprintf(wanted, sizeof(wanted), "\"path\": \"%s\"", path);
    while (provider_count(p, wanted) < count)
        provider_read(p, wanted);
    for (const char *at = p->heard.ptr; (at = strstr(at, "\"asked\"")) != NULL; at++) {
        const char *number = strstr(at, "\"connection\": ") + strlen("\"connection\": ");
        unsigned long connection = strtoul(number, NULL, 10);

        assert_in_range(connection, 1, COUNT_OF(seen) - 1);
        if (memcmp(strstr(at, "\"path\""), wanted, strlen(wanted)) != 0 || seen[connection])
            continue;
        seen[connection] = true;
        found++;
    }
    return found;
}

/* A connection holds LOOP_STREAMS_MAX calls; the one more opens a second. */
static void test_loop__shares_a_connection(void **state)
{
    static struct probe crowd[CROWD];
    struct loop *loop;

    f = *state;
    assert_ok(loop_new(f->provider.ca, &loop));
    provider_tell(&f->provider, "{'play': [{'data': 'x'}, {'await': 'crowd'}], 'path': '/crowd', 'times': %d}", CROWD);
    for (int i = 0; i < CROWD; i++) {
        probe_init(&crowd[i], loop, url_of(f, true, "/crowd"));
        crowd[i].request.body = STR("{}");
        probe_start(&crowd[i]);
        /* The connection shall be there, and its limits known. */
        if (i == 0)
            probe_await_body(&crowd[i], "x");
    }
    for (int i = 0; i < CROWD; i++)
        probe_await_body(&crowd[i], "x");
    provider_tell(&f->provider, "{'go': 'crowd'}");
    for (int i = 0; i < CROWD; i++) {
        probe_await_end(&crowd[i]);
        assert_fault(&crowd[i], LOOP_COMPLETE);
        probe_release(&crowd[i]);
    }
    loop_free(loop);
    assert_int_equal(connections_of(&f->provider, "/crowd", CROWD), 2);
}

/* ---- cancelling ---- */

static void check_cancel(bool tls, bool http1)
{
    int64_t began_us;

    one.request.http1 = http1;
    one.request.body = STR("{}");
    provider_tell(&f->provider, "{'play': [{'data': 'x'}, {'silence': null}]}");
    probe_start(&one);
    probe_await_body(&one, "x");
    began_us = clock_monotonic_us();
    probe_cancel(&one);
    provider_await(&f->provider, "\"gone\"");
    print_message("cancelled (%s%s) in %lld us\n", tls ? "tls" : "plain", http1 ? ", http1" : "",
                  (long long)(clock_monotonic_us() - began_us));
    assert_so_far(&one, "x");
    probe_release(&one);
}

static void test_loop__cancels_at_once(void **state)
{
    begin(state, false, "/a");
    check_cancel(false, false);
    begin(state, true, "/a");
    check_cancel(true, true);
    begin(state, true, "/a");
    check_cancel(true, false);
}

/* Of two on one connection, while the other one hears nothing; that one goes on. */
static void test_loop__cancels_beside_a_silent_neighbour(void **state)
{
    static struct probe neighbour;

    begin(state, true, "/a");
    provider_tell(&f->provider, "{'play': [{'data': 'x'}, {'await': 'neighbour'}, {'data': 'y'}]}");
    probe_init(&neighbour, f->loop, url_of(f, true, "/a"));
    probe_start(&neighbour);
    probe_await_body(&neighbour, "x");
    check_cancel(true, false);
    assert_so_far(&neighbour, "x");
    provider_tell(&f->provider, "{'go': 'neighbour'}");
    probe_await_end(&neighbour);
    assert_fault(&neighbour, LOOP_COMPLETE);
    assert_string_equal(neighbour.body.ptr, "xy");
    probe_release(&neighbour);
}

static void test_loop__cancels_a_call_in_its_own_callback(void **state)
{
    for (int tls = 0; tls < 2; tls++) {
        begin(state, tls == 1, "/a");
        one.ends_at = "stop";
        provider_tell(&f->provider, "{'play': [{'data': 'please stop'}, {'silence': null}]}");
        probe_start(&one);
        provider_await(&f->provider, "\"gone\"");
        assert_so_far(&one, "please stop");
        probe_release(&one);
    }
}

static void test_loop__drops_calls_at_its_end(void **state)
{
    struct loop *loop;

    f = *state;
    assert_ok(loop_new(f->provider.ca, &loop));
    probe_init(&one, loop, url_of(f, true, "/a"));
    provider_tell(&f->provider, "{'play': [{'data': 'x'}, {'silence': null}]}");
    probe_start(&one);
    probe_await_body(&one, "x");
    loop_free(loop);
    provider_await(&f->provider, "\"gone\"");
    assert_false(one.ended);
    one.loop = f->loop;
    one.cancelled = true;
    probe_release(&one);
}

/* ---- timers ---- */

enum { TIMERS = 200 };

static struct {
    struct loop_timer timers[TIMERS];
    int64_t times_us[TIMERS];
    int fired[TIMERS], fired_count;
    atomic_bool done;
} set;

static void timer_fired(void *arg)
{
    int number = (int)((struct loop_timer *)arg - set.timers);

    assert_true(clock_monotonic_us() >= set.times_us[number]);
    assert_false(set.timers[number].is_set);
    set.fired[set.fired_count++] = number;
}

static void last_fired(void *arg)
{
    (void)arg;
    atomic_store(&set.done, true);
}

static struct loop_timer last = { .fn = last_fired };

/* Every third is moved, every fifth is cleared. */
static void timers_set(void *arg)
{
    int64_t now_us = clock_monotonic_us();

    for (int i = 0; i < TIMERS; i++) {
        set.timers[i] = (struct loop_timer){ .fn = timer_fired, .arg = &set.timers[i] };
        set.times_us[i] = now_us + (i * 7919 % TIMERS) * US_PER_MS / 4;
        loop_timer_set(arg, &set.timers[i], set.times_us[i]);
    }
    for (int i = 0; i < TIMERS; i += 3) {
        set.times_us[i] = now_us + (i * 104729 % TIMERS) * US_PER_MS / 4;
        loop_timer_set(arg, &set.timers[i], set.times_us[i]);
    }
    for (int i = 0; i < TIMERS; i += 5)
        loop_timer_clear(arg, &set.timers[i]);
    loop_timer_set(arg, &last, now_us + 60 * US_PER_MS);
}

static void test_loop__fires_timers_in_order(void **state)
{
    f = *state;
    on_loop(f->loop, timers_set, f->loop);
    while (!atomic_load(&set.done))
        (void)poll(NULL, 0, 1);
    assert_int_equal(set.fired_count, TIMERS - TIMERS / 5);
    for (int i = 1; i < set.fired_count; i++)
        assert_true(set.times_us[set.fired[i - 1]] <= set.times_us[set.fired[i]]);
    for (int i = 0; i < set.fired_count; i++)
        assert_int_not_equal(set.fired[i] % 5, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loop__streams_over_http2),
        cmocka_unit_test(test_loop__streams_over_plain_http),
        cmocka_unit_test(test_loop__is_held_to_http1),
        cmocka_unit_test(test_loop__gets_without_a_body),
        cmocka_unit_test(test_loop__sends_a_file),
        cmocka_unit_test(test_loop__says_that_a_file_is_too_short),
        cmocka_unit_test(test_loop__shares_a_connection),
        cmocka_unit_test(test_loop__cancels_at_once),
        cmocka_unit_test(test_loop__cancels_beside_a_silent_neighbour),
        cmocka_unit_test(test_loop__cancels_a_call_in_its_own_callback),
        cmocka_unit_test(test_loop__drops_calls_at_its_end),
        cmocka_unit_test(test_loop__fires_timers_in_order),
    };
    return cmocka_run_group_tests(tests, loop_setup, loop_teardown);
}
