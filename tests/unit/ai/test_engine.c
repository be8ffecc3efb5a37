#include "parley/ai/engine.h"

#include "unit.h"

#include "ai/engine_fixture.h"

static struct fixture *f;
static struct model model;
static struct answer one;

static void begin(void **state, bool tls, const char *path)
{
    f = *state;
    model_init(f, &model, tls, path);
    answer_init(f, &one, &model);
}

static void play(const char *path, const char *what)
{
    provider_tell(&f->provider, "{'path': '/%s/', 'play': %s}", path, what);
}

/* ---- answers ---- */

static void check_answer(const char *path)
{
    play(path, "{'openai': ['Hel', 'lo'], 'reasoning': ['hm']}");
    answer_run(&one, AI_COMPLETE, AI_FAULT_NONE);
    assert_string_equal(one.text.ptr, "Hello");
    assert_string_equal(one.reasoning.ptr, "hm");
    assert_int_equal(one.end.finish, AI_FINISH_STOP);
    assert_true(one.end.usage.is_known);
    assert_int_equal(one.end.usage.prompt, 7);
    assert_int_equal(one.end.usage.completion, 3);
    assert_int_equal(one.end.attempts, 1);
    assert_true(one.end.first_token_ms >= 0 && one.end.first_token_ms <= one.end.total_ms);
    assert_string_equal(one.provider, path);
    assert_string_equal(one.model, "tiny");
    answer_release(&one);
    assert_int_equal(atomic_load(&model.provider.user_count), 1);
}

static void test_engine__brings_an_answer(void **state)
{
    begin(state, false, "plain");
    check_answer("plain");
    begin(state, true, "tls");
    check_answer("tls");
}

static void test_engine__asks_as_the_kind_wants_it(void **state)
{
    static const char *const kinds[] = { "openai", "vllm", "anthropic", "gemini" };
    static const char *const paths[] = { "/kinds/chat/completions", "/kinds/chat/completions", "/kinds/messages",
                                         "/kinds/models/tiny:streamGenerateContent?alt=sse" };
    static const char *const keys[] = { "\"authorization\": \"Bearer sk-test\"",
                                        "\"authorization\": \"Bearer sk-test\"", "\"x-api-key\": \"sk-test\"",
                                        "\"x-goog-api-key\": \"sk-test\"" };

    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        const char *word = i == 1 ? "openai" : kinds[i];
        const char *line;

        begin(state, i % 2 == 0, "kinds");
        model.provider.ops = kinds_find(str_from(kinds[i]));
        one.order.traceparent = "00-1-2-03";
        provider_tell(&f->provider, "{'play': {'%s': ['Hel', 'lo']}}", word);
        answer_run(&one, AI_COMPLETE, AI_FAULT_NONE);
        assert_string_equal(one.text.ptr, "Hello");
        line = provider_await(&f->provider, paths[i]);
        assert_non_null(strstr(line, keys[i]));
        assert_non_null(strstr(line, "\"content-type\": \"application/json\""));
        assert_non_null(strstr(line, "\"x-request-id\": \"request-7\""));
        assert_non_null(strstr(line, "\"traceparent\": \"00-1-2-03\""));
        assert_non_null(strstr(line, "{\\\"body\\\":\\\"first\\\"}"));
        answer_release(&one);
    }
}

static void test_engine__sends_no_empty_key(void **state)
{
    begin(state, false, "keyless");
    model.provider.key = "";
    play("keyless", "{'openai': ['x']}");
    answer_run(&one, AI_COMPLETE, AI_FAULT_NONE);
    assert_null(strstr(provider_await(&f->provider, "/keyless/"), "authorization"));
    answer_release(&one);
}

static void test_engine__gives_text_as_it_comes(void **state)
{
    begin(state, true, "piece");
    play(
        "piece",
        "[{'data': 'data: {\\'choices\\':[{\\'delta\\':{\\'content\\':\\'one\\'}}]}\\n\\n'}, {'await': 'piece'}, "
        "{'data': 'data: {\\'choices\\':[{\\'delta\\':{\\'content\\':\\' two\\'},\\'finish_reason\\':\\'stop\\'}]}\\n\\n'}]");
    answer_start(&one);
    answer_await_text(&one, "one");
    assert_false(answer_has_ended(&one));
    provider_tell(&f->provider, "{'go': 'piece'}");
    answer_await_end(&one, AI_COMPLETE, AI_FAULT_NONE);
    assert_string_equal(one.text.ptr, "one two");
    answer_release(&one);
}

/* Lines that end otherwise, no blank behind the colon, a comment in front, all at once. */
static void test_engine__reads_streams_of_all_sorts(void **state)
{
    static const char *const hows[] = { "crlf", "no_blank", "comment", "one_piece" };
    char text[128];

    for (size_t i = 0; i < COUNT_OF(hows); i++) {
        begin(state, true, "sorts");
        snprintf(text, sizeof(text), "{'openai': ['Hel', 'lo'], 'how': ['%s']}", hows[i]);
        play("sorts", text);
        answer_run(&one, AI_COMPLETE, AI_FAULT_NONE);
        assert_string_equal(one.text.ptr, "Hello");
        answer_release(&one);
    }
}

/* ---- ends ---- */

static void test_engine__waits_for_the_usage_only_so_long(void **state)
{
    int64_t began_us = clock_monotonic_us();

    begin(state, true, "nodone");
    play("nodone", "{'openai': ['x'], 'usage': null, 'how': ['no_done']}");
    answer_run(&one, AI_COMPLETE, AI_FAULT_NONE);
    assert_true(clock_monotonic_us() - began_us >= AI_USAGE_WAIT_MS * US_PER_MS);
    assert_false(one.end.usage.is_known);
    assert_int_equal(one.end.finish, AI_FINISH_STOP);
    began_us = clock_monotonic_us();
    provider_await(&f->provider, "\"gone\"");
    assert_true(clock_monotonic_us() - began_us < AI_USAGE_WAIT_MS * US_PER_MS / 2);
    answer_release(&one);
}

/* The end is told at once; the connection is closed later. */
static void test_engine__is_done_where_the_provider_never_closes(void **state)
{
    int64_t began_us = clock_monotonic_us();

    begin(state, true, "stays");
    play("stays", "{'openai': ['x'], 'how': ['stays']}");
    answer_run(&one, AI_COMPLETE, AI_FAULT_NONE);
    assert_true(clock_monotonic_us() - began_us < AI_USAGE_WAIT_MS * US_PER_MS);
    provider_await(&f->provider, "\"gone\"");
    answer_release(&one);
}

static void test_engine__ends_with_the_connection_behind_a_finish(void **state)
{
    begin(state, false, "eof");
    play("eof", "{'openai': ['x'], 'how': ['no_done'], 'cut': 3}");
    answer_run(&one, AI_COMPLETE, AI_FAULT_NONE);
    answer_release(&one);
}

static void check_failed(bool tls, const char *path, const char *what, enum ai_fault fault, const char *text)
{
    model_init(f, &model, tls, path);
    answer_init(f, &one, &model);
    play(path, what);
    answer_run(&one, AI_FAILED, fault);
    assert_string_equal(one.text.ptr, text);
    assert_int_equal(one.end.attempts, 1);
    answer_release(&one);
}

static void test_engine__keeps_the_text_of_an_answer_that_was_cut(void **state)
{
    f = *state;
    for (int tls = 0; tls < 2; tls++) {
        check_failed(tls == 1, "cut", "{'openai': ['some', 'more'], 'cut': 2}", AI_FAULT_CUT_OFF, "some");
        check_failed(tls == 1, "end", "{'openai': ['some'], 'only': 2}", AI_FAULT_CUT_OFF, "some");
    }
    check_failed(true, "broken", "{'openai': ['some', 'more'], 'how': ['error_last']}", AI_FAULT_SERVICE_ERROR, "some");
}

/* A 200 is no answer yet. */
static void test_engine__takes_no_error_for_an_answer(void **state)
{
    f = *state;
    check_failed(true, "first", "{'openai': ['x'], 'how': ['error_first']}", AI_FAULT_SERVICE_ERROR, "");
    check_failed(true, "empty", "[{'head': [200, {'Content-Type': 'text/event-stream'}]}]", AI_FAULT_BAD_ANSWER, "");
    check_failed(false, "done", "[{'data': 'data: [DONE]\\n\\n'}]", AI_FAULT_BAD_ANSWER, "");
    check_failed(false, "json", "{'status': [200, {}, {'error': {'message': 'x', 'code': 'rate_limit_exceeded'}}]}",
                 AI_FAULT_RATE_LIMITED, "");
    check_failed(true, "html", "{'status': [200, {}, '<html>hello</html>']}", AI_FAULT_BAD_ANSWER, "");
    check_failed(true, "cutearly", "[{'head': [200, {}]}, {'cut': null}]", AI_FAULT_CUT_OFF, "");
}

/* ---- stopping ---- */

static void test_engine__stops(void **state)
{
    int64_t began_us;

    f = *state;
    for (int tls = 0; tls < 2; tls++) {
        begin(state, tls == 1, "stop");
        play("stop",
             "[{'data': 'data: {\\'choices\\':[{\\'delta\\':{\\'content\\':\\'some\\'}}]}\\n\\n'}, {'silence': null}]");
        answer_start(&one);
        answer_await_text(&one, "some");
        began_us = clock_monotonic_us();
        assert_ok(engine_cancel(f->engine, one.order.id));
        provider_await(&f->provider, "\"gone\"");
        print_message("stopped in %lld us\n", (long long)(clock_monotonic_us() - began_us));
        answer_await_end(&one, AI_STOPPED, AI_FAULT_STOPPED);
        assert_string_equal(one.text.ptr, "some");
        assert_ok(engine_cancel(f->engine, one.order.id));
        answer_release(&one);
    }
}

static void test_engine__stops_one_that_waits_for_its_first_token(void **state)
{
    begin(state, true, "early");
    play("early", "[{'silence': null}]");
    answer_start(&one);
    provider_await(&f->provider, "/early/");
    assert_ok(engine_cancel(f->engine, one.order.id));
    provider_await(&f->provider, "\"gone\"");
    answer_await_end(&one, AI_STOPPED, AI_FAULT_STOPPED);
    assert_int_equal(one.end.first_token_ms, -1);
    answer_release(&one);
}

/* What runs has its time; what waits ends at once, and so does what comes. */
static void test_engine__ends_all_when_it_is_stopped(void **state)
{
    struct engine *before = ((struct fixture *)*state)->engine;
    static struct answer two, late;

    begin(state, true, "stopping");
    assert_ok(engine_new(f->loop, &f->engine));
    model.provider.max_parallel = 1;
    answer_init(f, &two, &model);
    play("stopping", "[{'silence': null}]");
    answer_start(&one);
    answer_start(&two);
    provider_await(&f->provider, "/stopping/");
    engine_stop(f->engine, 0);
    answer_await_end(&one, AI_FAILED, AI_FAULT_INTERRUPTED);
    answer_await_end(&two, AI_FAILED, AI_FAULT_INTERRUPTED);
    assert_int_equal(two.end.attempts, 0);
    answer_init(f, &late, &model);
    answer_start(&late);
    answer_await_end(&late, AI_FAILED, AI_FAULT_INTERRUPTED);
    answer_release(&one);
    answer_release(&two);
    answer_release(&late);
    engine_stop(f->engine, 0);
    engine_free(f->engine);
    f->engine = before;
}

/* ---- timers ---- */

#ifdef TEST_CLOCK
/* Neither a role nor an empty delta nor a comment is a token. */
static void test_engine__waits_so_long_for_the_first_token(void **state)
{
    begin(state, true, "slow");
    play("slow",
         "[{'data': 'data: {\\'choices\\':[{\\'delta\\':{\\'role\\':\\'assistant\\',\\'content\\':\\'\\'}}]}\\n\\n'}, "
         "{'await': 'slow'}, {'data': ': still here\\n\\n'}, {'silence': null}]");
    answer_start(&one);
    provider_await(&f->provider, "/slow/");
    pass_s(f, 59);
    provider_tell(&f->provider, "{'go': 'slow'}");
    assert_false(answer_has_ended(&one));
    pass_s(f, 2);
    answer_await_end(&one, AI_FAILED, AI_FAULT_NO_FIRST_TOKEN);
    provider_await(&f->provider, "\"gone\"");
    answer_release(&one);
}

static void test_engine__notices_silence(void **state)
{
    begin(state, false, "silent");
    play("silent",
         "[{'data': 'data: {\\'choices\\':[{\\'delta\\':{\\'content\\':\\'some\\'}}]}\\n\\n'}, {'silence': null}]");
    answer_start(&one);
    answer_await_text(&one, "some");
    pass_s(f, 61);
    answer_await_end(&one, AI_FAILED, AI_FAULT_WENT_SILENT);
    assert_string_equal(one.text.ptr, "some");
    answer_release(&one);
}

static void test_engine__ends_what_takes_too_long(void **state)
{
    begin(state, false, "long");
    model.provider.idle_s = 1000;
    play("long",
         "[{'data': 'data: {\\'choices\\':[{\\'delta\\':{\\'content\\':\\'some\\'}}]}\\n\\n'}, {'silence': null}]");
    answer_start(&one);
    answer_await_text(&one, "some");
    pass_s(f, 601);
    answer_await_end(&one, AI_FAILED, AI_FAULT_TIMED_OUT);
    answer_release(&one);
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_engine__brings_an_answer),
        cmocka_unit_test(test_engine__asks_as_the_kind_wants_it),
        cmocka_unit_test(test_engine__sends_no_empty_key),
        cmocka_unit_test(test_engine__gives_text_as_it_comes),
        cmocka_unit_test(test_engine__reads_streams_of_all_sorts),
        cmocka_unit_test(test_engine__waits_for_the_usage_only_so_long),
        cmocka_unit_test(test_engine__is_done_where_the_provider_never_closes),
        cmocka_unit_test(test_engine__ends_with_the_connection_behind_a_finish),
        cmocka_unit_test(test_engine__keeps_the_text_of_an_answer_that_was_cut),
        cmocka_unit_test(test_engine__takes_no_error_for_an_answer),
        cmocka_unit_test(test_engine__stops),
        cmocka_unit_test(test_engine__stops_one_that_waits_for_its_first_token),
        cmocka_unit_test(test_engine__ends_all_when_it_is_stopped),
#ifdef TEST_CLOCK
        cmocka_unit_test(test_engine__waits_so_long_for_the_first_token),
        cmocka_unit_test(test_engine__notices_silence),
        cmocka_unit_test(test_engine__ends_what_takes_too_long),
#endif
    };
    return cmocka_run_group_tests(tests, engine_setup, engine_teardown);
}
