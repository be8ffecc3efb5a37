#include "parley/egress/egress.h"

#include "unit.h"

#include "egress/egress_fixture.h"

#include "egress/fake_server.h"
#include "waits.h"

/* One request to a scripted server and what came of it. */
struct exchange {
    struct fake_server server;
    struct egress *egress;
    struct egress_request request;
    struct egress_reply reply;
    char url[64];
};

static void exchange_init(struct exchange *x, const char *const *script)
{
    struct egress_opts opts = { .idle_max = 2 };
    fake_start(&x->server, script);
    assert_ok(egress_new(&opts, &x->egress));
    snprintf(x->url, sizeof(x->url), "http://127.0.0.1:%d/path", x->server.port);
    x->request = (struct egress_request){
        .method = "GET", .url = x->url, .connect_timeout_ms = 2000, .total_timeout_ms = 5000, .trust = EGRESS_OPERATOR
    };
    egress_reply_init(&x->reply);
}

static enum err exchange_run(struct exchange *x)
{
    egress_reply_release(&x->reply);
    egress_reply_init(&x->reply);
    return egress_run(x->egress, &x->request, &x->reply);
}

static void exchange_release(struct exchange *x)
{
    egress_free(x->egress);
    egress_reply_release(&x->reply);
    fake_stop(&x->server);
}

static struct exchange x;

static void test_egress__reads_a_reply(void **state)
{
    (void)state;
    static const char *const script[] = { FAKE_OK, NULL };
    struct waits waits;
    exchange_init(&x, script);
    waits_watch(&waits);
    assert_ok(exchange_run(&x));
    assert_int_equal(waits_count(&waits), 1);
    assert_int_equal(x.reply.status, 200);
    assert_str(buf_str(&x.reply.body), "ok");
    exchange_release(&x);
    assert_non_null(strstr(x.server.requests[0], "GET /path HTTP/1.1\r\n"));
}

static void test_egress__keeps_a_connection(void **state)
{
    (void)state;
    static const char *const script[] = { FAKE_OK, FAKE_OK, FAKE_OK, NULL };
    exchange_init(&x, script);
    for (int i = 0; i < 3; i++)
        assert_ok(exchange_run(&x));
    exchange_release(&x);
    assert_int_equal(x.server.connection_count, 1);
}

static void test_egress__asks_again_when_a_kept_connection_died(void **state)
{
    (void)state;
    static const char *const script[] = { FAKE_OK, FAKE_HANG_UP, FAKE_OK, NULL };
    exchange_init(&x, script);
    x.request.method = "PUT";
    x.request.body = STR("some bytes");
    assert_ok(exchange_run(&x));
    assert_ok(exchange_run(&x));
    exchange_release(&x);
    assert_int_equal(x.server.connection_count, 2);
    assert_non_null(strstr(x.server.requests[2], "\r\n\r\nsome bytes"));
}

static void test_egress__sends_once_what_is_asked_on_a_fresh_connection(void **state)
{
    (void)state;
    static const char *const script[] = { FAKE_OK, FAKE_HANG_UP, FAKE_OK, NULL };
    exchange_init(&x, script);
    x.request.method = "POST";
    x.request.body = STR("");
    x.request.fresh = true;
    assert_ok(exchange_run(&x));
    assert_err(exchange_run(&x), ERR_UNAVAILABLE);
    exchange_release(&x);
    assert_int_equal(x.server.asked_count, 2);
}

static void test_egress__keeps_strangers_away_from_inner_addresses(void **state)
{
    (void)state;
    static const char *const script[] = { FAKE_OK, NULL };
    static const char *const urls[] = { "http://127.0.0.1/", "http://localhost/",          "http://2130706433/",
                                        "http://0x7f.1/",    "http://0177.0.0.1/",         "http://[::1]/",
                                        "http://0/",         "http://[::ffff:127.0.0.1]/", "https://169.254.169.254/" };
    exchange_init(&x, script);
    x.request.trust = EGRESS_FOREIGN;
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        x.request.url = urls[i];
        enum err e = exchange_run(&x);
        if (e != ERR_FORBIDDEN)
            fail_msg("%s: %d", urls[i], e);
    }
    exchange_release(&x);
    assert_int_equal(x.server.connection_count, 0);
}

static void test_egress__keeps_strangers_away_from_kept_connections(void **state)
{
    (void)state;
    static const char *const script[] = { FAKE_OK, FAKE_OK, NULL };
    exchange_init(&x, script);
    assert_ok(exchange_run(&x));
    x.request.trust = EGRESS_FOREIGN;
    assert_err(exchange_run(&x), ERR_FORBIDDEN); /* its port alone is reason enough */
    exchange_release(&x);
    assert_int_equal(x.server.asked_count, 1);
}

static void test_egress__refuses_odd_addresses(void **state)
{
    (void)state;
    static const char *const script[] = { FAKE_OK, NULL };
    static const char *const urls[] = { "file:///etc/passwd",
                                        "gopher://127.0.0.1/",
                                        "http://user:word@127.0.0.1/",
                                        "ftp://127.0.0.1/",
                                        "",
                                        "http://",
                                        "/path",
                                        "http://a b/" };
    exchange_init(&x, script);
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        x.request.url = urls[i];
        enum err e = exchange_run(&x);
        if (e != ERR_INVALID)
            fail_msg("%s: %d", urls[i], e);
    }
    exchange_release(&x);
}

static void test_egress__follows_no_redirect(void **state)
{
    (void)state;
    static const char *const script[] = { "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n",
                                          NULL };
    exchange_init(&x, script);
    assert_ok(exchange_run(&x));
    assert_int_equal(x.reply.status, 302);
    exchange_release(&x);
}

static void test_egress__takes_no_proxy_from_the_environment(void **state)
{
    (void)state;
    static const char *const script[] = { FAKE_OK, NULL };
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    exchange_init(&x, script);
    assert_ok(exchange_run(&x));
    exchange_release(&x);
    unsetenv("http_proxy");
    unsetenv("ALL_PROXY");
}

static void test_egress__says_why_nothing_came(void **state)
{
    (void)state;
    static const char *const script[] = { FAKE_HANG_UP, FAKE_SILENCE, NULL };
    exchange_init(&x, script);
    assert_err(exchange_run(&x), ERR_UNAVAILABLE);
    assert_string_equal(x.reply.error_text, "the connection broke");
    assert_true(x.reply.body_untouched);
    x.request.total_timeout_ms = 200;
    assert_err(exchange_run(&x), ERR_UNAVAILABLE);
    assert_string_equal(x.reply.error_text, "it did not answer in time");
    exchange_release(&x);
    assert_ok(egress_new(&(struct egress_opts){ .idle_max = 1 }, &x.egress));
    assert_err(exchange_run(&x), ERR_UNAVAILABLE); /* nobody listens any more */
    assert_string_equal(x.reply.error_text, "the connection was refused");
    egress_reply_release(&x.reply);
    egress_free(x.egress);
}

struct stream {
    size_t left_bytes;
    enum err end;
};

static enum err stream_read(void *arg, void *bytes, size_t room_bytes, size_t *ret_len)
{
    struct stream *stream = arg;
    size_t len = stream->left_bytes < room_bytes ? stream->left_bytes : room_bytes;
    memset(bytes, 'x', len);
    stream->left_bytes -= len;
    *ret_len = len;
    return len > 0 ? ERR_OK : stream->end;
}

static void test_egress__streams_a_body(void **state)
{
    (void)state;
    static const char *const script[] = { FAKE_OK, NULL };
    struct stream stream = { .left_bytes = 3000000 };
    exchange_init(&x, script);
    x.request.method = "PUT";
    x.request.source = stream_read;
    x.request.source_arg = &stream;
    x.request.body_bytes = 3000000;
    assert_ok(exchange_run(&x));
    exchange_release(&x);
    assert_int_equal(x.server.body_bytes[0], 3000000);
}

static void test_egress__hands_on_the_error_of_the_source(void **state)
{
    (void)state;
    static const char *const script[] = { FAKE_OK, NULL };
    struct stream stream = { .left_bytes = 1000, .end = ERR_CLIENT_GONE };
    exchange_init(&x, script);
    x.request.method = "PUT";
    x.request.source = stream_read;
    x.request.source_arg = &stream;
    x.request.body_bytes = 2000;
    assert_err(exchange_run(&x), ERR_CLIENT_GONE);
    assert_false(x.reply.body_untouched);
    stream = (struct stream){ .left_bytes = 1000, .end = ERR_OK };
    assert_err(exchange_run(&x), ERR_UPLOAD_INCOMPLETE);
    exchange_release(&x);
}

static enum err sink_refuses(void *arg, const void *bytes, size_t len)
{
    (void)arg, (void)bytes, (void)len;
    return ERR_CLIENT_GONE;
}

static void test_egress__hands_on_the_error_of_the_sink(void **state)
{
    (void)state;
    static const char *const script[] = { FAKE_OK, "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone", NULL };
    exchange_init(&x, script);
    x.request.sink = sink_refuses;
    assert_err(exchange_run(&x), ERR_CLIENT_GONE);
    assert_ok(exchange_run(&x)); /* what is no 2xx is not the sink's */
    assert_int_equal(x.reply.status, 404);
    assert_str(buf_str(&x.reply.body), "gone");
    exchange_release(&x);
}

static void test_egress__keeps_no_endless_reply(void **state)
{
    (void)state;
    static char reply[5 * 1024 * 1024];
    int head = snprintf(reply, sizeof(reply), "HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n");
    memset(reply + head, 'x', 5000000);
    const char *const script[] = { reply, NULL };
    exchange_init(&x, script);
    assert_err(exchange_run(&x), ERR_TOO_LARGE);
    exchange_release(&x);
}

static void on_header(void *arg, struct str name, struct str value)
{
    if (str_eq_nocase(name, STR("x-thing")))
        *(bool *)arg = str_eq_c(value, "one two");
}

static void test_egress__shows_headers_both_ways(void **state)
{
    (void)state;
    static const char *const script[] = { "HTTP/1.1 200 OK\r\nX-Thing:  one two \r\nContent-Length: 0\r\n\r\n", NULL };
    static const char *const headers[] = { "X-Mine: 1", "X-Empty;", NULL };
    bool seen = false;
    exchange_init(&x, script);
    x.request.headers = headers;
    x.request.header = on_header;
    x.request.header_arg = &seen;
    assert_ok(exchange_run(&x));
    exchange_release(&x);
    assert_true(seen);
    assert_non_null(strstr(x.server.requests[0], "\r\nX-Mine: 1\r\n"));
    assert_non_null(strstr(x.server.requests[0], "\r\nX-Empty:\r\n"));
}

static void test_egress__sends_an_empty_body_with_its_length(void **state)
{
    (void)state;
    static const char *const script[] = { FAKE_OK, NULL };
    exchange_init(&x, script);
    x.request.method = "POST";
    x.request.body = STR("");
    assert_ok(exchange_run(&x));
    exchange_release(&x);
    assert_non_null(strstr(x.server.requests[0], "\r\nContent-Length: 0\r\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_egress__reads_a_reply),
        cmocka_unit_test(test_egress__keeps_a_connection),
        cmocka_unit_test(test_egress__asks_again_when_a_kept_connection_died),
        cmocka_unit_test(test_egress__sends_once_what_is_asked_on_a_fresh_connection),
        cmocka_unit_test(test_egress__keeps_strangers_away_from_inner_addresses),
        cmocka_unit_test(test_egress__keeps_strangers_away_from_kept_connections),
        cmocka_unit_test(test_egress__refuses_odd_addresses),
        cmocka_unit_test(test_egress__follows_no_redirect),
        cmocka_unit_test(test_egress__takes_no_proxy_from_the_environment),
        cmocka_unit_test(test_egress__says_why_nothing_came),
        cmocka_unit_test(test_egress__streams_a_body),
        cmocka_unit_test(test_egress__hands_on_the_error_of_the_source),
        cmocka_unit_test(test_egress__hands_on_the_error_of_the_sink),
        cmocka_unit_test(test_egress__keeps_no_endless_reply),
        cmocka_unit_test(test_egress__shows_headers_both_ways),
        cmocka_unit_test(test_egress__sends_an_empty_body_with_its_length),
    };
    return cmocka_run_group_tests(tests, egress_setup, egress_teardown);
}
