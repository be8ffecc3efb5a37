#include "unit.h"

#include "../../../app/gate/openapi_schemas.h"
#include "parley/core/limits.h"
#include "parley/gate/openapi.h"

struct thing {
    struct body body;
    struct str name;
};
static const struct field thing_fields[] = { { "name", FIELD_STR, .offset = offsetof(struct thing, name) } };
static const struct spec draft_spec = { SPEC_INIT("Draft", struct thing, thing_fields) };
static const struct spec thing_spec = { SPEC_INIT("Thing", struct thing, thing_fields) };
static const struct field other_fields[] = { { "title", FIELD_STR, .offset = offsetof(struct thing, name) } };
static const struct spec namesake_spec = { SPEC_INIT("Thing", struct thing, other_fields) };

#define SAID \
    .access = ACCESS_SIGNED_IN, .role = ROLE_GUEST, .scope = SCOPE_WRITE, .rate = RATE_WRITE, .summary = "Do it", \
    .tag = "Things"
static const struct dialect brief = { .name = "brief",
                                      .on = DIALECT_ALWAYS,
                                      .credential = "Brief-Key",
                                      .error_name = "BriefError",
                                      .schema = "{\"type\":\"string\"}" };
static const struct route rows[] = {
    { GET, "/workspaces/{workspace}/things", SAID, .flags = ROUTE_PAGED, .reply = &thing_spec,
      .reply_shape = REPLY_LIST, .status = 200 },
    { GET, "/", SAID, .status = 200 },
    { POST, "/workspaces/{workspace}/things", SAID, .flags = ROUTE_IDEMPOTENT | ROUTE_MULTIPART, .body = &draft_spec,
      .form = "{\"type\":\"object\"}", .form_name = "ThingForm", .reply = &thing_spec, .status = 201 },
    { PUT, "/things/{thing}/marks/{mark:word}", SAID, .query = &draft_spec, .status = 204 },
    { DELETE, "/api/v1/marks/{mark:int}", .access = ACCESS_SIGNED_IN, .scope = SCOPE_NONE, .dialect = &brief,
      .summary = "Do it", .tag = "Marks", .status = 204 },
};
static const struct route_table table = { rows, COUNT_OF(rows) };
static const struct route_table *const tables[] = { &table };

static const struct json_in *at(const struct json_in *value, const char *path)
{
    struct str rest = str_from(path);
    struct str piece;
    char name[100];

    while (value != NULL && str_split(&rest, ' ', &piece)) {
        int64_t index;
        snprintf(name, sizeof(name), "%.*s", STR_FMT(piece));
        value = json_in_kind(value) == JSON_ARRAY_KIND && str_to_int64(piece, &index) == ERR_OK
                    ? json_in_at(value, (size_t)index)
                    : json_in_member(value, name);
    }
    return value;
}

static void assert_text(const struct json_in *root, const char *path, const char *text)
{
    const struct json_in *value = at(root, path);

    if (value == NULL)
        print_message("nothing at %s\n", path);
    assert_non_null(value);
    assert_str(json_in_string(value), text);
}

static void test_openapi__is_json_and_says_what_the_rows_say(void **state)
{
    static const char post[] = "paths /workspaces/{workspace}/things post ";
    struct arena *arena = arena_new(1 << 20);
    const struct json_in *root;
    const char *reason;
    struct json_out out;
    struct buf text;
    char path[200];

    (void)state;
    buf_init(&text, MIB);
    json_out_init(&out, &text);
    openapi_write(&out, tables, 1, STR(""));
    assert_ok(json_in_parse(arena, buf_str(&text), &root, &reason));
    assert_text(root, "openapi", "3.1.0");
    assert_int_equal(json_in_count(at(root, "paths")), 4);
    assert_int_equal(json_in_count(at(root, "paths /workspaces/{workspace}/things")), 2);
    assert_text(root,
                "paths /workspaces/{workspace}/things get responses 200 content application/json schema items $ref",
                "#/components/schemas/Thing");
    assert_text(root, "paths /workspaces/{workspace}/things get parameters 1 name", "limit");
    assert_text(root, "paths /workspaces/{workspace}/things get x-role", "guest");
#define IN_POST(rest) (snprintf(path, sizeof(path), "%s%s", post, rest), path)
    assert_text(root, IN_POST("requestBody content application/json schema $ref"), "#/components/schemas/Draft");
    assert_non_null(at(root, IN_POST("requestBody content multipart/form-data")));
    assert_text(root, IN_POST("responses 201 content application/json schema $ref"), "#/components/schemas/Thing");
    assert_text(root, IN_POST("responses default $ref"), "#/components/responses/Problem");
    assert_text(root, IN_POST("parameters 1 $ref"), "#/components/parameters/IdempotencyKey");
    assert_text(root, IN_POST("x-flags 0"), "idempotent");
    assert_text(root, "paths /things/{thing}/marks/{mark} put parameters 1 name", "mark");
    assert_text(root, "paths /things/{thing}/marks/{mark} put parameters 2 in", "query");
    assert_text(root, "components schemas Draft properties name type", "string");
    assert_non_null(at(root, "components schemas Thing required 0"));
    assert_non_null(at(root, "components schemas Problem"));
    assert_non_null(at(root, "paths / get"));
    assert_text(root, "paths /api/v1/marks/{mark} delete parameters 0 schema type", "integer");
    assert_text(root, "paths /api/v1/marks/{mark} delete responses default $ref", "#/components/responses/BriefError");
    assert_text(root, "components responses BriefError content application/json schema $ref",
                "#/components/schemas/BriefError");
    assert_text(root, "components schemas BriefError type", "string");
    assert_int_equal(json_in_count(at(root, "paths /api/v1/marks/{mark} delete security")), 1);
    assert_int_equal(json_in_count(at(root, IN_POST("security"))), 3);
    buf_release(&text);
    arena_free(arena);
}

static enum err check(struct route first, struct route second)
{
    const struct route pair[] = { first, second };
    const struct route_table one = { pair, 2 };
    const struct route_table *const list[] = { &one };
    struct buf faults;
    enum err e;

    buf_init(&faults, 1000);
    e = openapi_schemas_check(list, 1, &faults);
    assert_int_equal(e == ERR_OK, faults.len == 0);
    buf_release(&faults);
    return e;
}

static void test_openapi__a_schemas_name_means_one_thing(void **state)
{
    (void)state;
    assert_ok(
        check((struct route){ .body = &draft_spec }, (struct route){ .body = &draft_spec, .reply = &thing_spec }));
    assert_err(check((struct route){ .reply = &thing_spec }, (struct route){ .reply = &namesake_spec }), ERR_INVALID);
    assert_err(check((struct route){ .reply = &thing_spec }, (struct route){ .body = &thing_spec }), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_openapi__is_json_and_says_what_the_rows_say),
        cmocka_unit_test(test_openapi__a_schemas_name_means_one_thing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
