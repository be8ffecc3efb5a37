#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>

#include "gate_fixture.h"
#include "parley/gate/precondition.h"

struct note {
    struct body body;
    struct str text;
};
static const struct field note_fields[] = {
    { "text", FIELD_STR, FIELD_REQUIRED, .min = 1, .max = 10, .offset = offsetof(struct note, text) },
};
static const struct spec note_spec = { SPEC_INIT("Note", struct note, note_fields) };

struct look {
    struct body body;
    int64_t n;
};
static const struct field look_fields[] = { { "n", FIELD_INT, .min = 1, .offset = offsetof(struct look, n) } };
static const struct spec look_spec = { SPEC_INIT("Look", struct look, look_fields) };

struct answer {
    int64_t user_id;
    struct str text;
};
static const struct field answer_fields[] = {
    { "user_id", FIELD_INT, .offset = offsetof(struct answer, user_id) },
    { "text", FIELD_STR, FIELD_NULLABLE, .offset = offsetof(struct answer, text) },
};
static const struct spec answer_spec = { SPEC_INIT("Answer", struct answer, answer_fields) };

static int handler_runs;

static enum err echo(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct note *note = call->body;
    struct answer answer = { .user_id = call->principal != NULL ? call->principal->user_id : 0 };

    (void)ctx;
    handler_runs++;
    if (note != NULL)
        answer.text = note->text;
    spec_encode(&reply->json, &answer_spec, &answer);
    return ERR_OK;
}

static enum err break_down(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)call;
    json_out_object(&reply->json);
    reply_header(reply, "X-Half-Done", "yes");
    return failf(ctx, ERR_CONFLICT, "Somebody else sits there");
}

static enum err be_busy(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)call;
    (void)reply;
    ctx->problem->retry_after_s = 17;
    return fail(ctx, ERR_BUSY);
}

static enum err too_much(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)ctx;
    (void)call;
    for (int i = 0; i < 200000; i++)
        buf_add_c(&reply->body, "0123456789");
    return ERR_OK;
}

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
    return echo(ctx, call, reply);
}

static pthread_mutex_t hold = PTHREAD_MUTEX_INITIALIZER;
static atomic_int held_count;

static enum err held(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)ctx;
    (void)reply;
    atomic_fetch_add(&held_count, 1);
    pthread_mutex_lock(&hold);
    pthread_mutex_unlock(&hold);
    return call->claim != NULL ? ERR_OK : ERR_INTERNAL;
}

#define NO_WORKSPACE .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_NOBODY, .summary = "s", .tag = "t"
#define IN_WORKSPACE .access = ACCESS_SIGNED_IN, .scope = SCOPE_WRITE, .rate = RATE_WRITE, .summary = "s", .tag = "t"
static const struct route rows[] = {
    { GET, "/open", echo, .access = ACCESS_ANYONE, NO_WORKSPACE, .query = &look_spec, .reply = &answer_spec,
      .status = 200 },
    { GET, "/mine", echo, .access = ACCESS_SIGNED_IN, NO_WORKSPACE, .reply = &answer_spec, .status = 200 },
    { GET, "/admin", echo, .access = ACCESS_ADMIN, NO_WORKSPACE, .reply = &answer_spec, .status = 200 },
    { POST, "/note", echo, .access = ACCESS_ANYONE, NO_WORKSPACE, .query = &look_spec, .body = &note_spec,
      .reply = &answer_spec, .status = 201 },
    { POST, "/plain", echo, .access = ACCESS_ANYONE, NO_WORKSPACE, .reply = &answer_spec, .status = 200 },
    { GET, "/broken", break_down, .access = ACCESS_ANYONE, NO_WORKSPACE, .status = 200 },
    { GET, "/huge", too_much, .access = ACCESS_ANYONE, NO_WORKSPACE, .status = 200 },
    { GET, "/busy", be_busy, .access = ACCESS_ANYONE, NO_WORKSPACE, .status = 200 },
    { GET, "/versioned", versioned, .access = ACCESS_ANYONE, NO_WORKSPACE, .reply = &answer_spec, .status = 200 },
    { PUT, "/versioned", versioned, .access = ACCESS_ANYONE, NO_WORKSPACE, .status = 200 },
    { POST, "/once", held, .access = ACCESS_SIGNED_IN, NO_WORKSPACE, .flags = ROUTE_IDEMPOTENT, .body = &note_spec,
      .status = 204 },
    { POST, "/workspaces/{workspace}/files", echo, .role = ROLE_MEMBER, IN_WORKSPACE, .flags = ROUTE_MULTIPART,
      .body = &note_spec, .reply = &answer_spec, .status = 201 },
    { GET, "/workspaces/{workspace}/chat/{chat}", echo, .role = ROLE_GUEST, IN_WORKSPACE, .reply = &answer_spec,
      .status = 200 },
};
static const struct route_table table = { rows, COUNT_OF(rows) };

static int setup(void **state)
{
    static const char *const settings[] = { "MAX_UPLOAD_SIZE=10M",
                                            "ALLOWED_ORIGINS=https://app.example.org, https://b.example", NULL };
    struct gate_fixture *f = calloc(1, sizeof(*f));

    fixture_open(f, settings, &table);
    assert_non_null(f->gate);
    handler_runs = 0;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct gate_fixture *f = *state;

    fixture_close(f);
    free(f);
    return 0;
}

/* A request without body; token NULL: no credential. Leaves the reply; releases the request. */
static int ask(struct gate_fixture *f, const char *method, const char *uri, const char *token)
{
    char authorization[100];

    fake_init(&f->fake, method, str_from(uri));
    snprintf(authorization, sizeof(authorization), "Bearer %s", token != NULL ? token : "");
    if (token != NULL)
        fake_param(&f->fake, "HTTP_AUTHORIZATION", str_from(authorization));
    fixture_handle(f);
    return f->reply.status;
}

/* The same with one more parameter. */
static int ask_with(struct gate_fixture *f, const char *method, const char *uri, const char *name, const char *value)
{
    fake_init(&f->fake, method, str_from(uri));
    fake_param(&f->fake, name, str_from(value));
    fixture_handle(f);
    return f->reply.status;
}

static int post(struct gate_fixture *f, const char *uri, const char *type, const char *body)
{
    fake_init(&f->fake, "POST", str_from(uri));
    fake_param(&f->fake, "HTTP_AUTHORIZATION", STR("Bearer user"));
    fake_body(&f->fake, type, str_from(body));
    fixture_handle(f);
    return f->reply.status;
}

static void forget(struct gate_fixture *f)
{
    fake_release(&f->fake);
}

static void assert_problem(const struct gate_fixture *f, int status, const char *code)
{
    char wanted[100];

    assert_int_equal(f->reply.status, status);
    assert_string_equal(f->reply.content_type, "application/problem+json");
    snprintf(wanted, sizeof(wanted), "\"code\":\"%s\"", code);
    if (strstr(f->reply.body.ptr, wanted) == NULL)
        print_message("%s\n", f->reply.body.ptr);
    assert_non_null(strstr(f->reply.body.ptr, wanted));
}

static void test_gate__who_may_do_what(void **state)
{
    static const struct {
        const char *uri, *token;
        int status;
    } cases[] = {
        { "/open", NULL, 200 },
        { "/open", "user", 200 },
        { "/open", "anonymous", 200 },
        { "/open", "stolen", 401 },
        { "/mine", NULL, 401 },
        { "/mine", "user", 200 },
        { "/mine", "anonymous", 403 },
        { "/mine", "stolen", 401 },
        { "/admin", NULL, 401 },
        { "/admin", "user", 403 },
        { "/admin", "admin", 200 },
        { "/admin", "anonymous", 403 },
        { "/workspaces/" FIX_WORKSPACE "/chat/" FIX_CHAT, NULL, 401 },
        { "/workspaces/" FIX_WORKSPACE "/chat/" FIX_CHAT, "user", 200 },
        { "/workspaces/" FIX_WORKSPACE "/chat/" FIX_CHAT, "guest", 200 },
        { "/workspaces/" FIX_WORKSPACE "/chat/" FIX_CHAT, "anonymous", 403 },
        { "/workspaces/" FIX_FOREIGN "/chat/" FIX_CHAT, "user", 404 },
        { "/workspaces/" FIX_FOREIGN "/chat/" FIX_CHAT, "admin", 404 },
        { "/workspaces/x/chat/" FIX_CHAT, "user", 400 },
        { "/nothing", NULL, 404 },
    };
    struct gate_fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int runs_before = handler_runs;
        int status = ask(f, "GET", cases[i].uri, cases[i].token);
        if (status != cases[i].status)
            print_message("%s %s: %d\n", cases[i].uri, cases[i].token, status);
        assert_int_equal(status, cases[i].status);
        assert_int_equal(handler_runs - runs_before, status == 200);
        if (status == 401)
            assert_string_equal(fixture_header(f, "WWW-Authenticate"), "Bearer");
        assert_string_equal(fixture_header(f, "Cache-Control"), "private, no-store");
        forget(f);
    }
}

static void test_gate__a_lesser_role_is_refused(void **state)
{
    struct gate_fixture *f = *state;

    fake_init(&f->fake, "POST", STR("/workspaces/" FIX_WORKSPACE "/files"));
    fake_param(&f->fake, "HTTP_AUTHORIZATION", STR("bearer guest"));
    fake_body(&f->fake, "application/json", STR("{\"text\":\"a\"}"));
    fixture_handle(f);
    assert_problem(f, 403, "forbidden");
    assert_int_equal(handler_runs, 0);
    forget(f);
}

static void test_gate__two_credentials_are_refused(void **state)
{
    struct gate_fixture *f = *state;

    fake_init(&f->fake, "GET", STR("/mine"));
    fake_param(&f->fake, "HTTP_AUTHORIZATION", STR("Bearer user"));
    fake_param(&f->fake, "HTTP_X_API_KEY", STR("key"));
    fixture_handle(f);
    assert_problem(f, 400, "two_credentials");
    forget(f);
    fake_init(&f->fake, "GET", STR("/mine"));
    fake_param(&f->fake, "HTTP_AUTHORIZATION", STR("Bearer user"));
    fake_param(&f->fake, "HTTP_AUTHORIZATION", STR("Bearer admin"));
    fixture_handle(f);
    assert_problem(f, 400, "two_credentials");
    forget(f);
}

static void test_gate__other_credentials_are_worth_nothing(void **state)
{
    static const char *const bad[] = {
        "", "Bearer", "Bearer ", "Basic dXNlcjp1c2Vy", "user", "Bearer\tuser", "Bearer user, Bearer user"
    };
    struct gate_fixture *f = *state;
    struct buf long_one;

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(ask_with(f, "GET", "/open", "HTTP_AUTHORIZATION", bad[i]), 401);
        assert_problem(f, 401, "invalid_token");
        forget(f);
    }
    assert_int_equal(ask_with(f, "GET", "/open", "HTTP_X_API_KEY", "x"), 401);
    forget(f);
    buf_init(&long_one, 20000);
    buf_add_c(&long_one, "Bearer ");
    while (long_one.len < 10000)
        buf_add_c(&long_one, "x");
    assert_int_equal(ask_with(f, "GET", "/open", "HTTP_AUTHORIZATION", long_one.ptr), 401);
    buf_release(&long_one);
    forget(f);
}

static void test_gate__bodies_are_checked_before_the_handler(void **state)
{
    static const struct {
        const char *type, *body;
        int status;
        const char *code;
    } cases[] = {
        { "application/json", "{\"text\":\"a\"}", 201, NULL },
        { "Application/JSON; charset=utf-8", "{\"text\":\"a\"}", 201, NULL },
        { "text/plain", "{\"text\":\"a\"}", 415, "unsupported_media_type" },
        { NULL, "{\"text\":\"a\"}", 415, "unsupported_media_type" },
        { "multipart/form-data; boundary=a", "--a--", 415, "unsupported_media_type" },
        { "application/json", "", 422, "validation_error" },
        { NULL, "", 422, "validation_error" },
        { "application/json", "{", 422, "validation_error" },
        { "application/json", "{\"text\":\"a\"} x", 422, "validation_error" },
        { "application/json", "{\"text\":\"a\",\"text\":\"b\"}", 422, "validation_error" },
        { "application/json", "{\"text\":\"12345678901\"}", 422, "validation_error" },
    };
    struct gate_fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int runs_before = handler_runs;
        int status = post(f, "/note", cases[i].type, cases[i].body);
        assert_int_equal(status, cases[i].status);
        assert_int_equal(handler_runs - runs_before, status == 201);
        if (cases[i].code != NULL)
            assert_problem(f, status, cases[i].code);
        forget(f);
    }
}

static void test_gate__faults_of_query_and_body_come_together(void **state)
{
    struct gate_fixture *f = *state;

    post(f, "/note?n=0", "application/json", "{\"text\":\"\",\"txet\":1}");
    assert_problem(f, 422, "validation_error");
    assert_non_null(strstr(f->reply.body.ptr, "{\"loc\":[\"query\",\"n\"],\"msg\":\"must be at least 1\","
                                              "\"type\":\"value_error.number.not_ge\"}"));
    assert_non_null(strstr(f->reply.body.ptr, "\"loc\":[\"body\",\"text\"]"));
    assert_non_null(strstr(f->reply.body.ptr, "\"loc\":[\"body\",\"txet\"]"));
    forget(f);
}

static void test_gate__a_querys_faults_are_enough(void **state)
{
    struct gate_fixture *f = *state;

    assert_int_equal(post(f, "/note?n=0", "application/json", "{\"text\":\"a\"}"), 422);
    assert_int_equal(handler_runs, 0);
    forget(f);
    assert_int_equal(post(f, "/note?n=%zz", "application/json", "{\"text\":\"a\"}"), 400);
    forget(f);
}

static void test_gate__a_reply_that_does_not_fit_is_never_sent_in_part(void **state)
{
    struct gate_fixture *f = *state;

    assert_int_equal(ask(f, "GET", "/huge", NULL), 503);
    assert_problem(f, 503, "out_of_memory");
    assert_string_equal(fixture_header(f, "Retry-After"), "2");
    forget(f);
}

static void test_gate__a_body_that_nobody_asked_for_is_passed_over(void **state)
{
    struct gate_fixture *f = *state;

    assert_int_equal(post(f, "/plain", "text/plain", "anything"), 200);
    forget(f);
}

static int ask_length(struct gate_fixture *f, const char *uri, const char *type, const char *length, const char *check)
{
    fake_init(&f->fake, "POST", str_from(uri));
    fake_param(&f->fake, "HTTP_AUTHORIZATION", STR("Bearer user"));
    fake_param(&f->fake, "CONTENT_LENGTH", str_from(length));
    fake_param(&f->fake, "CONTENT_TYPE", str_from(type));
    if (check != NULL)
        fake_param(&f->fake, "PARLEY_CHECK", str_from(check));
    fixture_handle(f);
    return f->reply.status;
}

static void test_gate__sizes_are_judged_by_what_the_route_takes(void **state)
{
    static const char files[] = "/workspaces/" FIX_WORKSPACE "/files";
    struct gate_fixture *f = *state;

    assert_int_equal(ask_length(f, "/note", "application/json", "1048577", NULL), 413);
    assert_problem(f, 413, "too_large");
    forget(f);
    assert_int_equal(ask_length(f, "/plain", "text/plain", "1048577", NULL), 413);
    forget(f);
    assert_int_equal(ask_length(f, files, "application/json", "1048577", NULL), 413);
    forget(f);
    assert_int_equal(ask_length(f, files, "multipart/form-data; boundary=x", "11534336", NULL), 201);
    forget(f);
    assert_int_equal(ask_length(f, files, "multipart/form-data; boundary=x", "11534337", NULL), 413);
    forget(f);
}

static void test_gate__nginx_may_ask_before_it_takes_a_body_in(void **state)
{
    static const char type[] = "multipart/form-data; boundary=x";
    struct gate_fixture *f = *state;

    assert_int_equal(ask_length(f, "/workspaces/" FIX_WORKSPACE "/files", type, "5000000", "upload"), 204);
    assert_int_equal(f->reply.body.len, 0);
    forget(f);
    assert_int_equal(ask_length(f, "/workspaces/" FIX_FOREIGN "/files", type, "5000000", "upload"), 404);
    forget(f);
    assert_int_equal(ask_length(f, "/workspaces/" FIX_WORKSPACE "/files", type, "50000000", "upload"), 413);
    forget(f);
    assert_int_equal(handler_runs, 0);
}

static void test_gate__a_client_that_leaves_in_its_body_is_no_fault_of_ours(void **state)
{
    struct gate_fixture *f = *state;

    fake_init(&f->fake, "POST", STR("/note"));
    fake_body(&f->fake, "application/json", STR("{\"text\":\"a\"}"));
    f->fake.body.len = 5;
    fixture_handle(f);
    assert_problem(f, 499, "client_gone");
    forget(f);
}

static void test_gate__methods_are_named(void **state)
{
    struct gate_fixture *f = *state;

    assert_int_equal(ask(f, "DELETE", "/versioned", NULL), 405);
    assert_problem(f, 405, "method_not_allowed");
    assert_string_equal(fixture_header(f, "Allow"), "GET, HEAD, PUT, OPTIONS");
    forget(f);
    assert_int_equal(ask(f, "BREW", "/versioned", NULL), 405);
    forget(f);
    assert_int_equal(ask(f, "OPTIONS", "/versioned", NULL), 204);
    assert_string_equal(fixture_header(f, "Allow"), "GET, HEAD, PUT, OPTIONS");
    assert_string_equal(fixture_header(f, "Access-Control-Allow-Origin"), "");
    forget(f);
    assert_int_equal(ask(f, "HEAD", "/open", NULL), 200);
    assert_true(f->reply.body.len > 0);
    forget(f);
}

static void test_gate__other_apps_get_what_their_origin_allows(void **state)
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
    assert_string_equal(fixture_header(f, "Access-Control-Max-Age"), "600");
    assert_string_equal(fixture_header(f, "Vary"), "Origin");
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

static void test_gate__development_lets_localhost_in(void **state)
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

static void test_gate__a_failed_handler_leaves_a_problem_and_nothing_else(void **state)
{
    struct gate_fixture *f = *state;

    ask_with(f, "GET", "/broken", "REQUEST_ID", "0123456789abcdef0123456789abcdef");
    assert_string_equal(f->reply.body.ptr, "{\"type\":\"about:blank\",\"title\":\"Conflict\",\"status\":409,"
                                           "\"code\":\"conflict\",\"detail\":\"Somebody else sits there\","
                                           "\"request_id\":\"0123456789abcdef0123456789abcdef\"}");
    assert_string_equal(fixture_header(f, "X-Half-Done"), "");
    assert_string_equal(fixture_header(f, "X-Request-Id"), "0123456789abcdef0123456789abcdef");
    forget(f);
}

static void test_gate__a_strange_request_id_is_replaced(void **state)
{
    static const char *const strange[] = { "", "short", "0123456789abcdef 0123456789abcdef", "a\"b0123456789",
                                           "0123456789abcdef0123456789abcdef01234567" };
    struct gate_fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(strange); i++) {
        ask_with(f, "GET", "/open", "REQUEST_ID", strange[i]);
        assert_int_equal(strlen(fixture_header(f, "X-Request-Id")), UUID_TEXT_LEN);
        forget(f);
    }
}

static void test_gate__busy_says_when_to_come_back(void **state)
{
    struct gate_fixture *f = *state;

    ask(f, "GET", "/busy", NULL);
    assert_problem(f, 503, "busy");
    assert_string_equal(fixture_header(f, "Retry-After"), "17");
    forget(f);
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

static int post_once(struct gate_fixture *f, const char *key)
{
    fake_init(&f->fake, "POST", STR("/once"));
    fake_param(&f->fake, "HTTP_AUTHORIZATION", STR("Bearer user"));
    fake_param(&f->fake, "HTTP_IDEMPOTENCY_KEY", str_from(key));
    fake_body(&f->fake, "application/json", STR("{\"text\":\"a\"}"));
    fixture_handle(f);
    return f->reply.status;
}

static void *post_held(void *arg)
{
    struct gate_fixture *f = arg;

    return (void *)(uintptr_t)post_once(f, "key one");
}

static void test_gate__the_second_of_one_idempotency_key_is_told_that_the_first_runs(void **state)
{
    struct gate_fixture *f = *state;
    struct gate_fixture other = *f;
    pthread_t thread;
    void *status = NULL;

    buf_init(&other.reply.body, MIB);
    atomic_store(&held_count, 0);
    pthread_mutex_lock(&hold);
    assert_int_equal(pthread_create(&thread, NULL, post_held, &other), 0);
    while (atomic_load(&held_count) == 0)
        sched_yield();
    assert_int_equal(post_once(f, "key one"), 409);
    assert_problem(f, 409, "idempotency_running");
    assert_string_equal(fixture_header(f, "Retry-After"), "1");
    forget(f);
    pthread_mutex_unlock(&hold);
    pthread_join(thread, &status);
    assert_int_equal((uintptr_t)status, 204);
    forget(&other);
    buf_release(&other.reply.body);
    assert_int_equal(post_once(f, "key one"), 204);
    forget(f);
    assert_int_equal(post_once(f, "key two"), 204);
    forget(f);
}

static void test_gate__a_malformed_idempotency_key_is_refused(void **state)
{
    struct gate_fixture *f = *state;
    char key[IDEMPOTENCY_KEY_MAX + 2];

    memset(key, 'k', sizeof(key) - 1);
    key[sizeof(key) - 1] = '\0';
    assert_int_equal(post_once(f, key), 422);
    assert_non_null(strstr(f->reply.body.ptr, "\"loc\":[\"header\",\"Idempotency-Key\"]"));
    forget(f);
    key[IDEMPOTENCY_KEY_MAX] = '\0';
    assert_int_equal(post_once(f, key), 204);
    forget(f);
    assert_int_equal(post_once(f, ""), 422);
    forget(f);
    assert_int_equal(post_once(f, "\xC3\xBC"), 422);
    forget(f);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_gate__who_may_do_what),
        TEST(test_gate__a_lesser_role_is_refused),
        TEST(test_gate__two_credentials_are_refused),
        TEST(test_gate__other_credentials_are_worth_nothing),
        TEST(test_gate__bodies_are_checked_before_the_handler),
        TEST(test_gate__faults_of_query_and_body_come_together),
        TEST(test_gate__a_querys_faults_are_enough),
        TEST(test_gate__a_reply_that_does_not_fit_is_never_sent_in_part),
        TEST(test_gate__a_body_that_nobody_asked_for_is_passed_over),
        TEST(test_gate__sizes_are_judged_by_what_the_route_takes),
        TEST(test_gate__nginx_may_ask_before_it_takes_a_body_in),
        TEST(test_gate__a_client_that_leaves_in_its_body_is_no_fault_of_ours),
        TEST(test_gate__methods_are_named),
        TEST(test_gate__other_apps_get_what_their_origin_allows),
        TEST(test_gate__development_lets_localhost_in),
        TEST(test_gate__a_failed_handler_leaves_a_problem_and_nothing_else),
        TEST(test_gate__a_strange_request_id_is_replaced),
        TEST(test_gate__busy_says_when_to_come_back),
        TEST(test_precondition__a_reader_with_the_present_version_gets_nothing_new),
        TEST(test_precondition__a_writer_with_another_version_is_refused),
        TEST(test_gate__the_second_of_one_idempotency_key_is_told_that_the_first_runs),
        TEST(test_gate__a_malformed_idempotency_key_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
