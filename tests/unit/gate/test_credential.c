/* Which credential a request has, and how far a key reaches. */
#include "unit.h"

#include "gate_fixture.h"
#include "parley/gate/page.h"

static enum err pass(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)ctx;
    (void)call;
    (void)reply;
    return ERR_OK;
}

/* Its clients have a header of their own. */
static void no_error(const struct dialect_problem *problem, struct json_out *out)
{
    (void)problem;
    json_out_null(out);
}

static const struct dialect octopus = { .name = "octopus",
                                        .on = DIALECT_ALWAYS,
                                        .credential = "Octopus-API-Key",
                                        .rate = RATE_NOBODY,
                                        .ids = DIALECT_IDS_INTEGER,
                                        .page = &page_spec,
                                        .limit_default = 10,
                                        .limit_max = 20,
                                        .error_name = "OctopusError",
                                        .schema = "{}",
                                        .error_write = no_error };

#define ROW .rate = RATE_NOBODY, .status = 200, .summary = "s", .tag = "t"
#define ALONE .role = ROLE_NO_WORKSPACE, ROW
static const struct route rows[] = {
    { GET, "/open", pass, .access = ACCESS_ANYONE, .scope = SCOPE_NONE, ALONE },
    { GET, "/session", pass, .access = ACCESS_SIGNED_IN, .scope = SCOPE_NONE, ALONE },
    { GET, "/read", pass, .access = ACCESS_SIGNED_IN, .scope = SCOPE_READ, ALONE },
    { GET, "/write", pass, .access = ACCESS_SIGNED_IN, .scope = SCOPE_WRITE, ALONE },
    { GET, "/admin", pass, .access = ACCESS_SIGNED_IN, .scope = SCOPE_ADMIN, ALONE },
    { GET, "/server", pass, .access = ACCESS_ADMIN, .scope = SCOPE_READ, ALONE },
    { GET, "/octopus", pass, .access = ACCESS_SIGNED_IN, .scope = SCOPE_READ, .dialect = &octopus, ALONE },
    { GET, "/workspaces/{workspace}", pass, .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_READ, ROW },
};
static const struct route_table table = { rows, COUNT_OF(rows) };

static int setup(void **state)
{
    static struct gate_fixture f;
    static const char *const settings[] = { NULL };

    fixture_open(&f, settings, &table);
    *state = &f;
    return f.gate == NULL;
}

static int teardown(void **state)
{
    fixture_close(*state);
    return 0;
}

/* The code of the problem; "" on success. */
static const char *answer(struct gate_fixture *f, const char *path, const char *param, const char *value)
{
    static char code[64];
    const char *at;

    fake_init(&f->fake, "GET", str_from(path));
    fake_param(&f->fake, param, str_from(value));
    fixture_handle(f);
    code[0] = '\0';
    at = f->reply.body.len > 0 ? strstr(f->reply.body.ptr, "\"code\":\"") : NULL;
    if (f->reply.status != 200)
        assert_non_null(at);
    if (at != NULL)
        assert_int_equal(sscanf(at, "\"code\":\"%63[a-z_]", code), 1);
    fake_release(&f->fake);
    buf_clear(&f->reply.body);
    return code;
}

static void test_credential__a_key_is_taken_from_every_header(void **state)
{
    struct gate_fixture *f = *state;

    assert_string_equal(answer(f, "/read", "HTTP_X_API_KEY", "parley_r"), "");
    assert_string_equal(answer(f, "/read", "HTTP_OCTOPUS_API_KEY", "parley_r"), "");
    assert_string_equal(answer(f, "/read", "HTTP_AUTHORIZATION", "Bearer parley_r"), "");
    assert_string_equal(answer(f, "/read", "HTTP_AUTHORIZATION", "bearer  parley_r "), "");
}

static void test_credential__is_not_looked_at_where_none_is_needed(void **state)
{
    struct gate_fixture *f = *state;

    assert_string_equal(answer(f, "/open", "HTTP_X_API_KEY", "worthless"), "");
    assert_string_equal(answer(f, "/open", "HTTP_AUTHORIZATION", "Bearer stolen"), "");
    assert_string_equal(answer(f, "/read", "HTTP_AUTHORIZATION", "Bearer stolen"), "invalid_token");
}

static void test_credential__what_is_no_key_is_worth_nothing(void **state)
{
    struct gate_fixture *f = *state;

    assert_string_equal(answer(f, "/read", "HTTP_X_API_KEY", "user"), "invalid_api_key");
    assert_string_equal(answer(f, "/read", "HTTP_OCTOPUS_API_KEY", ""), "invalid_api_key");
    assert_string_equal(answer(f, "/read", "HTTP_AUTHORIZATION", "parley_r"), "invalid_token");
    assert_string_equal(answer(f, "/read", "HTTP_AUTHORIZATION", "Token parley_r"), "invalid_token");
    assert_string_equal(answer(f, "/read", "HTTP_X_API_TOKEN", "parley_r"), "not_authenticated");
}

static void test_credential__of_a_proxy_in_front_is_none_of_ours(void **state)
{
    static const char *const left[] = { "Basic dXNlcjp1c2Vy", "basic parley_r", "Digest x", "Negotiate x", "NTLM" };
    struct gate_fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(left); i++) {
        assert_string_equal(answer(f, "/read", "HTTP_AUTHORIZATION", left[i]), "not_authenticated");
        fake_init(&f->fake, "GET", STR("/read"));
        fake_param(&f->fake, "HTTP_AUTHORIZATION", str_from(left[i]));
        fake_param(&f->fake, "HTTP_X_API_KEY", STR("parley_r"));
        fixture_handle(f);
        assert_int_equal(f->reply.status, 200);
        forget(f);
    }
}

static void test_credential__two_are_refused_whatever_their_headers(void **state)
{
    static const char *const headers[] = { "HTTP_AUTHORIZATION", "HTTP_X_API_KEY", "HTTP_OCTOPUS_API_KEY" };
    struct gate_fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(headers); i++) {
        for (size_t j = 0; j < COUNT_OF(headers); j++) {
            fake_init(&f->fake, "GET", STR("/read"));
            fake_param(&f->fake, headers[i], STR("Bearer parley_r"));
            fake_param(&f->fake, headers[j], STR("parley_r"));
            fixture_handle(f);
            assert_int_equal(f->reply.status, 400);
            assert_non_null(strstr(f->reply.body.ptr, "two_credentials"));
            fake_release(&f->fake);
            buf_clear(&f->reply.body);
        }
    }
}

static void test_credential__scopes_reach_as_far_as_the_row_says(void **state)
{
    static const char scope[] = "scope_required", no_key[] = "session_required";
    static const struct {
        const char *path;
        const char *codes[5]; /* of parley_r, parley_w, parley_rw, parley_a, and of one without any scope */
    } cases[] = {
        { "/open", { "", "", "", "", "" } },
        { "/session", { no_key, no_key, no_key, no_key, no_key } },
        { "/read", { "", scope, "", "", scope } },
        { "/write", { scope, "", "", "", scope } },
        { "/admin", { scope, scope, scope, "", scope } },
        { "/server", { scope, scope, scope, "forbidden", scope } }, /* the owner is no administrator */
    };
    static const char *const keys[] = { "parley_r", "parley_w", "parley_rw", "parley_a", "parley_" };
    struct gate_fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++)
        for (size_t j = 0; j < COUNT_OF(keys); j++)
            assert_string_equal(answer(f, cases[i].path, "HTTP_X_API_KEY", keys[j]), cases[i].codes[j]);
}

static void test_credential__a_key_stays_in_its_workspace(void **state)
{
    static const char other[] = "/workspaces/" FIX_OTHER, own[] = "/workspaces/" FIX_WORKSPACE;
    struct gate_fixture *f = *state;

    assert_string_equal(answer(f, other, "HTTP_AUTHORIZATION", "Bearer user"), "");
    assert_string_equal(answer(f, other, "HTTP_AUTHORIZATION", "Bearer parley_a"), "workspace_not_found");
    assert_string_equal(answer(f, own, "HTTP_AUTHORIZATION", "Bearer parley_a"), "");
    assert_string_equal(answer(f, "/workspaces/" FIX_FOREIGN, "HTTP_AUTHORIZATION", "Bearer parley_a"),
                        "workspace_not_found");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_credential__a_key_is_taken_from_every_header),
        cmocka_unit_test(test_credential__is_not_looked_at_where_none_is_needed),
        cmocka_unit_test(test_credential__what_is_no_key_is_worth_nothing),
        cmocka_unit_test(test_credential__of_a_proxy_in_front_is_none_of_ours),
        cmocka_unit_test(test_credential__two_are_refused_whatever_their_headers),
        cmocka_unit_test(test_credential__scopes_reach_as_far_as_the_row_says),
        cmocka_unit_test(test_credential__a_key_stays_in_its_workspace),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
