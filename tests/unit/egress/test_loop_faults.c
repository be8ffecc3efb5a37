#include "parley/egress/loop.h"

#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "egress/loop_fixture.h"

static struct fixture *f;
static struct probe one;

static void begin(void **state, bool tls, const char *path)
{
    f = *state;
    probe_init(&one, f->loop, url_of(f, tls, path));
}

static void check_fault(enum loop_fault fault, int status)
{
    probe_run(&one);
    assert_fault(&one, fault);
    assert_int_equal(one.end.status, status);
    probe_release(&one);
}

static void test_loop_faults__tells_a_name_that_there_is_not(void **state)
{
    begin(state, true, "/a");
    one.request.url = "https://nobody.invalid/";
    check_fault(LOOP_NAME, 0);
}

/* A port on which nobody listens, or which nobody accepts from. */
static int listener_open(int *ret_port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static void test_loop_faults__tells_a_connection_that_is_refused(void **state)
{
    char url[64];
    int port, fd;

    begin(state, true, "/a");
    fd = listener_open(&port);
    snprintf(url, sizeof(url), "https://127.0.0.1:%d/", port);
    one.request.url = url;
    check_fault(LOOP_REFUSED, 0);
    close(fd);
}

/* Also those that wait for another's connection. */
static void test_loop_faults__tells_a_connection_that_takes_too_long(void **state)
{
    static struct probe many[20];
    int64_t began_us;
    char url[64];
    int port, fd;

    f = *state;
    fd = listener_open(&port);
    assert_int_equal(listen(fd, 64), 0);
    began_us = clock_monotonic_us();
    snprintf(url, sizeof(url), "https://127.0.0.1:%d/", port);
    for (size_t i = 0; i < COUNT_OF(many); i++) {
        probe_init(&many[i], f->loop, url);
        many[i].request.connect_ms = 300;
        probe_start(&many[i]);
    }
    for (size_t i = 0; i < COUNT_OF(many); i++) {
        probe_await_end(&many[i]);
        assert_fault(&many[i], LOOP_CONNECT_LATE);
        probe_release(&many[i]);
    }
    assert_true(clock_monotonic_us() - began_us <
                (int64_t)COUNT_OF(many) * 150 * US_PER_MS); /* not one after the other */
    close(fd);
}

static void test_loop_faults__tells_a_certificate_that_nobody_signed(void **state)
{
    struct loop *loop;

    f = *state;
    assert_ok(loop_new(NULL, &loop));
    probe_init(&one, loop, url_of(f, true, "/a"));
    check_fault(LOOP_TLS, 0);
    loop_free(loop);
}

static void test_loop_faults__tells_a_stream_that_was_refused(void **state)
{
    for (int kept = 0; kept < 2; kept++) {
        int asked;

        begin(state, true, "/refused");
        asked = provider_count(&f->provider, "/refused");
        one.request.body = STR("{}");
        provider_tell(&f->provider, "{'play': [{'refuse': null}]}");
        check_fault(LOOP_NOT_TAKEN, 0);
        provider_await(&f->provider, "\"played\"");
        assert_int_equal(provider_count(&f->provider, "/refused") - asked, 1);
    }
}

/* The streams before it go on. */
static void test_loop_faults__tells_a_stream_behind_a_goaway(void **state)
{
    static struct probe before;

    begin(state, true, "/a");
    provider_tell(&f->provider, "{'play': [{'data': 'x'}, {'await': 'goaway'}, {'data': 'y'}]}");
    probe_init(&before, f->loop, url_of(f, true, "/a"));
    probe_start(&before);
    probe_await_body(&before, "x");
    one.request.body = STR("{}");
    provider_tell(&f->provider, "{'play': [{'goaway': null}]}");
    check_fault(LOOP_NOT_TAKEN, 0);
    provider_tell(&f->provider, "{'go': 'goaway'}");
    probe_await_end(&before);
    assert_fault(&before, LOOP_COMPLETE);
    assert_string_equal(before.body.ptr, "xy");
    probe_release(&before);
}

/* Neither curl nor the loop sends it again, with a body or without. */
static void test_loop_faults__tells_a_kept_connection_that_died(void **state)
{
    for (int i = 0; i < 4; i++) {
        int asked;

        begin(state, i / 2 == 1, "/kept");
        one.request.http1 = true;
        provider_tell(&f->provider, "{'play': {'status': 200}}");
        check_fault(LOOP_COMPLETE, 200);
        begin(state, i / 2 == 1, "/kept");
        one.request.http1 = true;
        one.request.body = i % 2 == 0 ? STR("{}") : (struct str){ NULL, 0 };
        provider_tell(&f->provider, "{'play': [{'cut': null}]}");
        asked = provider_count(&f->provider, "/kept");
        check_fault(LOOP_NOT_TAKEN, 0);
        provider_tell(&f->provider, "{'forget': null}");
        assert_int_equal(provider_count(&f->provider, "/kept") - asked, 1);
    }
}

#ifdef TEST_CLOCK
/* So long after the request went out, that may be what it died of. */
static void test_loop_faults__tells_a_kept_connection_that_died_late(void **state)
{
    begin(state, true, "/late");
    one.request.http1 = true;
    provider_tell(&f->provider, "{'play': {'status': 200}}");
    check_fault(LOOP_COMPLETE, 200);
    begin(state, true, "/late");
    one.request.http1 = true;
    one.request.body = STR("{}");
    provider_tell(&f->provider, "{'play': [{'await': 'late'}, {'cut': null}]}");
    provider_await(&f->provider, "/late");
    probe_start(&one);
    provider_await(&f->provider, "/late");
    clock_set_ahead((LOOP_STALE_MAX_MS + 1) * US_PER_MS);
    provider_tell(&f->provider, "{'go': 'late'}");
    probe_await_end(&one);
    assert_fault(&one, LOOP_CUT);
    probe_release(&one);
}
#endif

/* The request may have been worked on: nobody says that it was not. */
static void test_loop_faults__tells_a_new_connection_that_died(void **state)
{
    struct loop *loop;

    f = *state;
    for (int tls = 0; tls < 2; tls++) {
        assert_ok(loop_new(f->provider.ca, &loop));
        probe_init(&one, loop, url_of(f, tls == 1, "/a"));
        one.request.body = STR("{}");
        provider_tell(&f->provider, "{'play': [{'cut': null}]}");
        check_fault(LOOP_CUT, 0);
        loop_free(loop);
    }
}

static void test_loop_faults__tells_a_reply_that_was_cut(void **state)
{
    for (int tls = 0; tls < 2; tls++) {
        begin(state, tls == 1, "/a");
        provider_tell(&f->provider, "{'play': [{'data': 'some'}, {'await': 'cut%d'}, {'cut': null}]}", tls);
        probe_start(&one);
        probe_await_body(&one, "some");
        provider_tell(&f->provider, "{'go': 'cut%d'}", tls);
        probe_await_end(&one);
        assert_fault(&one, LOOP_CUT);
        assert_int_equal(one.end.status, 200);
        probe_release(&one);
    }
}

static void test_loop_faults__knows_what_may_be_sent_again(void **state)
{
    static const enum loop_fault untouched[] = { LOOP_NAME, LOOP_REFUSED, LOOP_CONNECT_LATE, LOOP_TLS, LOOP_NOT_TAKEN };
    static const enum loop_fault others[] = { LOOP_COMPLETE, LOOP_FORBIDDEN, LOOP_LOCAL, LOOP_CUT };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(untouched); i++)
        assert_true(loop_fault_is_untouched(untouched[i]));
    for (size_t i = 0; i < COUNT_OF(others); i++)
        assert_false(loop_fault_is_untouched(others[i]));
}

/* ---- strangers' addresses ---- */

static void test_loop_faults__refuses_odd_addresses(void **state)
{
    static const char *const urls[] = { "", "file:///etc/passwd", "https://user:word@example.org/", "/path" };

    f = *state;
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        probe_init(&one, f->loop, urls[i]);
        probe_start(&one);
        if (i == 1 && one.started == ERR_OK) { /* curl knows it, and the loop's calls may not use it */
            probe_await_end(&one);
            assert_int_not_equal(one.end.fault, LOOP_COMPLETE);
        } else {
            assert_err(one.started, ERR_INVALID);
        }
        probe_release(&one);
    }
}

static void test_loop_faults__keeps_strangers_away_from_inner_addresses(void **state)
{
    static const char *const urls[] = { "http://127.0.0.1/", "https://localhost/", "http://[::ffff:127.0.0.1]/",
                                        "https://169.254.169.254/" };

    f = *state;
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        probe_init(&one, f->loop, urls[i]);
        one.request.trust = EGRESS_FOREIGN;
        check_fault(LOOP_FORBIDDEN, 0);
    }
    probe_init(&one, f->loop, url_of(f, false, "/"));
    one.request.trust = EGRESS_FOREIGN;
    probe_start(&one);
    assert_err(one.started, ERR_FORBIDDEN);
    probe_release(&one);
}

static void *accept_one(void *arg)
{
    int fd = accept(*(int *)arg, NULL, NULL);
    char request[4096];

    while (recv(fd, request, sizeof(request), 0) > 0)
        (void)!write(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 40);
    close(fd);
    return NULL;
}

/* On a port that a stranger may name, which not everyone may listen on. */
static void test_loop_faults__keeps_strangers_away_from_kept_connections(void **state)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(80),
                                   .sin_addr.s_addr = inet_addr("127.83.7.9") };
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int again = 1; /* a run a minute ago still has it in TIME_WAIT */
    pthread_t thread;
    struct loop *loop;

    f = *state;
    assert_int_equal(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &again, sizeof(again)), 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0) {
        assert_int_equal(errno, EACCES);
        close(listener);
        skip();
    }
    assert_int_equal(listen(listener, 4), 0);
    assert_int_equal(pthread_create(&thread, NULL, accept_one, &listener), 0);
    assert_ok(loop_new(NULL, &loop));
    for (int i = 0; i < 3; i++) {
        probe_init(&one, loop, "http://127.83.7.9/");
        one.request.trust = i == 2 ? EGRESS_FOREIGN : EGRESS_OPERATOR;
        check_fault(i == 2 ? LOOP_FORBIDDEN : LOOP_COMPLETE, i == 2 ? 0 : 200);
    }
    loop_free(loop);
    pthread_join(thread, NULL);
    close(listener);
}

/* ---- a name that takes its time ---- */

static atomic_bool dns_hangs;
static atomic_int dns_waiting_count;

/* In the place of the C library's, for libcurl. */
int getaddrinfo(const char *restrict name, const char *restrict service, const struct addrinfo *restrict wanted,
                struct addrinfo **restrict ret_found)
{
    char ip[] = "127.0.0.1";
    struct sockaddr_in address = { .sin_family = AF_INET };
    struct addrinfo *found;

    (void)wanted;
    if (strcmp(name, "slow.invalid") == 0) {
        atomic_fetch_add(&dns_waiting_count, 1);
        while (atomic_load(&dns_hangs))
            (void)poll(NULL, 0, 1);
        atomic_fetch_sub(&dns_waiting_count, 1);
    }
    if (strcmp(name, "localhost") != 0)
        return EAI_NONAME;
    (void)inet_pton(AF_INET, ip, &address.sin_addr);
    address.sin_port = htons((uint16_t)strtoul(service, NULL, 10));
    found = calloc(1, sizeof(*found) + sizeof(address));
    *found = (struct addrinfo){ .ai_family = AF_INET,
                                .ai_socktype = SOCK_STREAM,
                                .ai_protocol = IPPROTO_TCP,
                                .ai_addrlen = sizeof(address),
                                .ai_addr = (struct sockaddr *)(void *)(found + 1) };
    memcpy(found->ai_addr, &address, sizeof(address));
    *ret_found = found;
    return 0;
}

void freeaddrinfo(struct addrinfo *found)
{
    free(found);
}

/* Neither while it is looked up, nor when that is given up: the loop has others to serve. */
static void test_loop_faults__waits_for_no_name(void **state)
{
    static struct probe slow;

    begin(state, false, "/a");
    atomic_store(&dns_hangs, true);
    probe_init(&slow, f->loop, "http://slow.invalid/");
    slow.request.connect_ms = 200;
    probe_start(&slow);
    probe_await_end(&slow);
    assert_fault(&slow, LOOP_CONNECT_LATE);
    provider_tell(&f->provider, "{'play': {'status': 200}}");
    check_fault(LOOP_COMPLETE, 200);
    assert_int_equal(atomic_load(&dns_waiting_count), 1);
    atomic_store(&dns_hangs, false);
    while (atomic_load(&dns_waiting_count) > 0)
        (void)poll(NULL, 0, 1);
    probe_release(&slow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loop_faults__tells_a_name_that_there_is_not),
        cmocka_unit_test(test_loop_faults__tells_a_connection_that_is_refused),
        cmocka_unit_test(test_loop_faults__tells_a_connection_that_takes_too_long),
        cmocka_unit_test(test_loop_faults__tells_a_certificate_that_nobody_signed),
        cmocka_unit_test(test_loop_faults__tells_a_stream_that_was_refused),
        cmocka_unit_test(test_loop_faults__tells_a_stream_behind_a_goaway),
        cmocka_unit_test(test_loop_faults__tells_a_kept_connection_that_died),
#ifdef TEST_CLOCK
        cmocka_unit_test(test_loop_faults__tells_a_kept_connection_that_died_late),
#endif
        cmocka_unit_test(test_loop_faults__tells_a_new_connection_that_died),
        cmocka_unit_test(test_loop_faults__tells_a_reply_that_was_cut),
        cmocka_unit_test(test_loop_faults__knows_what_may_be_sent_again),
        cmocka_unit_test(test_loop_faults__refuses_odd_addresses),
        cmocka_unit_test(test_loop_faults__keeps_strangers_away_from_inner_addresses),
        cmocka_unit_test(test_loop_faults__keeps_strangers_away_from_kept_connections),
        cmocka_unit_test(test_loop_faults__waits_for_no_name),
    };
    return cmocka_run_group_tests(tests, loop_setup, loop_teardown);
}
