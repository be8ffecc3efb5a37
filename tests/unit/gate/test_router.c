#include "unit.h"

#include "../../../app/gate/route_check.h"
#include "../../../app/gate/router.h"
#include "parley/gate/page.h"

static enum err nothing(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)ctx;
    (void)call;
    (void)reply;
    return ERR_OK;
}

#define PUBLIC(m, p) \
    { \
        .method = m, .path = p, .handler = nothing, .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, \
        .scope = SCOPE_NONE, .rate = RATE_NOBODY, .status = 200, .summary = "s", .tag = "t" \
    }

static const struct route rows[] = {
    PUBLIC(GET, "/"),
    PUBLIC(GET, "/users"),
    PUBLIC(POST, "/users"),
    PUBLIC(GET, "/users/{id}"),
    PUBLIC(DELETE, "/users/{id}/2fa"),
    PUBLIC(GET, "/users/stats/summary"),
    PUBLIC(GET, "/workspaces/{workspace}/chat/{chat}/message/{message}"),
    PUBLIC(PUT, "/workspaces/{workspace}/reactions/{emoji:word}"),
    PUBLIC(GET, "/api/v1/api-keys"),
    PUBLIC(GET, "/api/v1/api-keys/{key:int}"),
};
static const struct route_table table = { rows, COUNT_OF(rows) };
static const struct route_table *const tables[] = { &table };

#define ID1 "01234567-89ab-cdef-0123-456789abcdef"
#define ID2 "11234567-89ab-cdef-0123-456789abcdef"
#define ID3 "21234567-89ab-cdef-0123-456789abcdef"

struct fixture {
    struct router *router;
    struct arena *arena;
    struct route_match match;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct buf faults;

    buf_init(&faults, 1000);
    f->arena = arena_new(1 << 20);
    assert_ok(router_new(tables, 1, &faults, &f->router));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    router_free(f->router);
    arena_free(f->arena);
    free(f);
    return 0;
}

static enum err find(struct fixture *f, enum method method, const char *path)
{
    return router_find(f->router, f->arena, method, str_from(path), &f->match);
}

static void test_router__finds_rows_at_the_root_and_under_api(void **state)
{
    static const struct {
        enum method method;
        const char *path;
        size_t row;
    } cases[] = {
        { GET, "/", 0 },
        { GET, "/api", 0 },
        { GET, "/api/", 0 },
        { GET, "/users", 1 },
        { GET, "/users/", 1 },
        { GET, "/api/users", 1 },
        { GET, "/api/users/", 1 },
        { HEAD, "/users", 1 },
        { POST, "/users", 2 },
        { GET, "/users/" ID1, 3 },
        { DELETE, "/users/" ID1 "/2fa/", 4 },
        { GET, "/users/stats/summary", 5 },
        { GET, "/workspaces/" ID1 "/chat/" ID2 "/message/" ID3, 6 },
        { PUT, "/api/workspaces/" ID1 "/reactions/x", 7 },
        { GET, "/api/v1/api-keys", 8 },
        { GET, "/api/v1/api-keys/12/", 9 },
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_ok(find(f, cases[i].method, cases[i].path));
        assert_ptr_equal(f->match.route, &rows[cases[i].row]);
    }
}

static void test_router__parses_what_placeholders_took(void **state)
{
    struct fixture *f = *state;

    assert_ok(find(f, GET, "/workspaces/" ID1 "/chat/" ID2 "/message/" ID3));
    assert_true(f->match.has_workspace);
    assert_int_equal(f->match.workspace.bytes[0], 0x01);
    assert_int_equal(f->match.id_count, 2);
    assert_int_equal(f->match.ids[0].bytes[0], 0x11);
    assert_int_equal(f->match.ids[1].bytes[0], 0x21);
    assert_ok(find(f, PUT, "/workspaces/" ID1 "/reactions/%F0%9F%91%8D%2F"));
    assert_int_equal(f->match.word_count, 1);
    assert_str(f->match.words[0], "\xF0\x9F\x91\x8D/");
    assert_ok(find(f, GET, "/api/v1/api-keys/9223372036854775807"));
    assert_int_equal(f->match.number_count, 1);
    assert_int_equal(f->match.numbers[0], INT64_MAX);
}

static void test_router__unknown_paths_are_not_found(void **state)
{
    static const char *const paths[] = {
        "",
        "users",
        "//",
        "//users",
        "/users//",
        "/users//" ID1,
        "/api//users",
        "/apix/users",
        "/api/api/users",
        "/Users",
        "/users/stats",
        "/users/stats/summary/more",
        "/%75sers",
        "/users%2F" ID1,
        "/./users",
        "/../users",
        "/users/..",
        "/users/../users",
        "/users/" ID1 "/2fb",
        "/workspaces",
        "/v1/api-keys",
        "/api/api/v1/api-keys",
        "/users?x",
        "/users\\",
        "/workspaces/" ID1 "/reactions/",
        "*",
        "http://example.org/users",
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        enum err e = find(f, GET, paths[i]);
        /* A single piece behind /users is an identifier that does not parse. */
        enum err wanted = strcmp(paths[i], "/users/stats") == 0 || strcmp(paths[i], "/users/..") == 0 ? ERR_BAD_ID
                                                                                                      : ERR_NOT_FOUND;
        if (e != wanted)
            print_message("%s\n", paths[i]);
        assert_int_equal(e, wanted);
    }
}

static void test_router__other_methods_are_refused_and_named(void **state)
{
    struct fixture *f = *state;

    assert_err(find(f, DELETE, "/users"), ERR_METHOD);
    assert_int_equal(f->match.methods, 1U << GET | 1U << HEAD | 1U << POST);
    assert_err(find(f, METHOD_NONE, "/users"), ERR_METHOD);
    assert_err(find(f, HEAD, "/users/" ID1 "/2fa"), ERR_METHOD);
    assert_ok(find(f, OPTIONS, "/users/not-an-id"));
    assert_null(f->match.route);
    assert_int_equal(f->match.methods, 1U << GET | 1U << HEAD);
    assert_err(find(f, OPTIONS, "/nothing"), ERR_NOT_FOUND);
}

static void test_router__pieces_that_do_not_parse_are_refused(void **state)
{
    struct fixture *f = *state;
    char path[3000] = "/";

    assert_err(find(f, GET, "/users/1"), ERR_BAD_ID);
    assert_err(find(f, GET, "/users/" ID1 "0"), ERR_BAD_ID);
    assert_err(find(f, GET,
                    "/users/%30"
                    "1234567-89ab-cdef-0123-456789abcd"),
               ERR_BAD_ID);
    assert_err(find(f, PUT, "/workspaces/x/reactions/y"), ERR_BAD_ID);
    assert_err(find(f, GET, "/api/v1/api-keys/9223372036854775808"), ERR_INVALID);
    assert_string_equal(f->match.bad_number, "key");
    assert_err(find(f, GET, "/api/v1/api-keys/1x"), ERR_INVALID);
    assert_err(find(f, PUT, "/workspaces/" ID1 "/reactions/%FF"), ERR_BAD_REQUEST);
    memset(path + 1, 'a', 2048);
    assert_err(find(f, GET, path), ERR_URI_TOO_LONG);
    memset(path, '/', 2048);
    path[2048] = '\0';
    assert_err(find(f, GET, path), ERR_NOT_FOUND);
}

static enum err build(const struct route *routes, size_t count)
{
    const struct route_table one = { routes, count };
    const struct route_table *const list[] = { &one };
    struct router *router = NULL;
    struct buf faults;
    enum err e;

    buf_init(&faults, 1000);
    e = router_new(list, 1, &faults, &router);
    assert_int_equal(e == ERR_OK, faults.len == 0);
    router_free(router);
    buf_release(&faults);
    return e;
}

static void test_router__rows_that_clash_are_refused(void **state)
{
    static const struct route twice[] = { PUBLIC(GET, "/a/{x}"), PUBLIC(POST, "/a/{y}"), PUBLIC(GET, "/a/{z}") };
    static const struct route kinds[] = { PUBLIC(GET, "/a/{x}/b"), PUBLIC(GET, "/a/{x:word}/c") };
    static const struct route fine[] = { PUBLIC(GET, "/a/{x}/b"), PUBLIC(GET, "/a/{y}/c"), PUBLIC(GET, "/a/b/b") };

    (void)state;
    assert_err(build(twice, 3), ERR_INVALID);
    assert_err(build(kinds, 2), ERR_INVALID);
    assert_ok(build(fine, 3));
}

static enum err check(struct route route, const char *word)
{
    struct buf faults;
    enum err e;

    buf_init(&faults, 1000);
    e = route_check(&route, &faults);
    if (word != NULL && strstr(faults.ptr, word) == NULL)
        print_message("%s\n", faults.ptr);
    assert_true(word == NULL ? faults.len == 0 : strstr(faults.ptr, word) != NULL);
    buf_release(&faults);
    return e;
}

static void test_route__a_row_that_forgets_something_is_refused(void **state)
{
    struct route row = PUBLIC(GET, "/a");

    (void)state;
    assert_ok(check(row, NULL));
#define WITHOUT(member, zero, word) \
    do { \
        struct route less = row; \
        less.member = zero; \
        assert_err(check(less, word), ERR_INVALID); \
    } while (0)
    WITHOUT(access, ACCESS_NOT_SAID_, "who may");
    WITHOUT(role, ROLE_NOT_SAID_, "which role");
    WITHOUT(scope, SCOPE_NOT_SAID_, "which scope");
    WITHOUT(rate, RATE_NOT_SAID_, "class of rate");
    WITHOUT(method, METHOD_NONE, "no method");
    WITHOUT(handler, NULL, "no handler");
    WITHOUT(path, NULL, "no path");
    WITHOUT(status, 0, "status");
    WITHOUT(summary, NULL, "summary");
    WITHOUT(tag, NULL, "tag");
}

static void test_route__a_cookie_counts_where_it_can(void **state)
{
    struct route reads = PUBLIC(GET, "/a"), begins = PUBLIC(POST, "/a");
    struct route signs = begins;

    (void)state;
    begins.rate = RATE_CREDENTIAL;
    reads.cookie = COOKIE_READ;
    assert_err(check(reads, "as somebody signed in"), ERR_INVALID);
    reads.access = ACCESS_SIGNED_IN;
    assert_ok(check(reads, NULL));
    reads.cookie = COOKIE_SESSION;
    assert_err(check(reads, "no POST"), ERR_INVALID);
    signs.rate = RATE_WRITE;
    signs.access = ACCESS_SIGNED_IN;
    signs.cookie = COOKIE_READ;
    assert_err(check(signs, "does not read"), ERR_INVALID);
    begins.cookie = COOKIE_BEGIN;
    begins.cookie_reply = &page_spec;
    assert_ok(check(begins, NULL));
    begins.cookie = COOKIE_NONE;
    assert_err(check(begins, "says nothing"), ERR_INVALID);
}

static void no_error(const struct dialect_problem *problem, struct json_out *out)
{
    (void)problem;
    (void)out;
}

static const struct dialect whole_dialect = { .name = "brief",
                                              .on = DIALECT_ALWAYS,
                                              .rate = RATE_DIALECT,
                                              .ids = DIALECT_IDS_INTEGER,
                                              .page = &page_spec,
                                              .limit_default = 10,
                                              .limit_max = 20,
                                              .error_name = "BriefError",
                                              .schema = "{}",
                                              .error_write = no_error };

static void test_route__a_row_inherits_from_its_dialect(void **state)
{
    struct fixture *f = *state;
    struct route row = PUBLIC(GET, "/a/{number}");
    const struct route_table rows_of_it = { &row, 1 };
    const struct route_table *const its_tables[] = { &rows_of_it };
    struct buf faults;

    row.rate = RATE_NOT_SAID_;
    assert_err(check(row, "class of rate"), ERR_INVALID);
    row.dialect = &whole_dialect;
    assert_ok(check(row, NULL));
    buf_init(&faults, 1000);
    router_free(f->router);
    assert_ok(router_new(its_tables, 1, &faults, &f->router));
    assert_ok(find(f, GET, "/a/7"));
    assert_int_equal(f->match.numbers[0], 7);
    assert_int_equal(f->match.id_count, 0);
    buf_release(&faults);
}

static void test_route__a_dialect_that_forgets_something_is_refused(void **state)
{
    struct route row = PUBLIC(GET, "/a");

    (void)state;
#define WITHOUT_OF_DIALECT(member, zero, word) \
    do { \
        struct dialect less = whole_dialect; \
        less.member = zero; \
        row.dialect = &less; \
        assert_err(check(row, word), ERR_INVALID); \
    } while (0)
    WITHOUT_OF_DIALECT(on, DIALECT_ON_NOT_SAID_, "when it is on");
    WITHOUT_OF_DIALECT(rate, RATE_NOT_SAID_, "class of rate");
    WITHOUT_OF_DIALECT(ids, DIALECT_IDS_NOT_SAID_, "what its ids are");
    WITHOUT_OF_DIALECT(page, NULL, "paged");
    WITHOUT_OF_DIALECT(limit_default, 0, "how many rows");
    WITHOUT_OF_DIALECT(limit_max, 9, "how many rows");
    WITHOUT_OF_DIALECT(error_name, NULL, "errors");
    WITHOUT_OF_DIALECT(schema, NULL, "errors");
    WITHOUT_OF_DIALECT(error_write, NULL, "errors");
}

static void test_route__a_row_that_contradicts_itself_is_refused(void **state)
{
    struct route row = PUBLIC(POST, "/a/{workspace}");
    struct route other;

    (void)state;
    row.access = ACCESS_SIGNED_IN;
    row.scope = SCOPE_WRITE;
    assert_err(check(row, "without a role"), ERR_INVALID);
    row.role = ROLE_GUEST;
    assert_ok(check(row, NULL));
    other = row;
    other.path = "/a";
    assert_err(check(other, "without a workspace"), ERR_INVALID);
    other = row;
    other.access = ACCESS_ANYONE;
    assert_err(check(other, "nobody signed in"), ERR_INVALID);
    other = row;
    other.scope = SCOPE_READ;
    assert_err(check(other, "scope read"), ERR_INVALID);
    other = row;
    other.flags = ROUTE_PAGED;
    assert_err(check(other, "paged"), ERR_INVALID);
    other = row;
    other.flags = ROUTE_PROVES_ACCESS;
    assert_ok(check(other, NULL));
    other.path = "/a";
    other.role = ROLE_NO_WORKSPACE;
    assert_err(check(other, "recalled"), ERR_INVALID);
    other = row;
    other.method = DELETE;
    other.flags = ROUTE_IDEMPOTENT;
    assert_err(check(other, "Idempotency-Key"), ERR_INVALID);
    static const char *const paths[] = {
        "a", "", "/a//b", "/a/", "/a/{b", "/a/b}", "/{a}/{b}/{c}/{d}", "/{workspace}/{workspace}"
    };
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        other = row;
        other.role = ROLE_NO_WORKSPACE;
        other.path = paths[i];
        assert_err(check(other, "path"), ERR_INVALID);
    }
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_router__finds_rows_at_the_root_and_under_api),
        TEST(test_router__parses_what_placeholders_took),
        TEST(test_router__unknown_paths_are_not_found),
        TEST(test_router__other_methods_are_refused_and_named),
        TEST(test_router__pieces_that_do_not_parse_are_refused),
        cmocka_unit_test(test_router__rows_that_clash_are_refused),
        cmocka_unit_test(test_route__a_row_that_forgets_something_is_refused),
        cmocka_unit_test(test_route__a_cookie_counts_where_it_can),
        TEST(test_route__a_row_inherits_from_its_dialect),
        cmocka_unit_test(test_route__a_dialect_that_forgets_something_is_refused),
        cmocka_unit_test(test_route__a_row_that_contradicts_itself_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
