/* Limits as a whole gate keeps them, in one process. */
#include "gate_fixture.h"
#include "unit.h"

static enum err outcome;

static enum err answer(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)ctx;
    (void)call;
    (void)reply;
    return outcome;
}

struct login {
    struct body body;
    struct str email;
};
static const struct field login_fields[] = {
    { "email", FIELD_EMAIL, FIELD_REQUIRED, .offset = offsetof(struct login, email) },
};
static const struct spec login_spec = { SPEC_INIT("Login", struct login, login_fields) };

static const struct route rows[] = {
    { GET, "/page", answer, .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE,
      .rate = RATE_NOBODY, .status = 204, .summary = "s", .tag = "t" },
    { GET, "/health", answer, .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE,
      .rate = RATE_FREE, .status = 204, .summary = "s", .tag = "t" },
    { GET, "/read", answer, .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_READ,
      .rate = RATE_READ, .status = 204, .summary = "s", .tag = "t" },
    { POST, "/write", answer, .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_WRITE,
      .rate = RATE_WRITE, .status = 204, .summary = "s", .tag = "t" },
    { POST, "/login", answer, .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE,
      .rate = RATE_CREDENTIAL, .body = &login_spec, .status = 204, .summary = "s", .tag = "t" },
};
static const struct route_table table = { rows, COUNT_OF(rows) };

static int setup(void **state)
{
    static const char *settings[] = { "RATE_LIMIT_REQUESTS=40",    "RATE_READ=2", "RATE_WRITE=2", "RATE_CREDENTIAL=3",
                                      "RATE_CREDENTIAL_ACCOUNT=5", NULL };

    outcome = ERR_OK;
    return fixture_setup(state, settings, &table);
}

static int get(struct gate_fixture *f, const char *path, const char *token)
{
    int status = ask(f, "GET", path, token);

    forget(f);
    return status;
}

static int get_from(struct gate_fixture *f, const char *path, const char *ip)
{
    int status = ask_with(f, "GET", path, "REMOTE_ADDR", ip);

    forget(f);
    return status;
}

static int sign_in(struct gate_fixture *f, const char *email, const char *ip, enum err what_comes_of_it)
{
    char body[100];

    outcome = what_comes_of_it;
    snprintf(body, sizeof(body), "{\"email\":\"%s\"}", email);
    fake_init(&f->fake, "POST", STR("/login"));
    fake_param(&f->fake, "REMOTE_ADDR", str_from(ip));
    fake_body(&f->fake, "application/json", str_from(body));
    fixture_handle(f);
    forget(f);
    return f->reply.status;
}

static void test_limiter__counts_nobody_per_address(void **state)
{
    for (int i = 0; i < 40; i++)
        assert_int_equal(get_from(*state, "/page", "192.0.2.1"), 204);
    assert_int_equal(get_from(*state, "/page", "192.0.2.1"), 429);
    assert_int_equal(get_from(*state, "/page", "192.0.2.2"), 204);
    assert_int_equal(get_from(*state, "/read", "192.0.2.1"), 429); /* before it is asked who may */
    assert_int_equal(get_from(*state, "/read", "192.0.2.3"), 401);
}

static void test_limiter__counts_a_network_of_ipv6_as_one(void **state)
{
    char ip[40];

    for (int i = 0; i < 40; i++) {
        snprintf(ip, sizeof(ip), "2001:db8::%x", i);
        assert_int_equal(get_from(*state, "/page", ip), 204);
    }
    assert_int_equal(get_from(*state, "/page", "2001:db8::ffff"), 429);
    assert_int_equal(get_from(*state, "/page", "2001:db8:0:1::1"), 204);
}

static void test_limiter__lets_probes_through(void **state)
{
    for (int i = 0; i < 100; i++)
        assert_int_equal(get_from(*state, "/health", "192.0.2.1"), 204);
    assert_string_equal(fixture_header(*state, "RateLimit-Limit"), "");
}

static void test_limiter__classes_are_apart(void **state)
{
    assert_int_equal(get(*state, "/read", "user"), 204);
    assert_int_equal(get(*state, "/read", "user"), 204);
    assert_int_equal(get(*state, "/read", "user"), 429);
    assert_int_equal(post(*state, "/write", "", ""), 204);
    forget(*state);
}

static void test_limiter__tells_what_is_left(void **state)
{
    assert_int_equal(ask(*state, "GET", "/read", "user"), 204);
    assert_string_equal(fixture_header(*state, "RateLimit-Limit"), "2");
    assert_string_equal(fixture_header(*state, "RateLimit-Remaining"), "1");
    assert_string_equal(fixture_header(*state, "RateLimit-Reset"), "30");
    assert_string_equal(fixture_header(*state, "Retry-After"), "");
    forget(*state);
    assert_int_equal(get(*state, "/read", "user"), 204);
    assert_int_equal(ask(*state, "GET", "/read", "user"), 429);
    assert_string_equal(fixture_header(*state, "RateLimit-Remaining"), "0");
    assert_string_equal(fixture_header(*state, "RateLimit-Reset"), "60");
    assert_string_equal(fixture_header(*state, "Retry-After"), "30");
    forget(*state);
}

static void test_limiter__a_question_about_a_body_that_is_let_through_takes_nothing(void **state)
{
    struct gate_fixture *f = *state;

    for (int i = 0; i < 100; i++) {
        assert_int_equal(ask_with(f, "GET", "/page", "PARLEY_CHECK", "upload"), 204);
        forget(f);
    }
    assert_int_equal(get(f, "/page", NULL), 204);
}

static int question(struct gate_fixture *f, const char *path, const char *token)
{
    fake_init(&f->fake, "GET", str_from(path));
    fake_param(&f->fake, "PARLEY_CHECK", STR("upload"));
    if (token != NULL)
        fake_param(&f->fake, "HTTP_AUTHORIZATION", str_from(token));
    fixture_handle(f);
    return f->reply.status;
}

/* The refusal is the answer that the client gets: it counts, whether the body is asked about first or not. */
static void test_limiter__a_question_that_is_refused_counts(void **state)
{
    struct gate_fixture *f = *state;

    for (int i = 0; i < 3; i++) {
        assert_int_equal(question(f, "/read", "Bearer bad"), 401);
        assert_non_null(strstr(fixture_header(f, "X-Parley-Refusal"), "\"code\":\"invalid_token\""));
        forget(f);
    }
    assert_int_equal(question(f, "/read", "Bearer bad"), 429);
    assert_string_equal(fixture_header(f, "Retry-After"), "20");
    assert_non_null(strstr(fixture_header(f, "X-Parley-Refusal"), "\"code\":\"rate_limited\""));
    forget(f);
    for (int i = 0; i < 40; i++) {
        assert_int_equal(question(f, "/read", NULL), 401);
        forget(f);
    }
    assert_int_equal(question(f, "/read", NULL), 429);
    forget(f);
}

static void test_limiter__bad_tokens_end_in_429_and_good_ones_go_on(void **state)
{
    for (int i = 0; i < 3; i++)
        assert_int_equal(get(*state, "/read", "bad"), 401);
    assert_int_equal(ask(*state, "GET", "/read", "bad"), 429);
    assert_string_equal(fixture_header(*state, "Retry-After"), "20");
    forget(*state);
    assert_int_equal(get(*state, "/read", "user"), 204);
    assert_int_equal(sign_in(*state, "alice@example.org", "", ERR_OK), 204);
}

static void test_limiter__wrong_guesses_of_an_address_are_counted(void **state)
{
    for (int i = 0; i < 3; i++)
        assert_int_equal(sign_in(*state, "alice@example.org", "192.0.2.1", ERR_LOGIN), 401);
    assert_int_equal(sign_in(*state, "alice@example.org", "192.0.2.1", ERR_OK), 429);
    assert_int_equal(sign_in(*state, "bob@example.org", "192.0.2.1", ERR_OK), 429);
    assert_int_equal(sign_in(*state, "alice@example.org", "192.0.2.2", ERR_OK), 204);
}

static void test_limiter__right_ones_cost_nothing(void **state)
{
    for (int i = 0; i < 20; i++)
        assert_int_equal(sign_in(*state, "alice@example.org", "192.0.2.1", ERR_OK), 204);
    for (int i = 0; i < 10; i++)
        assert_int_equal(sign_in(*state, "alice@example.org", "192.0.2.1", ERR_BUSY), 503);
}

/* Five guesses at alice from five places. */
static void hammer(struct gate_fixture *f)
{
    char ip[40];

    for (int i = 0; i < 5; i++) {
        snprintf(ip, sizeof(ip), "198.51.100.%d", i);
        assert_int_equal(sign_in(f, "Alice@Example.org", ip, ERR_LOGIN), 401);
    }
}

static void test_limiter__wrong_guesses_at_an_account_are_counted_over_all_addresses(void **state)
{
    hammer(*state);
    assert_int_equal(sign_in(*state, "alice@example.org", "192.0.2.9", ERR_OK), 429);
    assert_int_equal(sign_in(*state, "bob@example.org", "192.0.2.9", ERR_OK), 204);
}

static void test_limiter__does_not_lock_the_owner_out_where_they_have_signed_in(void **state)
{
    assert_int_equal(sign_in(*state, "alice@example.org", "192.0.2.9", ERR_OK), 204);
    hammer(*state);
    assert_int_equal(sign_in(*state, "alice@example.org", "192.0.2.9", ERR_OK), 204);
    assert_int_equal(sign_in(*state, "alice@example.org", "192.0.2.8", ERR_OK), 429);
    for (int i = 0; i < 3; i++)
        assert_int_equal(sign_in(*state, "alice@example.org", "192.0.2.9", ERR_LOGIN), 401);
    assert_int_equal(sign_in(*state, "alice@example.org", "192.0.2.9", ERR_OK), 429); /* the address' own */
}

static void test_limiter__can_be_switched_off(void **state)
{
    static const char *settings[] = { "RATE_LIMIT=off", "RATE_LIMIT_REQUESTS=1", "RATE_CREDENTIAL=1", NULL };
    struct gate_fixture f;

    (void)state;
    fixture_open(&f, settings, &table);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(get(&f, "/read", "bad"), 401);
        assert_int_equal(sign_in(&f, "alice@example.org", "192.0.2.1", ERR_LOGIN), 401);
        outcome = ERR_OK;
        assert_int_equal(get(&f, "/page", NULL), 204);
    }
    assert_string_equal(fixture_header(&f, "RateLimit-Limit"), "");
    fixture_close(&f);
}

#define WITH_GATE(test) cmocka_unit_test_setup_teardown(test, setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_GATE(test_limiter__counts_nobody_per_address),
        WITH_GATE(test_limiter__counts_a_network_of_ipv6_as_one),
        WITH_GATE(test_limiter__lets_probes_through),
        WITH_GATE(test_limiter__classes_are_apart),
        WITH_GATE(test_limiter__tells_what_is_left),
        WITH_GATE(test_limiter__a_question_about_a_body_that_is_let_through_takes_nothing),
        WITH_GATE(test_limiter__a_question_that_is_refused_counts),
        WITH_GATE(test_limiter__bad_tokens_end_in_429_and_good_ones_go_on),
        WITH_GATE(test_limiter__wrong_guesses_of_an_address_are_counted),
        WITH_GATE(test_limiter__right_ones_cost_nothing),
        WITH_GATE(test_limiter__wrong_guesses_at_an_account_are_counted_over_all_addresses),
        WITH_GATE(test_limiter__does_not_lock_the_owner_out_where_they_have_signed_in),
        cmocka_unit_test(test_limiter__can_be_switched_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
