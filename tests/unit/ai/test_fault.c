#include "parley/ai/fault.h"

#include "arena_fixture.h"
#include "parley/core/clock.h"

static void check(int status, const char *body, enum ai_fault wanted)
{
    enum ai_fault got = ai_fault_of_reply(arena, status, str_from(body));

    arena_reset(arena);
    if (got != wanted)
        fail_msg("%d %s is %s, not %s\n", status, body, ai_fault_row(got)->code, ai_fault_row(wanted)->code);
}

static void test_fault__statuses(void **state)
{
    (void)state;
    check(401, "", AI_FAULT_REFUSED_KEY);
    check(402, "", AI_FAULT_OUT_OF_CREDIT);
    check(403, "<html>", AI_FAULT_REFUSED_KEY);
    check(404, "{}", AI_FAULT_MODEL_GONE);
    check(413, "", AI_FAULT_CONTEXT_TOO_LONG);
    check(418, "", AI_FAULT_REFUSED);
    check(429, "slow down", AI_FAULT_RATE_LIMITED);
    check(500, "", AI_FAULT_SERVICE_ERROR);
    check(503, "", AI_FAULT_OVERLOADED);
    check(529, "", AI_FAULT_OVERLOADED);
    check(302, "", AI_FAULT_BAD_ANSWER);
    check(200, "<html>welcome</html>", AI_FAULT_BAD_ANSWER);
    check(200, "{\"error\":null}", AI_FAULT_BAD_ANSWER);
    check(200, "{\"error\":{\"type\":\"overloaded_error\"}}", AI_FAULT_OVERLOADED);
    check(200, "\xFF\xFE{\"error\":", AI_FAULT_BAD_ANSWER);
}

/* Each provider's words for a question that does not fit. */
static void test_fault__context_in_any_wording(void **state)
{
    static const char *const bodies[] = {
        "{\"error\":{\"message\":\"This model's maximum context length is 8192 tokens. However, you requested 9000\",\"type\":"
        "\"invalid_request_error\",\"param\":\"messages\",\"code\":\"context_length_exceeded\"}}",
        "{\"error\":{\"message\":\"too many\",\"type\":\"BadRequestError\",\"param\":\"input_tokens\",\"code\":400}}",
        "{\"object\":\"error\",\"message\":\"This model's maximum context length is 2048 tokens.\",\"code\":400}",
        "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"prompt is too long: 210000 tokens > "
        "200000 maximum\"}}",
        "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"input length and `max_tokens` exceed "
        "context limit: 1 + 2 > 3\"}}",
        "{\"error\":{\"code\":400,\"message\":\"The input token count (9) exceeds the maximum number of tokens allowed (8).\","
        "\"status\":\"INVALID_ARGUMENT\"}}",
        "[{\"error\":{\"code\":400,\"message\":\"The input token count exceeds the maximum\"}}]",
        "{\"message\":\"The input (9 tokens) is longer than the model's context length (8 tokens).\"}",
        "{\"error\":\"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 2048.\"}",
        "{\"error\":{\"code\":\"tokens_limit_reached\",\"message\":\"Request body too large for m model.\"}}",
        "{\"error\":{\"message\":\"Please reduce the length of the messages or completion.\"}}",
        "Input is too long for requested model.",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bodies); i++)
        check(400, bodies[i], AI_FAULT_CONTEXT_TOO_LONG);
}

static void test_fault__words_that_say_more_than_the_status(void **state)
{
    (void)state;
    check(429, "{\"error\":{\"type\":\"insufficient_quota\",\"code\":\"insufficient_quota\"}}", AI_FAULT_OUT_OF_CREDIT);
    check(429, "{\"error\":{\"message\":\"Limit of tokens; reduce the length of the prompt\",\"code\":\"rate_limit\"}}",
          AI_FAULT_RATE_LIMITED);
    check(400, "{\"error\":{\"type\":\"invalid_request_error\",\"message\":\"Your credit balance is too low\"}}",
          AI_FAULT_OUT_OF_CREDIT);
    check(400,
          "{\"error\":{\"code\":400,\"message\":\"API key not valid. Please pass\",\"status\":\"INVALID_ARGUMENT\"}}",
          AI_FAULT_REFUSED_KEY);
    check(400, "{\"error\":{\"code\":\"content_filter\",\"message\":\"The response was filtered\"}}",
          AI_FAULT_CONTENT_FILTERED);
    check(200, "{\"error\":{\"status\":\"RESOURCE_EXHAUSTED\"}}", AI_FAULT_RATE_LIMITED);
    check(200, "{\"error\":{\"type\":\"authentication_error\"}}", AI_FAULT_REFUSED_KEY);
    check(200, "{\"error\":{\"code\":\"502\"}}", AI_FAULT_SERVICE_ERROR);
}

static void test_fault__rows_have_codes_and_sentences(void **state)
{
    (void)state;
    for (int i = 0; i < AI_FAULT_COUNT; i++) {
        const struct ai_fault_row *row = ai_fault_row((enum ai_fault)i);
        assert_int_equal(ai_fault_find(str_from(row->code)), i);
        assert_true(strlen(row->sentence) > 10 && row->sentence[strlen(row->sentence) - 1] != '.');
    }
    assert_int_equal(ai_fault_find(STR("what")), AI_FAULT_NONE);
    assert_ptr_equal(ai_fault_row((enum ai_fault)AI_FAULT_COUNT), ai_fault_row(AI_FAULT_NONE));
}

static void check_wait(const char *name, const char *value, int64_t wanted_ms)
{
    /* Sun, 06 Nov 1994 08:49:37 GMT */
    assert_int_equal(ai_fault_retry_after_ms(str_from(name), str_from(value), 784111777 * US_PER_MS * 1000), wanted_ms);
}

static void test_fault__how_long_to_wait(void **state)
{
    (void)state;
    check_wait("Retry-After", "5", 5000);
    check_wait("retry-after", " 0.5 ", 500);
    check_wait("retry-after-ms", "250", 250);
    check_wait("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT", 10000);
    check_wait("retry-after", "Sun, 06 Nov 1994 08:49:07 GMT", 0);
    check_wait("retry-after", "1e30", 24 * 3600 * 1000);
    check_wait("retry-after", "-5", -1);
    check_wait("retry-after", "nan", -1);
    check_wait("retry-after", "soon", -1);
    check_wait("retry-after", "", -1);
    check_wait("content-type", "5", -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fault__statuses),
        cmocka_unit_test(test_fault__context_in_any_wording),
        cmocka_unit_test(test_fault__words_that_say_more_than_the_status),
        cmocka_unit_test(test_fault__rows_have_codes_and_sentences),
        cmocka_unit_test(test_fault__how_long_to_wait),
    };
    return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
