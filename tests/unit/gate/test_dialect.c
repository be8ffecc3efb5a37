#include "unit.h"

#include "gate_fixture.h"
#include "parley/gate/dialect.h"
#include "parley/gate/page.h"
#include "problem.h"

static void brief_write(const struct dialect_problem *problem, struct json_out *out)
{
    json_out_object(out);
    json_out_kv_c(out, "error", problem->text);
    json_out_key(out, "places");
    json_out_array(out);
    for (size_t i = 0; i < problem->fault_count; i++)
        dialect_place_write(&problem->faults[i], out);
    json_out_array_end(out);
    json_out_object_end(out);
}

static const struct dialect_error brief_errors[] = {
    { ERR_UNAUTHORIZED, 422, "Show your key" },
    { ERR_CONFLICT, 400, NULL },
    { ERR_OK, 0, NULL },
};
static const struct dialect brief = { .name = "brief",
                                      .on = DIALECT_BY_SETTING,
                                      .credential = "Brief-Key",
                                      .rate = RATE_NOBODY,
                                      .ids = DIALECT_IDS_INTEGER,
                                      .page = &page_spec,
                                      .limit_default = 1,
                                      .limit_max = 1,
                                      .ignores_unknown = true,
                                      .error_name = "BriefError",
                                      .schema = "{}",
                                      .errors = brief_errors,
                                      .error_write = brief_write };

static enum err collide(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)call;
    (void)reply;
    return failf(ctx, ERR_CONFLICT, "Somebody else sits there");
}

struct note {
    struct body body;
    struct str text;
};
static const struct field note_fields[] = {
    { "text", FIELD_STR, FIELD_REQUIRED, .offset = offsetof(struct note, text) },
};
static const struct spec note_spec = { SPEC_INIT("Note", struct note, note_fields) };

static const struct dialect_error secret_errors[] = { { ERR_UNAUTHORIZED, 0, "Not for you" }, { ERR_OK, 0, NULL } };

#define SAID \
    .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_NOBODY, .summary = "s", .tag = "t", .status = 200
static const struct route rows[] = {
    { GET, "/native", collide, .access = ACCESS_SIGNED_IN, SAID },
    { GET, "/theirs", collide, .access = ACCESS_SIGNED_IN, SAID, .dialect = &brief },
    { GET, "/theirs/secret", collide, .access = ACCESS_SIGNED_IN, SAID, .dialect = &brief, .errors = secret_errors },
    { POST, "/theirs/{n}", collide, .access = ACCESS_ANYONE, SAID, .body = &note_spec, .dialect = &brief },
};
static const struct route_table table = { rows, COUNT_OF(rows) };

static int setup(void **state)
{
    static const char *const settings[] = { NULL };

    return fixture_setup(state, settings, &table);
}

/* Ends the request. */
static void assert_answer(struct gate_fixture *f, int status, const char *body)
{
    assert_int_equal(f->reply.status, status);
    assert_string_equal(f->reply.content_type, "application/json");
    assert_string_equal(f->reply.body.ptr, body);
    fake_release(&f->fake);
}

static void assert_native(struct gate_fixture *f, int status, const char *code)
{
    assert_problem(f, status, code);
    fake_release(&f->fake);
}

static void test_dialect__says_errors_of_the_gate_and_of_handlers_in_its_words(void **state)
{
    struct gate_fixture *f = *state;

    ask(f, "GET", "/theirs", NULL);
    assert_answer(f, 422, "{\"error\":\"Show your key\",\"places\":[]}");
    ask(f, "GET", "/theirs", "user");
    assert_answer(f, 400, "{\"error\":\"Somebody else sits there\",\"places\":[]}");
}

static void test_dialect__a_route_may_have_words_of_its_own(void **state)
{
    struct gate_fixture *f = *state;

    ask(f, "GET", "/theirs/secret", NULL);
    assert_string_equal(fixture_header(f, "WWW-Authenticate"), "Bearer");
    assert_answer(f, 401, "{\"error\":\"Not for you\",\"places\":[]}");
}

static void test_dialect__a_method_that_a_path_does_not_take_is_told_in_it(void **state)
{
    struct gate_fixture *f = *state;

    ask(f, "DELETE", "/theirs", NULL);
    assert_string_equal(fixture_header(f, "Allow"), "GET, HEAD, OPTIONS");
    assert_answer(f, 405, "{\"error\":\"This path does not take that method\",\"places\":[]}");
}

static void test_dialect__faults_of_path_and_body_have_their_places(void **state)
{
    struct gate_fixture *f = *state;

    ask(f, "POST", "/theirs/x", NULL);
    assert_answer(f, 422, "{\"error\":\"The request is not valid\",\"places\":[[\"path\",\"n\"]]}");
    ask(f, "POST", "/theirs/1", NULL);
    assert_answer(f, 422, "{\"error\":\"The request is not valid\",\"places\":[[\"body\",\"text\"]]}");
}

static void test_dialect__other_routes_stay_native(void **state)
{
    struct gate_fixture *f = *state;

    ask(f, "GET", "/native", NULL);
    assert_native(f, 401, "not_authenticated");
    ask(f, "GET", "/theirs/1/more", NULL);
    assert_native(f, 404, "not_found");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_dialect__says_errors_of_the_gate_and_of_handlers_in_its_words, setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_dialect__a_route_may_have_words_of_its_own, setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_dialect__a_method_that_a_path_does_not_take_is_told_in_it, setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_dialect__faults_of_path_and_body_have_their_places, setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_dialect__other_routes_stay_native, setup, fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
