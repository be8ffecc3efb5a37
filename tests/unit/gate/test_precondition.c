#include "unit.h"

#include "gate_fixture.h"
#include "parley/gate/precondition.h"

/* What the body shows beside the row of that version. */
static int shown;

static enum err versioned(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    if (call->route->method == PUT)
        TRY(precondition_check(ctx, call, 12));
    reply->version = 12;
    json_out_int(&reply->json, shown);
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

static void test_precondition__the_tag_follows_version_and_body(void **state)
{
    struct gate_fixture *f = *state;
    char first[64], second[64];

    shown = 1;
    assert_int_equal(ask(f, "GET", "/versioned", NULL), 200);
    snprintf(first, sizeof(first), "%s", fixture_header(f, "ETag"));
    forget(f);
    shown = 2;
    assert_int_equal(ask(f, "GET", "/versioned", NULL), 200);
    snprintf(second, sizeof(second), "%s", fixture_header(f, "ETag"));
    forget(f);
    assert_int_equal(strncmp(first, "\"v12-", 5), 0);
    assert_int_equal(strncmp(second, "\"v12-", 5), 0);
    assert_int_equal(strlen(first), strlen("\"v12-0123456789abcdef\""));
    assert_string_not_equal(first, second);
    /* The same in every process, and after an update: SipHash-2-4 of "2" under a key of zeros. */
    assert_string_equal(second, "\"v12-9ee4f4d2aca06b87\"");
}

/* The format with the tag for its %s. */
static void header_of(const char *format, const char *tag, char *out, size_t out_bytes)
{
    const char *mark = strstr(format, "%s");

    if (mark == NULL)
        snprintf(out, out_bytes, "%s", format);
    else
        snprintf(out, out_bytes, "%.*s%s%s", (int)(mark - format), format, tag, mark + 2);
}

static void test_precondition__a_reader_of_the_present_body_gets_nothing_new(void **state)
{
    static const struct {
        const char *format;
        int status;
    } cases[] = {
        { "\"%s\"", 304 }, { "W/\"%s\"", 304 }, { "\"v1\", \"%s\"", 304 },  { "*", 304 },       { "\"x%s\"", 200 },
        { "%s", 200 },     { "\"v12\"", 200 },  { "\"v1\" , ,\"x\"", 200 }, { "\"%sx\"", 200 }, { "\"v12-0\"", 200 },
    };
    struct gate_fixture *f = *state;
    char tag[64], header[128];

    shown = 1;
    assert_int_equal(ask(f, "GET", "/versioned", NULL), 200);
    snprintf(tag, sizeof(tag), "%.*s", (int)strlen(fixture_header(f, "ETag")) - 2, fixture_header(f, "ETag") + 1);
    forget(f);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        header_of(cases[i].format, tag, header, sizeof(header));
        assert_int_equal(ask_with(f, "GET", "/versioned", "HTTP_IF_NONE_MATCH", header), cases[i].status);
        assert_int_equal(strncmp(fixture_header(f, "ETag") + 1, tag, strlen(tag)), 0);
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
    } cases[] = {
        { "\"v12\"", 200 },
        { "\"v12-0123456789abcdef\"", 200 },
        { "*", 200 },
        { "", 200 },
        { "\"v1\", \"v12\"", 200 },
        { "W/\"v12-0123456789abcdef\", \"x\"", 200 },
        { "\"v11\"", 412 },
        { "\"v11-0123456789abcdef\"", 412 },
        { "W/\"v11\"", 412 },
        { "\"x\"", 412 },
        { "\"v-12\"", 412 },
        { "\"v1-12\"", 412 },
        { "v12", 400 },
        { "\"v12", 400 },
        { "\"v12\" x", 400 },
    };
    struct gate_fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int status = ask_with(f, "PUT", "/versioned", "HTTP_IF_MATCH", cases[i].header);
        if (status != cases[i].status)
            print_message("%s: %d\n", cases[i].header, status);
        assert_int_equal(status, cases[i].status);
        forget(f);
    }
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_precondition__the_tag_follows_version_and_body),
        TEST(test_precondition__a_reader_of_the_present_body_gets_nothing_new),
        TEST(test_precondition__a_writer_with_another_version_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
