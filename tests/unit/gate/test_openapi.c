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

/* ---- what clients are made of ---- */

static const char *const colours[] = { "red", "green", NULL };
static const char *const sizes[] = { "small", "large", NULL };
struct painted {
    struct str name;
    int colour, other;
    bool done;
    const struct thing *thing;
};
#define PAINTED_FIELD(member) .offset = offsetof(struct painted, member)
static const struct field done_fields[] = {
    { "done", FIELD_BOOL, PAINTED_FIELD(done), .constant = "true" },
    { "colour", FIELD_ENUM, PAINTED_FIELD(colour), .names = colours, .type_name = "Colour", .doc = "As painted" },
};
static const struct spec done_spec = { SPEC_INIT("Done", struct painted, done_fields) };
static const struct field waiting_fields[] = {
    { "name", FIELD_STR, FIELD_NULLABLE, PAINTED_FIELD(name), .example = "\"x\"" },
    { "other", FIELD_ENUM, FIELD_NULLABLE, PAINTED_FIELD(other), .names = colours, .type_name = "Colour" },
};
static const struct spec waiting_spec = { SPEC_INIT("Waiting", struct painted, waiting_fields) };
static const struct spec *const either[] = { &done_spec, &waiting_spec, NULL };
static const struct spec either_spec = { .name = "Either", .size_bytes = sizeof(struct painted), .one_of = either };

#define FOR_ANYONE \
    .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_NOBODY, .summary = "Do it", \
    .tag = "Things", .status = 200
static const struct route rows_of_clients[] = {
    { GET, "/thing", FOR_ANYONE, .id = "getThing", .doc = "It is there.", .flags = ROUTE_TAGGED, .reply = &either_spec,
      .fails = { ERR_CHAT_NOT_FOUND } },
    { PUT, "/thing", FOR_ANYONE, .flags = ROUTE_TAGGED, .body = &draft_spec, .fails = { ERR_LIMIT } },
    { GET, "/file", FOR_ANYONE, .media = "*/*" },
    { GET, "/page", FOR_ANYONE, .media = "text/html" },
};
static const struct route_table table_of_clients = { rows_of_clients, COUNT_OF(rows_of_clients) };
static const struct route_table *const tables_of_clients[] = { &table_of_clients };

static void test_openapi__says_what_clients_are_made_of(void **state)
{
    struct arena *arena = arena_new(1 << 20);
    const struct json_in *root;
    const char *reason;
    struct json_out out;
    struct buf text;

    (void)state;
    buf_init(&text, MIB);
    json_out_init(&out, &text);
    openapi_write(&out, tables_of_clients, 1, STR("/chat"));
    assert_ok(json_in_parse(arena, buf_str(&text), &root, &reason));
    assert_text(root, "servers 0 url", "/chat");
    assert_text(root, "paths /thing get operationId", "getThing");
    assert_true(str_starts_with(json_in_string(at(root, "paths /thing get description")), STR("It is there.")));
    assert_non_null(at(root, "paths /thing get responses 304 headers ETag"));
    assert_text(root, "paths /thing get parameters 0 $ref", "#/components/parameters/IfNoneMatch");
    assert_text(root, "paths /thing put parameters 0 $ref", "#/components/parameters/IfMatch");
    /* Errors: what the row lists, and what the gate gives by the row; each is shown by an example. */
#define SHOWN(operation, code) "paths /thing " operation " content application/problem+json examples " code " $ref"
    assert_text(root, SHOWN("get responses 404", "chat_not_found"), "#/components/examples/chat_not_found");
    assert_null(at(root, "paths /thing get responses 412"));
    assert_non_null(at(root, SHOWN("put responses 412", "precondition_failed")));
    assert_non_null(at(root, SHOWN("put responses 403", "cross_site")));
    assert_non_null(at(root, "components examples limit_reached"));
    assert_null(at(root, "components examples user_not_found"));
    /* One of two, an enum with a name of its own, null as OpenAPI 3.1 has it. */
    assert_text(root, "components schemas Either oneOf 1 $ref", "#/components/schemas/Waiting");
    assert_text(root, "components schemas Done properties colour $ref", "#/components/schemas/Colour");
    assert_non_null(at(root, "components schemas Done properties done const"));
    assert_text(root, "components schemas Waiting properties other anyOf 1 type", "null");
    assert_text(root, "components schemas Waiting properties name type 1", "null");
    assert_text(root, "components schemas Waiting properties name examples 0", "x");
    assert_text(root, "components schemas Colour enum 1", "green");
    /* Replies are open for what a later version adds, bodies are not. */
    assert_null(at(root, "components schemas Done additionalProperties"));
    assert_non_null(at(root, "components schemas Draft additionalProperties"));
    assert_text(root, "paths /file get responses 206 content application/octet-stream schema format", "binary");
    assert_text(root, "paths /page get responses 200 content text/html schema type", "string");
    assert_null(at(root, "paths /page get responses 206"));
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

static void test_openapi__a_schema_for_which_there_is_no_room_is_refused(void **state)
{
    static struct spec many[OPENAPI_SPECS_MAX + 1];
    static struct route routes_of_many[OPENAPI_SPECS_MAX + 1];
    static char names[OPENAPI_SPECS_MAX + 1][8];
    struct route_table one = { routes_of_many, OPENAPI_SPECS_MAX };
    const struct route_table *const list[] = { &one };
    struct buf faults;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(many); i++) {
        snprintf(names[i], sizeof(names[i]), "S%zu", i);
        many[i] = draft_spec;
        many[i].name = names[i];
        routes_of_many[i].body = &many[i];
    }
    buf_init(&faults, 1000);
    assert_ok(openapi_schemas_check(list, 1, &faults));
    one.count++;
    assert_err(openapi_schemas_check(list, 1, &faults), ERR_INVALID);
    buf_release(&faults);
}

static void test_openapi__an_enum_has_a_name_that_means_one_thing(void **state)
{
    const struct field namesake = { "size", FIELD_ENUM, PAINTED_FIELD(colour), .names = sizes, .type_name = "Colour" };
    const struct field nameless = { "size", FIELD_ENUM, PAINTED_FIELD(colour), .names = sizes };
    const struct spec namesake_of_enum = { SPEC_INIT("Other", struct painted, ((struct field[]){ namesake })) };
    const struct spec nameless_spec = { SPEC_INIT("Other", struct painted, ((struct field[]){ nameless })) };

    (void)state;
    assert_ok(check((struct route){ .reply = &done_spec }, (struct route){ .reply = &waiting_spec }));
    assert_err(check((struct route){ .reply = &done_spec }, (struct route){ .reply = &namesake_of_enum }), ERR_INVALID);
    assert_err(check((struct route){ .reply = &done_spec }, (struct route){ .reply = &nameless_spec }), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_openapi__is_json_and_says_what_the_rows_say),
        cmocka_unit_test(test_openapi__says_what_clients_are_made_of),
        cmocka_unit_test(test_openapi__a_schemas_name_means_one_thing),
        cmocka_unit_test(test_openapi__a_schema_for_which_there_is_no_room_is_refused),
        cmocka_unit_test(test_openapi__an_enum_has_a_name_that_means_one_thing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
