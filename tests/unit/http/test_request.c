#include "unit.h"

#include "fake_request.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"

static void test_request__splits_the_uri_but_does_not_decode_it(void **state)
{
    struct fake_request fake;
    struct http_request *req;

    (void)state;
    fake_init(&fake, "PATCH", STR("/a%2Fb//?x=1&y=%20?z"));
    req = fake_ready(&fake);
    assert_int_equal(http_method(req), PATCH);
    assert_str(http_path(req), "/a%2Fb//");
    assert_str(http_raw_query(req), "x=1&y=%20?z");
    fake_release(&fake);

    fake_init(&fake, "BREW", STR("/a"));
    req = fake_ready(&fake);
    assert_int_equal(http_method(req), METHOD_NONE);
    assert_null(http_raw_query(req).ptr);
    fake_release(&fake);
}

static void test_request__headers_are_found_by_their_usual_name(void **state)
{
    struct fake_request fake;
    struct http_request *req;

    (void)state;
    fake_init(&fake, "GET", STR("/"));
    fake_param(&fake, "HTTP_IF_MATCH", STR("\"v1\""));
    fake_param(&fake, "HTTP_X", STR("1"));
    fake_param(&fake, "HTTP_X", STR("2"));
    fake_param(&fake, "CONTENT_TYPE", STR("a/b"));
    req = fake_ready(&fake);
    assert_str(http_header(req, "If-Match"), "\"v1\"");
    assert_str(http_header(req, "if-match"), "\"v1\"");
    assert_str(http_header(req, "Content-Type"), "a/b");
    assert_null(http_header(req, "If-Matc").ptr);
    assert_int_equal(http_header_count(req, "X"), 2);
    assert_int_equal(http_header_count(req, "Y"), 0);
    fake_release(&fake);
}

static void test_request__a_strange_length_is_no_length(void **state)
{
    static const char *const strange[] = { "-1", "abc", "9999999999999999999999", "", "1x" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(strange); i++) {
        struct fake_request fake;
        fake_init(&fake, "POST", STR("/"));
        fake_param(&fake, "CONTENT_LENGTH", str_from(strange[i]));
        assert_int_equal(http_content_length(fake_ready(&fake)), 0);
        fake_release(&fake);
    }
}

static enum err decode(struct fake_request *fake, struct str text, enum plus plus, struct str *ret_text)
{
    fake_init(fake, "GET", STR("/"));
    return http_decode(fake->arena, text, plus, ret_text);
}

static void test_decode__takes_escapes_and_utf8(void **state)
{
    struct fake_request fake;
    struct str text;

    (void)state;
    assert_ok(decode(&fake, STR("a%2fB%2F%C3%BC+%25"), PLUS_LITERAL, &text));
    assert_str(text, "a/B/\xC3\xBC+%");
    fake_release(&fake);
    assert_ok(decode(&fake, STR("a+b%2B"), PLUS_BLANK, &text));
    assert_str(text, "a b+");
    fake_release(&fake);
}

static void test_decode__refuses_broken_escapes_nul_and_bad_utf8(void **state)
{
    static const struct str bad[] = {
        STR_INIT("%"),      STR_INIT("%4"),   STR_INIT("a%"),           STR_INIT("%zz"),  STR_INIT("%0g"),
        STR_INIT("%00"),    STR_INIT("a\0b"), STR_INIT("%C3"),          STR_INIT("\xFF"), STR_INIT("%ED%A0%80"),
        STR_INIT("%C0%AF"), STR_INIT("% 1"),  STR_INIT("%F5%80%80%80"), STR_INIT("%+1"),
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct fake_request fake;
        struct str text;
        assert_err(decode(&fake, bad[i], PLUS_LITERAL, &text), ERR_BAD_REQUEST);
        fake_release(&fake);
    }
}

static enum err query(struct fake_request *fake, struct str uri, const struct http_pair **ret_pairs, size_t *ret_count)
{
    fake_init(fake, "GET", uri);
    return http_query(fake_ready(fake), fake->arena, ret_pairs, ret_count);
}

static void test_query__decodes_names_and_values(void **state)
{
    struct fake_request fake;
    const struct http_pair *pairs;
    size_t count;

    (void)state;
    assert_ok(query(&fake, STR("/?a=1&&b+c=%26%3D&d&=e&a=2="), &pairs, &count));
    assert_int_equal(count, 5);
    assert_str(pairs[0].name, "a");
    assert_str(pairs[0].value, "1");
    assert_str(pairs[1].name, "b c");
    assert_str(pairs[1].value, "&=");
    assert_str(pairs[2].name, "d");
    assert_str(pairs[2].value, "");
    assert_str(pairs[3].name, "");
    assert_str(pairs[3].value, "e");
    assert_str(pairs[4].value, "2=");
    fake_release(&fake);
    assert_ok(query(&fake, STR("/"), &pairs, &count));
    assert_int_equal(count, 0);
    fake_release(&fake);
}

static void test_query__too_many_parameters_are_refused(void **state)
{
    struct fake_request fake;
    const struct http_pair *pairs;
    size_t count;
    char uri[200] = "/?";

    (void)state;
    for (size_t i = 0; i < QUERY_PARAMS_MAX; i++)
        snprintf(uri + 2 + 2 * i, sizeof(uri) - 2 - 2 * i, "a&");
    assert_ok(query(&fake, str_from(uri), &pairs, &count));
    assert_int_equal(count, QUERY_PARAMS_MAX);
    fake_release(&fake);
    snprintf(uri + 2 + 2 * QUERY_PARAMS_MAX, 10, "a");
    assert_err(query(&fake, str_from(uri), &pairs, &count), ERR_BAD_REQUEST);
    fake_release(&fake);
}

static void test_body__is_read_whole_or_refused(void **state)
{
    struct fake_request fake;
    struct str body;

    (void)state;
    fake_init(&fake, "POST", STR("/"));
    fake_body(&fake, NULL, STR("0123456789"));
    fake.piece_bytes = 3;
    assert_err(http_body_all(fake_ready(&fake), fake.arena, 9, &body), ERR_TOO_LARGE);
    assert_ok(http_body_all(fake_ready(&fake), fake.arena, 10, &body));
    assert_str(body, "0123456789");
    fake.taken_bytes = 0;
    fake.body.len = 9;
    assert_err(http_body_all(fake_ready(&fake), fake.arena, 10, &body), ERR_CLIENT_GONE);
    fake_release(&fake);
}

/* What came while we had waited so long for it. */
static enum err read_after(int64_t waited_us, int64_t came_bytes, int64_t length_bytes)
{
    struct fake_request fake;
    struct http_request *req;
    char bytes[8];
    size_t len;
    enum err e;

    fake_init(&fake, "PUT", STR("/"));
    fake_body(&fake, "a/b", STR("0123456789"));
    fake.piece_bytes = 1;
    req = fake_ready(&fake);
    req->content_length_bytes = length_bytes;
    req->pace_waited_us = waited_us;
    req->pace_bytes = came_bytes;
    e = http_body_read(req, bytes, sizeof(bytes), &len);
    if (e == ERR_OK)
        e = http_body_read(req, bytes, sizeof(bytes), &len); /* another window */
    fake_release(&fake);
    return e;
}

static void test_body__that_comes_too_slowly_is_given_up(void **state)
{
    const int64_t window_us = BODY_PACE_S * US_PER_S;

    (void)state;
    assert_err(read_after(window_us, BODY_PACE_BYTES - 2, 10), ERR_TIMEOUT);
    assert_ok(read_after(window_us, BODY_PACE_BYTES - 1, 10));
    assert_ok(read_after(window_us - US_PER_S, 0, 10));
    assert_ok(read_after(window_us, 0, 1)); /* it is all there */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request__splits_the_uri_but_does_not_decode_it),
        cmocka_unit_test(test_request__headers_are_found_by_their_usual_name),
        cmocka_unit_test(test_request__a_strange_length_is_no_length),
        cmocka_unit_test(test_decode__takes_escapes_and_utf8),
        cmocka_unit_test(test_decode__refuses_broken_escapes_nul_and_bad_utf8),
        cmocka_unit_test(test_query__decodes_names_and_values),
        cmocka_unit_test(test_query__too_many_parameters_are_refused),
        cmocka_unit_test(test_body__is_read_whole_or_refused),
        cmocka_unit_test(test_body__that_comes_too_slowly_is_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
