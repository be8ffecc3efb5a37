/*
 * At most half the workers may be busy with uploads, and one user not with all of these. A handler that asks the gate again stands
 * for a second worker.
 */
#include "gate_fixture.h"
#include "unit.h"

static struct gate_fixture *fixture;
static int second_status;
static const char *second_retry_after;

static const char *second_token;

static int upload(struct fake_request *fake, struct reply *reply, const char *type, const char *token)
{
    fake_init(fake, "POST", STR("/upload"));
    fake_param(fake, "HTTP_AUTHORIZATION", str_from(token));
    fake_body(fake, type, STR("12345"));
    reply_init(reply);
    gate_handle(fixture->gate, fake_ready(fake), fake->arena, reply);
    return reply->status;
}

static enum err busy_with_it(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    static int depth;
    struct fake_request fake;
    struct reply second;

    (void)ctx;
    (void)call;
    (void)reply;
    if (depth > 0)
        return ERR_OK;
    depth++;
    buf_init(&second.body, MIB);
    second_status = upload(&fake, &second, "application/octet-stream", second_token);
    second_retry_after = "";
    for (size_t i = 0; i < second.header_count; i++)
        if (strcmp(second.headers[i].name, "Retry-After") == 0)
            second_retry_after = "there";
    buf_release(&second.body);
    fake_release(&fake);
    depth--;
    return ERR_OK;
}

static const struct route rows[] = {
    { POST, "/upload", busy_with_it, .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_WRITE,
      .rate = RATE_UPLOAD, .flags = ROUTE_RAW_BODY, .status = 204, .summary = "s", .tag = "t" },
};
static const struct route_table table = { rows, COUNT_OF(rows) };

static int status_of_second(const char *workers, const char *token)
{
    const char *settings[] = { workers, NULL };
    struct gate_fixture f;
    struct fake_request fake;

    fixture_open(&f, settings, &table);
    fixture = &f;
    second_token = token;
    for (int i = 0; i < 3; i++) { /* each gives its place back */
        assert_int_equal(upload(&fake, &f.reply, "application/octet-stream", "Bearer user"), 204);
        fake_release(&fake);
    }
    fixture_close(&f);
    return second_status;
}

static void test_upload_cap__half_the_workers_take_uploads(void **state)
{
    (void)state;
    assert_int_equal(status_of_second("WORKERS=4", "Bearer parley_w"), 204);
}

static void test_upload_cap__one_more_is_told_to_come_back(void **state)
{
    (void)state;
    assert_int_equal(status_of_second("WORKERS=2", "Bearer parley_w"), 503);
    assert_string_equal(second_retry_after, "there");
}

static void test_upload_cap__one_user_does_not_take_the_last_half(void **state)
{
    (void)state;
    assert_int_equal(status_of_second("WORKERS=4", "Bearer user"), 503);
    assert_string_equal(second_retry_after, "there");
    assert_int_equal(status_of_second("WORKERS=8", "Bearer user"), 204);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_upload_cap__half_the_workers_take_uploads),
        cmocka_unit_test(test_upload_cap__one_more_is_told_to_come_back),
        cmocka_unit_test(test_upload_cap__one_user_does_not_take_the_last_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
