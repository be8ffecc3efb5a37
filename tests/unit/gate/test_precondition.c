#include "unit.h"

#include "gate_fixture.h"
#include "parley/gate/precondition.h"

static enum err versioned(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    if (call->route->method == PUT) {
        int64_t version = -1;
        TRY(precondition_version(ctx, call, &version));
        TRY(precondition_check(ctx, call, 12));
        buf_addf(&reply->body, "%d", (int)version);
        return ERR_OK;
    }
    if (precondition_reply(ctx, call, 12, reply) == FRESHNESS_NOT_MODIFIED)
        return ERR_OK;
    json_out_int(&reply->json, 12);
    return ERR_OK;
}

#define NO_WORKSPACE .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_NOBODY, .summary = "s", .tag = "t"
static const struct route rows[] = {
    { GET, "/versioned", versioned, .access = ACCESS_ANYONE, NO_WORKSPACE, .status = 200 },
    { PUT, "/versioned", versioned, .access = ACCESS_ANYONE, NO_WORKSPACE, .status = 200 },
};
static const struct route_table table = { rows, COUNT_OF(rows) };

static int setup(void **state)
{
    static const char *const settings[] = { NULL };

    return fixture_setup(state, settings, &table);
}

static void test_precondition__a_reader_with_the_present_version_gets_nothing_new(void **state)
{
    static const struct {
        const char *header;
        int status;
    } cases[] = {
        { "\"v12\"", 304 }, { "W/\"v12\"", 304 }, { "\"v1\", \"v12\"", 304 }, { "*", 304 },
        { "\"v11\"", 200 }, { "v12", 200 },       { "\"v012x\"", 200 },       { "\"v1\" , ,\"x\"", 200 },
    };
    struct gate_fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(ask_with(f, "GET", "/versioned", "HTTP_IF_NONE_MATCH", cases[i].header), cases[i].status);
        assert_string_equal(fixture_header(f, "ETag"), "\"v12\"");
        assert_string_equal(fixture_header(f, "Cache-Control"), "private, no-cache");
        assert_int_equal(f->reply.body.len > 0, cases[i].status == 200);
        forget(f);
    }
}

static void test_precondition__a_writer_with_another_version_is_refused(void **state)
{
    static const struct {
        const char *header;
        int status;
        const char *version;
    } cases[] = {
        { "\"v12\"", 200, "12" },
        { "*", 200, "0" },
        { "", 200, "0" },
        { "\"v1\", \"v12\"", 200, "0" },
        { "W/\"v12\", \"x\"", 412, NULL },
        { "\"v11\"", 412, NULL },
        { "W/\"v12\"", 412, NULL },
        { "\"x\"", 412, NULL },
        { "\"v-12\"", 412, NULL },
        { "v12", 400, NULL },
        { "\"v12", 400, NULL },
        { "\"v12\" x", 400, NULL },
    };
    struct gate_fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int status = ask_with(f, "PUT", "/versioned", "HTTP_IF_MATCH", cases[i].header);
        if (status != cases[i].status)
            print_message("%s: %d\n", cases[i].header, status);
        assert_int_equal(status, cases[i].status);
        if (cases[i].version != NULL)
            assert_string_equal(f->reply.body.ptr, cases[i].version);
        forget(f);
    }
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_precondition__a_reader_with_the_present_version_gets_nothing_new),
        TEST(test_precondition__a_writer_with_another_version_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
