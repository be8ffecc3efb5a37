#include "problem.h"

#include <pthread.h>
#include <stdatomic.h>

struct note {
    struct body body;
    struct str text;
};
static const struct field note_fields[] = {
    { "text", FIELD_STR, FIELD_REQUIRED, .min = 1, .max = 10, .offset = offsetof(struct note, text) },
};
static const struct spec note_spec = { SPEC_INIT("Note", struct note, note_fields) };

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
static const struct route rows[] = {
    { POST, "/once", held, .access = ACCESS_SIGNED_IN, NO_WORKSPACE, .flags = ROUTE_IDEMPOTENT, .body = &note_spec,
      .status = 204 },
};
static const struct route_table table = { rows, COUNT_OF(rows) };

static int setup(void **state)
{
    static const char *const settings[] = { NULL };

    return fixture_setup(state, settings, &table);
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

static void test_running__the_second_of_one_idempotency_key_is_told_that_the_first_runs(void **state)
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

static void test_running__a_malformed_idempotency_key_is_refused(void **state)
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
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_running__the_second_of_one_idempotency_key_is_told_that_the_first_runs),
        TEST(test_running__a_malformed_idempotency_key_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
