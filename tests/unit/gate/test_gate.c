#include "unit.h"

#include "gate_fixture.h"
#include "problem.h"

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
    { POST, "/workspaces/{workspace}/files", echo, .role = ROLE_MEMBER, IN_WORKSPACE, .flags = ROUTE_MULTIPART,
      .form = "{}", .form_name = "Form", .body = &note_spec, .reply = &answer_spec, .status = 201 },
    { GET, "/workspaces/{workspace}/chat/{chat}", echo, .role = ROLE_GUEST, IN_WORKSPACE, .reply = &answer_spec,
      .status = 200 },
};
static const struct route_table table = { rows, COUNT_OF(rows) };

static int setup(void **state)
{
    static const char *const settings[] = { "MAX_UPLOAD_SIZE=10M",
                                            "ALLOWED_ORIGINS=https://app.example.org, https://b.example", NULL };

    handler_runs = 0;
    return fixture_setup(state, settings, &table);
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
        { "/open", "stolen", 200 },
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
        "", "Bearer", "Bearer ", "Token user", "user", "Bearer\tuser", "Bearer user, Bearer user"
    };
    struct gate_fixture *f = *state;
    struct buf long_one;

    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_int_equal(ask_with(f, "GET", "/mine", "HTTP_AUTHORIZATION", bad[i]), 401);
        assert_problem(f, 401, "invalid_token");
        forget(f);
    }
    assert_int_equal(ask_with(f, "GET", "/mine", "HTTP_X_API_KEY", "x"), 401);
    forget(f);
    buf_init(&long_one, 20000);
    buf_add_c(&long_one, "Bearer ");
    while (long_one.len < 10000)
        buf_add_c(&long_one, "x");
    assert_int_equal(ask_with(f, "GET", "/mine", "HTTP_AUTHORIZATION", long_one.ptr), 401);
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

static void test_gate__a_parameter_that_no_row_knows_is_refused(void **state)
{
    struct gate_fixture *f = *state;

    post(f, "/note?n=0&m=1&%3Cb%3E=2&m=3", "application/json", "{\"text\":\"a\"}");
    assert_problem(f, 422, "validation_error");
    assert_non_null(strstr(f->reply.body.ptr,
                           "{\"loc\":[\"query\",\"m\"],\"msg\":\"is not a parameter that is known here\","
                           "\"type\":\"value_error.extra\"}"));
    assert_non_null(strstr(f->reply.body.ptr, "\"loc\":[\"query\",\"?\"]"));
    assert_non_null(strstr(f->reply.body.ptr, "\"loc\":[\"query\",\"n\"]"));
    forget(f);
    assert_int_equal(post(f, "/note?", "application/json", "{\"text\":\"a\"}"), 201);
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

    assert_int_equal(ask_length(f, "/note", "application/json", "1331073", NULL), 413);
    assert_problem(f, 413, "too_large");
    forget(f);
    assert_int_equal(ask_length(f, "/plain", "text/plain", "1331073", NULL), 413);
    forget(f);
    assert_int_equal(ask_length(f, files, "application/json", "1331073", NULL), 413);
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

static void test_gate__a_body_is_taken_as_it_is(void **state)
{
    static const struct {
        const char *encoding;
        int status;
    } cases[] = { { "", 201 }, { "identity", 201 }, { " Identity ", 201 }, { "gzip", 415 }, { "identity, br", 415 } };
    struct gate_fixture *f = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        fake_init(&f->fake, "POST", STR("/note"));
        fake_param(&f->fake, "HTTP_CONTENT_ENCODING", str_from(cases[i].encoding));
        fake_body(&f->fake, "application/json", STR("{\"text\":\"a\"}"));
        fixture_handle(f);
        assert_int_equal(f->reply.status, cases[i].status);
        forget(f);
    }
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

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_gate__who_may_do_what),
        TEST(test_gate__a_lesser_role_is_refused),
        TEST(test_gate__two_credentials_are_refused),
        TEST(test_gate__other_credentials_are_worth_nothing),
        TEST(test_gate__bodies_are_checked_before_the_handler),
        TEST(test_gate__faults_of_query_and_body_come_together),
        TEST(test_gate__a_parameter_that_no_row_knows_is_refused),
        TEST(test_gate__a_querys_faults_are_enough),
        TEST(test_gate__a_reply_that_does_not_fit_is_never_sent_in_part),
        TEST(test_gate__a_body_that_nobody_asked_for_is_passed_over),
        TEST(test_gate__sizes_are_judged_by_what_the_route_takes),
        TEST(test_gate__nginx_may_ask_before_it_takes_a_body_in),
        TEST(test_gate__a_body_is_taken_as_it_is),
        TEST(test_gate__a_client_that_leaves_in_its_body_is_no_fault_of_ours),
        TEST(test_gate__a_failed_handler_leaves_a_problem_and_nothing_else),
        TEST(test_gate__a_strange_request_id_is_replaced),
        TEST(test_gate__busy_says_when_to_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
