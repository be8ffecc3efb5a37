/* What a request holds goes with its connection: the idempotency key in flight, the place among uploads. */
#include "gate_fixture.h"
#include "unit.h"

static int subject;

static enum err parks(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)ctx;
    (void)call;
    reply_header(reply, "X-Made", "by the handler");
    reply_park(reply, &subject);
    return ERR_OK;
}

static enum err streams(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)ctx;
    (void)call;
    reply_stream(reply, "text/event-stream", &subject);
    return ERR_OK;
}

static enum err parks_and_fails(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)ctx;
    (void)call;
    reply_park(reply, &subject);
    return ERR_CONFLICT;
}

#define MINE .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_WRITE, .summary = "s", .tag = "t"
static const struct route rows[] = {
    { POST, "/park", parks, MINE, .rate = RATE_WRITE, .flags = ROUTE_IDEMPOTENT, .status = 201 },
    { POST, "/upload", parks, MINE, .rate = RATE_UPLOAD, .flags = ROUTE_RAW_BODY, .status = 201 },
    { GET, "/stream", streams, MINE, .rate = RATE_READ, .status = 200 },
    { POST, "/fail", parks_and_fails, MINE, .rate = RATE_WRITE, .flags = ROUTE_IDEMPOTENT, .status = 201 },
};
static const struct route_table table = { rows, COUNT_OF(rows) };

static int setup(void **state)
{
    static const char *const settings[] = { "WORKERS=2", NULL };

    return fixture_setup(state, settings, &table);
}

/* Asks, and gives the connection to the taker as a worker does; the reply's status. */
static int ask_for(struct gate_fixture *f, const char *path)
{
    fake_init(&f->fake, "POST", str_from(path));
    fake_param(&f->fake, "HTTP_AUTHORIZATION", STR("Bearer user"));
    fake_param(&f->fake, "HTTP_IDEMPOTENCY_KEY", STR("one"));
    fake_body(&f->fake, "application/octet-stream", STR("12345"));
    fixture_handle(f);
    if (reply_is_handed_over(&f->reply)) {
        f->reply.handover->fd = -1;
        gate_take(f->gate, f->reply.handover);
    }
    return f->reply.status;
}

static struct handover parked_on(struct gate_fixture *f, const char *path)
{
    assert_int_equal(ask_for(f, path), 201);
    assert_int_equal(f->reply.way, REPLY_PARKED);
    forget(f);
    return f->taken;
}

static void test_hold__a_parked_request_keeps_its_key_until_it_ends(void **state)
{
    struct gate_fixture *f = *state;
    struct handover first = parked_on(f, "/park");

    assert_int_equal(ask_for(f, "/park"), 409);
    assert_int_equal(f->reply.way, REPLY_WHOLE);
    forget(f);
    handover_end(&first, 0, "done");
    first = parked_on(f, "/park");
    handover_end(&first, 0, "done");
}

static void test_hold__a_parked_upload_keeps_its_place_until_it_ends(void **state)
{
    struct gate_fixture *f = *state;
    struct handover first = parked_on(f, "/upload");

    assert_int_equal(ask_for(f, "/upload"), 503);
    forget(f);
    handover_end(&first, 0, "done");
    first = parked_on(f, "/upload");
    handover_end(&first, 0, "done");
}

static void test_hold__a_connection_that_is_lost_before_it_is_handed_over_lets_go(void **state)
{
    struct gate_fixture *f = *state;

    for (int i = 0; i < 2; i++) {
        fake_init(&f->fake, "POST", STR("/park"));
        fake_param(&f->fake, "HTTP_AUTHORIZATION", STR("Bearer user"));
        fake_param(&f->fake, "HTTP_IDEMPOTENCY_KEY", STR("one"));
        fixture_handle(f);
        assert_int_equal(f->reply.status, 201);
        gate_done(f->gate, &f->fake.request, f->fake.arena, &f->reply, ERR_CLIENT_GONE, 0);
        forget(f);
    }
}

static void test_hold__a_handler_that_fails_is_answered_at_once_and_holds_nothing(void **state)
{
    struct gate_fixture *f = *state;

    for (int i = 0; i < 2; i++) {
        assert_int_equal(ask_for(f, "/fail"), 409);
        assert_int_equal(f->reply.way, REPLY_WHOLE);
        assert_non_null(strstr(f->reply.body.ptr, "\"code\":\"conflict\""));
        forget(f);
    }
}

static void test_hold__the_head_goes_along_with_all_that_the_gate_adds(void **state)
{
    struct gate_fixture *f = *state;

    assert_int_equal(ask_for(f, "/park"), 201);
    assert_non_null(strstr(f->taken.head.ptr, "X-Made: by the handler\r\n"));
    assert_non_null(strstr(f->taken.head.ptr, "X-Request-Id: "));
    assert_non_null(strstr(f->taken.head.ptr, "RateLimit-Limit: "));
    assert_ptr_equal(f->taken.subject, &subject);
    assert_string_equal(f->taken.line.route, "/park");
    assert_int_equal(f->taken.line.status, 201);
    handover_end(&f->taken, 0, "done");
    forget(f);
}

static void test_hold__a_stream_takes_no_head_and_is_not_buffered(void **state)
{
    struct gate_fixture *f = *state;

    assert_int_equal(ask(f, "GET", "/stream", "user"), 200);
    assert_int_equal(f->reply.way, REPLY_STREAM);
    assert_string_equal(fixture_header(f, "X-Accel-Buffering"), "no");
    assert_int_equal(f->reply.handover->head.len, 0);
    assert_null(f->reply.handover->hold.release);
    forget(f);
}

static void test_hold__without_anybody_to_take_it_nothing_is_handed_over(void **state)
{
    static const char *const settings[] = { NULL };
    struct gate_opts opts = { .table_count = 1 };
    struct gate_fixture f;
    struct buf faults;

    (void)state;
    fixture_open(&f, settings, &table);
    gate_free(f.gate);
    opts.app = &f.app;
    opts.tables = f.tables;
    buf_init(&faults, 1000);
    assert_ok(gate_new(&opts, &faults, &f.gate));
    assert_int_equal(ask(&f, "GET", "/stream", "user"), 500);
    assert_int_equal(f.reply.way, REPLY_WHOLE);
    forget(&f);
    fixture_close(&f);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_hold__a_parked_request_keeps_its_key_until_it_ends),
        TEST(test_hold__a_parked_upload_keeps_its_place_until_it_ends),
        TEST(test_hold__a_connection_that_is_lost_before_it_is_handed_over_lets_go),
        TEST(test_hold__a_handler_that_fails_is_answered_at_once_and_holds_nothing),
        TEST(test_hold__the_head_goes_along_with_all_that_the_gate_adds),
        TEST(test_hold__a_stream_takes_no_head_and_is_not_buffered),
        cmocka_unit_test(test_hold__without_anybody_to_take_it_nothing_is_handed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
