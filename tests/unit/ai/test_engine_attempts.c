#include "parley/ai/engine.h"

#include "unit.h"

#include "ai/engine_fixture.h"

static struct fixture *f;
static struct model first, second;
static struct answer one;

/* Two models, the second one for when the first one fails. */
static void begin(void **state, const char *path)
{
    static char other[64];

    f = *state;
    snprintf(other, sizeof(other), "%s-other", path);
    model_init(f, &first, true, path);
    model_init(f, &second, false, other);
    answer_init(f, &one, &first);
    answer_fall_back(&one, &second);
    provider_tell(&f->provider, "{'path': '/%s/', 'times': 0, 'play': {'openai': ['from the other']}}", other);
}

static void play(const char *path, const char *what)
{
    provider_tell(&f->provider, "{'path': '/%s/', 'play': %s}", path, what);
}

static void check_asked(const char *path, int first_count, int second_count)
{
    char other[64];

    snprintf(other, sizeof(other), "%s-other", path);
    assert_int_equal(asked_count(f, path), first_count);
    assert_int_equal(asked_count(f, other), second_count);
    answer_release(&one);
    assert_int_equal(atomic_load(&first.provider.user_count), 1);
    assert_int_equal(atomic_load(&second.provider.user_count), 1);
}

/* ---- the same provider again ---- */

static void test_engine_attempts__asks_again_where_the_stream_was_refused(void **state)
{
    begin(state, "refused");
    play("refused", "[{'refuse': null}]");
    play("refused", "{'openai': ['x']}");
    answer_run(&one, AI_COMPLETE, AI_FAULT_NONE);
    assert_int_equal(one.end.attempts, 2);
    assert_string_equal(one.model, "tiny");
    check_asked("refused", 2, 0);
}

static void test_engine_attempts__asks_again_on_a_connection_that_was_kept_too_long(void **state)
{
    begin(state, "kept");
    one.order.target_count = 1;
    first.provider.http1 = true;
    play("kept", "{'openai': ['x']}");
    answer_run(&one, AI_COMPLETE, AI_FAULT_NONE);
    answer_release(&one);
    answer_init(f, &one, &first);
    play("kept", "[{'cut': null}]");
    play("kept", "{'openai': ['x']}");
    answer_run(&one, AI_COMPLETE, AI_FAULT_NONE);
    assert_int_equal(one.end.attempts, 2);
    check_asked("kept", 3, 0);
}

static void test_engine_attempts__asks_again_after_a_refusal_that_says_when(void **state)
{
    static const int statuses[] = { 429, 503, 529 };
    char text[64];

    for (size_t i = 0; i < COUNT_OF(statuses); i++) {
        int64_t began_us = clock_monotonic_us();

        begin(state, "when");
        snprintf(text, sizeof(text), "{'status': [%d, {'%s': '1'}]}", statuses[i], "Retry-After");
        play("when", text);
        play("when", "{'openai': ['x']}");
        answer_run(&one, AI_COMPLETE, AI_FAULT_NONE);
        assert_int_equal(one.end.attempts, 2);
        assert_string_equal(one.model, "tiny");
        assert_true(clock_monotonic_us() - began_us >= US_PER_S);
        check_asked("when", 2 * (int)(i + 1), 0);
    }
}

static void test_engine_attempts__asks_again_only_once(void **state)
{
    begin(state, "once");
    play("once", "[{'refuse': null}]");
    play("once", "[{'refuse': null}]");
    answer_run(&one, AI_COMPLETE, AI_FAULT_NONE);
    assert_string_equal(one.text.ptr, "from the other");
    assert_int_equal(one.end.attempts, 3);
    check_asked("once", 2, 1);
}

/* No connection comes about: nothing can have been billed. */
static void test_engine_attempts__asks_again_where_nobody_listens(void **state)
{
    struct engine_stats before;

    begin(state, "nobody");
    before = stats_of(f);
    first.provider.base_url = "https://nobody.invalid";
    one.order.target_count = 1;
    answer_run(&one, AI_FAILED, AI_FAULT_UNREACHABLE);
    assert_int_equal(one.end.attempts, 2);
    assert_int_equal(stats_of(f).retry_count - before.retry_count, 1);
    check_asked("nobody", 0, 0);
}

/* Each of these may have cost something already, or will not be better the second time. */
static void test_engine_attempts__does_not_ask_again_what_may_have_been_billed(void **state)
{
    static const struct {
        const char *path, *play;
        enum ai_fault fault;
    } rows[] = {
        { "b500", "{'status': 500}", AI_FAULT_SERVICE_ERROR },
        { "b502", "{'status': [502, {'Retry-After': '1'}]}", AI_FAULT_SERVICE_ERROR },
        { "b504", "{'status': 504}", AI_FAULT_SERVICE_ERROR },
        { "b429", "{'status': 429}", AI_FAULT_RATE_LIMITED },
        { "b429long", "{'status': [429, {'Retry-After': '6'}]}", AI_FAULT_RATE_LIMITED },
        { "b401", "{'status': 401}", AI_FAULT_REFUSED_KEY },
        { "b404", "{'status': [404, {}, {'error': {'message': 'x', 'code': 'model_not_found'}}]}",
          AI_FAULT_MODEL_GONE },
        { "bcut", "[{'head': [200, {}]}, {'cut': null}]", AI_FAULT_CUT_OFF },
        { "berror", "{'openai': ['x'], 'how': ['error_first']}", AI_FAULT_SERVICE_ERROR },
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        begin(state, rows[i].path);
        one.order.target_count = 1;
        play(rows[i].path, rows[i].play);
        answer_start(&one);
        answer_await_end(&one, AI_FAILED, rows[i].fault);
        check_asked(rows[i].path, 1, 0);
        /* With another model there, that one answers. */
        begin(state, rows[i].path);
        play(rows[i].path, rows[i].play);
        answer_run(&one, AI_COMPLETE, AI_FAULT_NONE);
        assert_string_equal(one.text.ptr, "from the other");
        assert_string_equal(one.model, "other");
        assert_int_equal(one.end.attempts, 2);
        assert_int_equal(one.need.target, 1);
        assert_false(one.need.is_shorter);
        check_asked(rows[i].path, 2, 1);
    }
}

static void test_engine_attempts__sends_the_body_that_it_asked_for(void **state)
{
    begin(state, "bodies");
    play("bodies", "{'status': 500}");
    answer_run(&one, AI_COMPLETE, AI_FAULT_NONE);
    provider_await(&f->provider, "{\\\"body\\\":\\\"first\\\"}");
    provider_await(&f->provider, "{\\\"body\\\":1}");
    check_asked("bodies", 1, 1);
}

static void test_engine_attempts__fails_where_there_is_no_other_body(void **state)
{
    begin(state, "nobody2");
    one.need_fault = AI_FAULT_BUDGET_EXHAUSTED;
    play("nobody2", "{'status': 500}");
    answer_run(&one, AI_FAILED, AI_FAULT_BUDGET_EXHAUSTED);
    check_asked("nobody2", 1, 0);
}

/* A body that never comes does not hold it when it is stopped; one that comes too late is given back. */
static void test_engine_attempts__can_be_stopped_while_it_waits_for_a_body(void **state)
{
    struct ai_body body;

    begin(state, "waits");
    one.answers_need = false;
    play("waits", "{'status': 500}");
    answer_start(&one);
    answer_await_need(&one);
    assert_ok(engine_cancel(f->engine, one.order.id));
    answer_await_end(&one, AI_STOPPED, AI_FAULT_STOPPED);
    body = answer_body(&one, "{}");
    assert_ok(engine_body(f->engine, one.order.id, &body, AI_FAULT_NONE));
    one.answers_need = true;
    check_asked("waits", 1, 0);
}

static void test_engine_attempts__never_falls_back_after_the_first_token(void **state)
{
    begin(state, "token");
    play("token", "{'openai': ['some', 'more'], 'cut': 2}");
    answer_run(&one, AI_FAILED, AI_FAULT_CUT_OFF);
    assert_string_equal(one.text.ptr, "some");
    check_asked("token", 1, 0);
    begin(state, "token2");
    play("token2", "{'openai': ['x'], 'reasoning': ['hm'], 'cut': 2}");
    answer_run(&one, AI_FAILED, AI_FAULT_CUT_OFF);
    assert_string_equal(one.reasoning.ptr, "hm");
    check_asked("token2", 1, 0);
}

/* What the question is to blame for is so everywhere. */
static void test_engine_attempts__does_not_fall_back_with_a_bad_question(void **state)
{
    begin(state, "bad");
    play("bad", "{'status': 400}");
    answer_run(&one, AI_FAILED, AI_FAULT_REFUSED);
    check_asked("bad", 1, 0);
}

static void test_engine_attempts__asks_at_most_three(void **state)
{
    static struct model third;

    begin(state, "three");
    model_init(f, &third, false, "three-third");
    answer_fall_back(&one, &third);
    second.provider.base_url = first.base_url;
    third.provider.base_url = first.base_url;
    for (int i = 0; i < 3; i++)
        play("three", "{'status': 500}");
    answer_run(&one, AI_FAILED, AI_FAULT_SERVICE_ERROR);
    assert_int_equal(one.end.attempts, 3);
    assert_string_equal(one.provider, "three-third");
    check_asked("three", 3, 0);
}

/* ---- a question that is too long ---- */

#define TOO_LONG \
    "{'status': [400, {}, {'error': {'message': 'x', 'type': 'invalid_request_error', 'code': " \
    "'context_length_exceeded'}}]}"

static void test_engine_attempts__asks_once_more_with_a_shorter_question(void **state)
{
    begin(state, "shorter");
    play("shorter", TOO_LONG);
    play("shorter", "{'openai': ['x']}");
    answer_run(&one, AI_COMPLETE, AI_FAULT_NONE);
    assert_true(one.need.is_shorter);
    assert_int_equal(one.need.target, 0);
    provider_await(&f->provider, "{\\\"body\\\":\\\"shorter\\\"}");
    check_asked("shorter", 2, 0);
    begin(state, "long");
    play("long", TOO_LONG);
    play("long", TOO_LONG);
    answer_run(&one, AI_FAILED, AI_FAULT_CONTEXT_TOO_LONG);
    check_asked("long", 2, 0);
}

/* ---- the breaker ---- */

#ifdef TEST_CLOCK
static void fail_once(const char *path, const char *what, enum ai_fault fault)
{
    answer_init(f, &one, &first);
    if (what != NULL)
        play(path, what);
    answer_run(&one, AI_FAILED, fault);
    answer_release(&one);
}

static void check_breaker(enum ai_fault fault, int64_t most_ms)
{
    struct engine_provider_state provider_state;

    engine_provider_state(f->engine, first.provider.id, &provider_state);
    assert_int_equal(provider_state.fault, fault);
    assert_true(provider_state.open_for_ms <= most_ms &&
                (most_ms == 0 || provider_state.open_for_ms > most_ms - 15000));
}

static void test_engine_attempts__leaves_alone_who_fails(void **state)
{
    begin(state, "breaker");
    one.order.target_count = 1;
    for (int i = 0; i < AI_BREAKER_ROW; i++) {
        if (i > 0)
            answer_init(f, &one, &first);
        check_breaker(AI_FAULT_NONE, 0);
        play("breaker", "{'status': 500}");
        answer_run(&one, AI_FAILED, AI_FAULT_SERVICE_ERROR);
        answer_release(&one);
    }
    check_breaker(AI_FAULT_SERVICE_ERROR, AI_BREAKER_OPEN_S * 1000);
    assert_true(stats_of(f).open_count >= 1);
    /* Nobody asks it; where there is another model, that one answers. */
    fail_once("breaker", NULL, AI_FAULT_SERVICE_ERROR);
    assert_int_equal(one.end.attempts, 0);
    answer_init(f, &one, &first);
    answer_fall_back(&one, &second);
    answer_run(&one, AI_COMPLETE, AI_FAULT_NONE);
    assert_int_equal(one.end.attempts, 1);
    check_asked("breaker", AI_BREAKER_ROW, 1);
    /* Later one tries. */
    pass_s(f, AI_BREAKER_OPEN_S);
    fail_once("breaker", "{'status': 500}", AI_FAULT_SERVICE_ERROR);
    check_breaker(AI_FAULT_SERVICE_ERROR, 2 * AI_BREAKER_OPEN_S * 1000);
    pass_s(f, 2 * AI_BREAKER_OPEN_S);
    answer_init(f, &one, &first);
    play("breaker", "{'openai': ['x']}");
    answer_run(&one, AI_COMPLETE, AI_FAULT_NONE);
    check_breaker(AI_FAULT_NONE, 0);
    check_asked("breaker", AI_BREAKER_ROW + 2, 1);
}
#endif

static struct engine_provider_state state_of(const struct model *model)
{
    struct engine_provider_state provider_state;

    engine_provider_state(f->engine, model->provider.id, &provider_state);
    return provider_state;
}

/* A row that was changed is asked at once. */
static void test_engine_attempts__leaves_alone_who_refuses_our_key(void **state)
{
    begin(state, "key");
    play("key", "{'status': 401}");
    answer_run(&one, AI_COMPLETE, AI_FAULT_NONE);
    assert_int_equal(state_of(&first).fault, AI_FAULT_REFUSED_KEY);
    assert_in_range(state_of(&first).open_for_ms, 40000, 60000);
    check_asked("key", 1, 1);
    answer_init(f, &one, &first);
    answer_run(&one, AI_FAILED, AI_FAULT_REFUSED_KEY);
    answer_release(&one);
    first.provider.version++;
    answer_init(f, &one, &first);
    play("key", "{'openai': ['x']}");
    answer_run(&one, AI_COMPLETE, AI_FAULT_NONE);
    assert_int_equal(state_of(&first).fault, AI_FAULT_NONE);
    check_asked("key", 2, 1);
}

static void test_engine_attempts__leaves_alone_who_asks_for_patience(void **state)
{
    begin(state, "patience");
    play("patience", "{'status': [429, {'Retry-After': '100'}]}");
    answer_run(&one, AI_COMPLETE, AI_FAULT_NONE);
    assert_int_equal(state_of(&first).fault, AI_FAULT_RATE_LIMITED);
    assert_in_range(state_of(&first).open_for_ms, 80000, 100000);
    check_asked("patience", 1, 1);
    answer_init(f, &one, &first);
    answer_run(&one, AI_FAILED, AI_FAULT_RATE_LIMITED);
    assert_in_range(one.end.retry_after_ms, 80000, 100000);
    answer_release(&one);
}

/* A bad question says that somebody is there. */
static void test_engine_attempts__is_not_told_by_bad_questions(void **state)
{
    begin(state, "fine");
    one.order.target_count = 1;
    for (int i = 0; i < 2 * AI_BREAKER_ROW; i++) {
        if (i > 0)
            answer_init(f, &one, &first);
        play("fine", "{'status': 400}");
        answer_run(&one, AI_FAILED, AI_FAULT_REFUSED);
        answer_release(&one);
    }
    assert_int_equal(state_of(&first).fault, AI_FAULT_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_engine_attempts__asks_again_where_the_stream_was_refused),
        cmocka_unit_test(test_engine_attempts__asks_again_on_a_connection_that_was_kept_too_long),
        cmocka_unit_test(test_engine_attempts__asks_again_after_a_refusal_that_says_when),
        cmocka_unit_test(test_engine_attempts__asks_again_only_once),
        cmocka_unit_test(test_engine_attempts__asks_again_where_nobody_listens),
        cmocka_unit_test(test_engine_attempts__does_not_ask_again_what_may_have_been_billed),
        cmocka_unit_test(test_engine_attempts__sends_the_body_that_it_asked_for),
        cmocka_unit_test(test_engine_attempts__fails_where_there_is_no_other_body),
        cmocka_unit_test(test_engine_attempts__can_be_stopped_while_it_waits_for_a_body),
        cmocka_unit_test(test_engine_attempts__never_falls_back_after_the_first_token),
        cmocka_unit_test(test_engine_attempts__does_not_fall_back_with_a_bad_question),
        cmocka_unit_test(test_engine_attempts__asks_at_most_three),
        cmocka_unit_test(test_engine_attempts__asks_once_more_with_a_shorter_question),
#ifdef TEST_CLOCK
        cmocka_unit_test(test_engine_attempts__leaves_alone_who_fails),
#endif
        cmocka_unit_test(test_engine_attempts__leaves_alone_who_refuses_our_key),
        cmocka_unit_test(test_engine_attempts__leaves_alone_who_asks_for_patience),
        cmocka_unit_test(test_engine_attempts__is_not_told_by_bad_questions),
    };
    return cmocka_run_group_tests(tests, engine_setup, engine_teardown);
}
