/* Which dialects are on, and that one that is off is nowhere. */
#include "unit.h"

#include "gate_fixture.h"
#include "parley/gate/dialect.h"
#include "parley/gate/openapi.h"
#include "parley/gate/page.h"

static void error_write(const struct dialect_problem *problem, struct json_out *out)
{
    json_out_c(out, problem->text);
}

#define DIALECT(dialect_name, when, header) \
    { \
        .name = (dialect_name), .on = (when), .credential = (header), .rate = RATE_NOBODY, .ids = DIALECT_IDS_UUID, \
        .page = &page_spec, .limit_default = 10, .limit_max = 20, .error_name = dialect_name "Error", .schema = "{}", \
        .error_write = error_write \
    }
static const struct dialect fixed = DIALECT("fixed", DIALECT_ALWAYS, "Fixed-Key");
static const struct dialect brief = DIALECT("brief", DIALECT_BY_SETTING, "Brief-Key");

static enum err nothing(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)ctx;
    (void)call;
    json_out_null(&reply->json);
    return ERR_OK;
}

#define SAID(route_access) \
    .access = (route_access), .role = ROLE_NO_WORKSPACE, .scope = SCOPE_READ, .rate = RATE_NOBODY, .summary = "s", \
    .tag = "t", .status = 200
static const struct route native_rows[] = { { GET, "/native", nothing, SAID(ACCESS_SIGNED_IN) } };
static const struct route fixed_rows[] = { { GET, "/fixed", nothing, SAID(ACCESS_SIGNED_IN), .dialect = &fixed } };
static const struct route brief_rows[] = { { GET, "/brief", nothing, SAID(ACCESS_SIGNED_IN), .dialect = &brief } };
static const struct route mixed_rows[] = {
    { GET, "/mixed", nothing, SAID(ACCESS_SIGNED_IN) },
    { GET, "/mixed/brief", nothing, SAID(ACCESS_SIGNED_IN), .dialect = &brief },
};
static const struct route_table native_table = { native_rows, COUNT_OF(native_rows) };
static const struct route_table fixed_table = { fixed_rows, COUNT_OF(fixed_rows) };
static const struct route_table brief_table = { brief_rows, COUNT_OF(brief_rows) };
static const struct route_table mixed_table = { mixed_rows, COUNT_OF(mixed_rows) };
static const struct route_table *const all[] = { &native_table, &fixed_table, &brief_table };

struct on {
    const struct route_table *tables[COUNT_OF(all)];
    size_t count;
};

static enum err on(const char *setting, struct on *ret_on)
{
    struct buf faults;
    enum err e;

    buf_init(&faults, 4096);
    e = dialects_on(all, COUNT_OF(all), str_from(setting), &faults, ret_on->tables, &ret_on->count);
    assert_int_equal(faults.len > 0, e != ERR_OK);
    buf_release(&faults);
    return e;
}

static void test_dialects_on__says_the_setting(void **state)
{
    static const struct {
        const char *setting;
        size_t count;
    } cases[] = { { "", 2 }, { "none", 2 }, { "all", 3 }, { "brief", 3 }, { " Brief , fixed", 3 }, { "fixed", 2 } };
    struct on found;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_ok(on(cases[i].setting, &found));
        assert_int_equal(found.count, cases[i].count);
    }
    assert_int_equal(on("brief,breif", &found), ERR_INVALID);
}

static void test_dialects_on__refuses_a_table_of_several(void **state)
{
    const struct route_table *const tables[] = { &mixed_table };
    const struct route_table *found[1];
    struct buf faults;
    size_t count;

    (void)state;
    buf_init(&faults, 4096);
    assert_int_equal(dialects_on(tables, 1, STR(""), &faults, found, &count), ERR_INVALID);
    assert_non_null(strstr(faults.ptr, "/mixed"));
    buf_release(&faults);
}

/* The status of GET path with a key in the dialect's own header. */
static int asked(const struct on *tables, const char *path)
{
    static const char *const settings[] = { NULL };
    struct gate_fixture f = { .app = { .config = fixture_config(settings) } };
    struct buf faults;
    int status;

    buf_init(&faults, 4096);
    assert_ok(gate_new(&(struct gate_opts){ .app = &f.app, .tables = tables->tables, .table_count = tables->count },
                       &faults, &f.gate));
    buf_release(&faults);
    buf_init(&f.reply.body, MIB);
    status = ask_with(&f, "GET", path, "HTTP_BRIEF_KEY", "parley_r");
    forget(&f);
    fixture_close(&f);
    return status;
}

static void test_dialects_on__one_that_is_off_has_neither_routes_nor_credentials(void **state)
{
    struct on found;

    (void)state;
    assert_ok(on("brief", &found));
    assert_int_equal(asked(&found, "/brief"), 200);
    assert_int_equal(asked(&found, "/native"), 200);
    assert_ok(on("none", &found));
    assert_int_equal(asked(&found, "/brief"), 404);
    assert_int_equal(asked(&found, "/native"), 401);
}

static bool document_has(const struct on *tables, const char *text)
{
    struct json_out json;
    struct buf out;
    bool found;

    buf_init(&out, MIB);
    json_out_init(&json, &out);
    openapi_write(&json, tables->tables, tables->count, STR(""));
    assert_ok(buf_check(&out));
    found = strstr(out.ptr, text) != NULL;
    buf_release(&out);
    return found;
}

static void test_dialects_on__one_that_is_off_is_not_in_the_document(void **state)
{
    static const char *const texts[] = { "\"/brief\"", "briefError", "\"briefKey\":[]", "\"name\":\"Brief-Key\"" };
    struct on found;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        assert_ok(on("all", &found));
        assert_true(document_has(&found, texts[i]));
        assert_ok(on("", &found));
        assert_false(document_has(&found, texts[i]));
    }
    assert_true(document_has(&found, "\"name\":\"Fixed-Key\""));
}

static void test_dialects_on__a_limit_is_cut_and_never_refused(void **state)
{
    (void)state;
    assert_int_equal(dialect_limit(&brief, 0), 10);
    assert_int_equal(dialect_limit(&brief, 7), 7);
    assert_int_equal(dialect_limit(&brief, 1000), 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dialects_on__says_the_setting),
        cmocka_unit_test(test_dialects_on__refuses_a_table_of_several),
        cmocka_unit_test(test_dialects_on__one_that_is_off_has_neither_routes_nor_credentials),
        cmocka_unit_test(test_dialects_on__one_that_is_off_is_not_in_the_document),
        cmocka_unit_test(test_dialects_on__a_limit_is_cut_and_never_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
