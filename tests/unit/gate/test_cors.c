#include "problem.h"

static enum err nothing(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)ctx;
    (void)call;
    json_out_null(&reply->json);
    return ERR_OK;
}

#define NO_WORKSPACE .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_NOBODY, .summary = "s", .tag = "t"
static const struct route rows[] = {
    { GET, "/open", nothing, .access = ACCESS_ANYONE, NO_WORKSPACE, .status = 200 },
    { POST, "/note", nothing, .access = ACCESS_ANYONE, NO_WORKSPACE, .status = 200 },
    { GET, "/both", nothing, .access = ACCESS_ANYONE, NO_WORKSPACE, .status = 200 },
    { PUT, "/both", nothing, .access = ACCESS_ANYONE, NO_WORKSPACE, .status = 200 },
};
static const struct route_table table = { rows, COUNT_OF(rows) };

static int setup(void **state)
{
    static const char *const settings[] = { "ALLOWED_ORIGINS=https://app.example.org, https://b.example", NULL };

    return fixture_setup(state, settings, &table);
}

static void test_cors__methods_are_named(void **state)
{
    struct gate_fixture *f = *state;

    assert_int_equal(ask(f, "DELETE", "/both", NULL), 405);
    assert_problem(f, 405, "method_not_allowed");
    assert_string_equal(fixture_header(f, "Allow"), "GET, HEAD, PUT, OPTIONS");
    forget(f);
    assert_int_equal(ask(f, "BREW", "/both", NULL), 405);
    forget(f);
    assert_int_equal(ask(f, "OPTIONS", "/both", NULL), 204);
    assert_string_equal(fixture_header(f, "Allow"), "GET, HEAD, PUT, OPTIONS");
    assert_string_equal(fixture_header(f, "Access-Control-Allow-Origin"), "");
    forget(f);
    assert_int_equal(ask(f, "HEAD", "/open", NULL), 200);
    assert_true(f->reply.body.len > 0);
    forget(f);
}

static void test_cors__other_apps_get_what_their_origin_allows(void **state)
{
    struct gate_fixture *f = *state;

    fake_init(&f->fake, "OPTIONS", STR("/note"));
    fake_param(&f->fake, "HTTP_ORIGIN", STR("https://b.example"));
    fake_param(&f->fake, "HTTP_ACCESS_CONTROL_REQUEST_METHOD", STR("POST"));
    fixture_handle(f);
    assert_int_equal(f->reply.status, 204);
    assert_string_equal(fixture_header(f, "Access-Control-Allow-Origin"), "https://b.example");
    assert_string_equal(fixture_header(f, "Access-Control-Allow-Methods"), "POST, OPTIONS");
    assert_non_null(strstr(fixture_header(f, "Access-Control-Allow-Headers"), "Authorization"));
    /* The cookie of a browser's session is for this server's own pages. */
    assert_null(strstr(fixture_header(f, "Access-Control-Allow-Headers"), "Parley"));
    assert_string_equal(fixture_header(f, "Access-Control-Max-Age"), "600");
    assert_string_equal(fixture_header(f, "Vary"), "Origin");
    forget(f);
    /* The page is to read the 404 of what it sends. */
    fake_init(&f->fake, "OPTIONS", STR("/nothing"));
    fake_param(&f->fake, "HTTP_ORIGIN", STR("https://b.example"));
    fake_param(&f->fake, "HTTP_ACCESS_CONTROL_REQUEST_METHOD", STR("DELETE"));
    fixture_handle(f);
    assert_int_equal(f->reply.status, 204);
    assert_non_null(strstr(fixture_header(f, "Access-Control-Allow-Methods"), "DELETE"));
    forget(f);
    ask_with(f, "OPTIONS", "/nothing", "HTTP_ORIGIN", "https://b.example");
    assert_problem(f, 404, "not_found");
    forget(f);
    ask_with(f, "GET", "/nothing", "HTTP_ORIGIN", "https://app.example.org");
    assert_string_equal(fixture_header(f, "Access-Control-Allow-Origin"), "https://app.example.org");
    assert_string_equal(fixture_header(f, "Access-Control-Allow-Credentials"), "true");
    forget(f);
    static const char *const strangers[] = { "https://evil.example",
                                             "https://app.example.org.evil.example",
                                             "null",
                                             "http://app.example.org",
                                             "http://localhost:3000",
                                             "https://app.example.org:1" };
    for (size_t i = 0; i < COUNT_OF(strangers); i++) {
        ask_with(f, "GET", "/open", "HTTP_ORIGIN", strangers[i]);
        assert_string_equal(fixture_header(f, "Access-Control-Allow-Origin"), "");
        assert_string_equal(fixture_header(f, "Vary"), "Origin");
        forget(f);
    }
}

static void test_cors__development_lets_localhost_in(void **state)
{
    static const char *const settings[] = { "ENVIRONMENT=development", NULL };
    static const struct {
        const char *origin;
        bool allowed;
    } cases[] = {
        { "http://localhost:3000", true },
        { "https://localhost", true },
        { "http://127.0.0.1:5173", true },
        { "http://[::1]:80", true },
        { "http://localhost.evil.example", false },
        { "http://localhost:x", false },
        { "http://localhost:", false },
        { "https://b.example", false },
    };
    struct gate_fixture f;

    (void)state;
    fixture_open(&f, settings, &table);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ask_with(&f, "GET", "/open", "HTTP_ORIGIN", cases[i].origin);
        assert_string_equal(fixture_header(&f, "Access-Control-Allow-Origin"), cases[i].allowed ? cases[i].origin : "");
        forget(&f);
    }
    fixture_close(&f);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_cors__methods_are_named),
        TEST(test_cors__other_apps_get_what_their_origin_allows),
        TEST(test_cors__development_lets_localhost_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
