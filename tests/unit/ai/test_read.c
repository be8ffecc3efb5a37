/* Rules of reading that hold for each kind, and habits of those who speak OpenAI's. */
#include "read_fixture.h"

#define DELTA(members) "data: {\"choices\":[{\"index\":0,\"delta\":{" members "}}]}\n\n"
#define TEXT(text) DELTA("\"content\":\"" text "\"")
#define FINISH "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
#define DONE "data: [DONE]\n\n"
#define STOPPED "finish: stop, fault: none, usage: unknown\n"
#define ONLY_TEXT(text) STOPPED "reasoning: \ntext: " text "\n"

/* ---- ends ---- */

static void test_read__done_or_a_finish_ends_an_answer(void **state)
{
    (void)state;
    assert_answer("openai", TEXT("a") FINISH DONE, ONLY_TEXT("a"));
    assert_answer("openai", TEXT("a") FINISH, ONLY_TEXT("a"));
    assert_answer("openai", TEXT("a") DONE, "finish: none, fault: none, usage: unknown\nreasoning: \ntext: a\n");
    assert_answer("openai", TEXT("a") FINISH DONE TEXT("b"), ONLY_TEXT("a"));
}

static void test_read__an_end_without_either_is_cut_off(void **state)
{
    (void)state;
    assert_answer("openai", TEXT("a"), "finish: none, fault: cut_off, usage: unknown\nreasoning: \ntext: a\n");
    assert_answer("openai", TEXT("a") "data: {\"choices\":[{\"ind",
                  "finish: none, fault: cut_off, usage: unknown\nreasoning: \ntext: a\n");
}

static void test_read__nothing_is_no_answer(void **state)
{
    (void)state;
    assert_answer("openai", "", "finish: none, fault: bad_answer, usage: unknown\nreasoning: \ntext: \n");
    assert_answer("openai", ": ping\n\n" DONE,
                  "finish: none, fault: bad_answer, usage: unknown\nreasoning: \ntext: \n");
    assert_answer("openai", TEXT("") DONE, "finish: none, fault: bad_answer, usage: unknown\nreasoning: \ntext: \n");
    assert_answer("openai", "<html>busy</html>\n",
                  "finish: none, fault: bad_answer, usage: unknown\nreasoning: \ntext: \n");
}

static void test_read__what_is_no_json_ends_it(void **state)
{
    (void)state;
    assert_answer("openai", TEXT("a") "data: {oops\n\n" TEXT("b") FINISH,
                  "finish: none, fault: bad_answer, usage: unknown\nreasoning: \ntext: a\n");
    assert_answer("openai", TEXT("a") "data: [1]\n\n" TEXT("b") FINISH,
                  "finish: none, fault: bad_answer, usage: unknown\nreasoning: \ntext: a\n");
}

static void test_read__an_error_inside_keeps_the_text_so_far(void **state)
{
    (void)state;
    assert_answer("openai", TEXT("a") "data: {\"error\":{\"message\":\"x\",\"code\":502}}\n\n" TEXT("b") DONE,
                  "finish: none, fault: service_error, usage: unknown\nreasoning: \ntext: a\n");
    assert_answer("openai", TEXT("a") "error: {\"code\":400,\"type\":\"exceed_context_size_error\"}\n\n",
                  "finish: none, fault: context_too_long, usage: unknown\nreasoning: \ntext: a\n");
    assert_answer("vllm", "data: {\"object\":\"error\",\"message\":\"x\",\"code\":429}\n\n",
                  "finish: none, fault: rate_limited, usage: unknown\nreasoning: \ntext: \n");
    assert_answer("openai", "data: {\"error\":{\"code\":502},\"choices\":[{\"delta\":{\"content\":\"b\"}}]}\n\n" DONE,
                  "finish: none, fault: service_error, usage: unknown\nreasoning: \ntext: \n");
    assert_answer("openai", "data: {\"error\":\"no\"}\n\n",
                  "finish: none, fault: service_error, usage: unknown\nreasoning: \ntext: \n");
    assert_answer("openai",
                  TEXT("a") "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"error\"}]}\n\n" DONE,
                  "finish: none, fault: service_error, usage: unknown\nreasoning: \ntext: a\n");
}

static void test_read__an_error_that_is_null_is_none(void **state)
{
    (void)state;
    assert_answer("openai", "data: {\"error\":null,\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n" FINISH,
                  ONLY_TEXT("a"));
}

/* ---- what is passed over ---- */

static void test_read__choices_may_be_empty_missing_or_of_another_answer(void **state)
{
    (void)state;
    assert_answer(
        "openai",
        "data: {}\n\ndata: {\"choices\":[]}\n\ndata: {\"choices\":null}\n\n"
        "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"no\"},\"finish_reason\":\"stop\"}]}\n\n" TEXT("a")
            FINISH,
        ONLY_TEXT("a"));
}

static void test_read__a_finish_may_be_null_empty_or_beside_text(void **state)
{
    (void)state;
    assert_answer("openai",
                  "data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":null}]}\n\n"
                  "data: {\"choices\":[{\"delta\":{\"content\":\"b\"},\"finish_reason\":\"\"}]}\n\n"
                  "data: {\"choices\":[{\"delta\":{\"content\":\"c\"},\"finish_reason\":\"eos_token\"}]}\n\n",
                  ONLY_TEXT("abc"));
    assert_answer("openai",
                  "data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"content_filter\"}]}\n\n",
                  "finish: filter, fault: content_filtered, usage: unknown\nreasoning: \ntext: a\n");
}

static void test_read__what_is_no_token_is_none(void **state)
{
    struct reading r;

    (void)state;
    reading_begin(&r, "openai");
    reading_add(&r, STR(": ping\n\n" DELTA("\"role\":\"assistant\",\"content\":null") TEXT("") "data: {}\n\n"));
    assert_false(r.read.has_token);
    reading_add(&r, STR(TEXT("<")));
    assert_true(r.read.has_token); /* though it is held back */
    assert_int_equal(r.text.len, 0);
    reading_release(&r);
}

/* ---- usage ---- */

static void test_read__the_last_usage_counts(void **state)
{
    (void)state;
    assert_answer(
        "openai",
        "data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}],"
        "\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}}\n\n"
        "data: {\"choices\":[{\"index\":0,\"delta\":{}}],\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":7,"
        "\"prompt_tokens_details\":{\"cached_tokens\":4},\"completion_tokens_details\":{\"reasoning_tokens\":3}}}\n\n"
        "data: {\"choices\":[],\"usage\":null}\n\n" DONE,
        "finish: stop, fault: none, usage: 12/4/7/3\nreasoning: \ntext: a\n");
}

static void test_read__counts_that_cannot_be_are_bounded(void **state)
{
    struct reading r;

    (void)state;
    reading_begin(&r, "openai");
    reading_add(&r, STR("data: {\"usage\":{\"prompt_tokens\":1e300,\"completion_tokens\":-5}}\n\n"));
    assert_int_equal(r.read.usage.prompt, AI_TOKENS_MAX);
    assert_int_equal(r.read.usage.completion, 0);
    reading_add(&r, STR("data: {\"seed\":18446744073709551615,\"usage\":{\"prompt_tokens\":7}}\n\n"));
    assert_int_equal(r.read.usage.prompt, 7);
    assert_int_equal(r.read.fault, AI_FAULT_NONE);
    reading_release(&r);
}

/* ---- characters ---- */

static void test_read__halves_of_a_character_are_put_together(void **state)
{
    (void)state;
    assert_answer("openai", TEXT("a\\ud83d") TEXT("") TEXT("\\ude00b") FINISH,
                  ONLY_TEXT("a\xF0\x9F\x98\x80"
                            "b"));
    assert_answer("openai", TEXT("\\ud83d\\ude00") FINISH, ONLY_TEXT("\xF0\x9F\x98\x80"));
    assert_answer("openai", DELTA("\"reasoning\":\"\\ud83d\"") DELTA("\"reasoning\":\"\\ude00\"") TEXT("a") FINISH,
                  STOPPED "reasoning: \xF0\x9F\x98\x80\ntext: a\n");
}

static void test_read__what_no_text_can_hold_is_replaced(void **state)
{
    (void)state;
    assert_answer("openai", TEXT("a\\ud83d") TEXT("b") FINISH,
                  ONLY_TEXT("a\xEF\xBF\xBD"
                            "b"));
    assert_answer("openai", TEXT("\\ude00b\\ud83dc\\ude00") FINISH,
                  ONLY_TEXT("\xEF\xBF\xBD"
                            "b\xEF\xBF\xBD"
                            "c\xEF\xBF\xBD"));
    assert_answer("openai", TEXT("a\\u0000b\\ud83d") FINISH,
                  ONLY_TEXT("a\xEF\xBF\xBD"
                            "b\xEF\xBF\xBD"));
    assert_answer("openai", TEXT("\xC3(\xE2\x82 \xF0\x9F\x98") FINISH,
                  ONLY_TEXT("\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"));
    assert_answer("openai", TEXT("\\ufdd0\xEF\xB7\xAF\\ufdef") FINISH,
                  ONLY_TEXT("\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"));
    assert_answer("openai", TEXT("\\\\u0000 \\\"\\u00e4\\ud83d") FINISH, ONLY_TEXT("\\u0000 \"\xC3\xA4\xEF\xBF\xBD"));
}

/* ---- reasoning ---- */

static void test_read__reasoning_has_two_names(void **state)
{
    (void)state;
    assert_answer("openai", DELTA("\"reasoning\":\"a\"") DELTA("\"reasoning_content\":\"b\"") TEXT("c") FINISH,
                  STOPPED "reasoning: ab\ntext: c\n");
    assert_answer("openai", DELTA("\"reasoning\":\"a\",\"reasoning_content\":\"a\"") TEXT("c") FINISH,
                  STOPPED "reasoning: a\ntext: c\n");
    assert_answer("openai",
                  DELTA("\"content\":[{\"type\":\"thinking\",\"thinking\":[{\"type\":\"text\",\"text\":\"a\"}]}]")
                      DELTA("\"content\":[{\"type\":\"text\",\"text\":\"c\"}]") FINISH,
                  STOPPED "reasoning: a\ntext: c\n");
}

static void test_read__a_tag_that_opens_the_answer_is_reasoning(void **state)
{
    (void)state;
    assert_answer("openai", TEXT("<think>a</think>\\n\\nb") FINISH, STOPPED "reasoning: a\ntext: b\n");
    assert_answer("openai",
                  TEXT("\\n<") TEXT("thought") TEXT(">a</th") TEXT("ought") TEXT(">") TEXT(" ") TEXT("b ") FINISH,
                  STOPPED "reasoning: a\ntext: b \n");
    assert_answer("openai", TEXT("<thinking>a</think>b</thinking>c</thinking>") FINISH,
                  STOPPED "reasoning: a</think>b\ntext: c</thinking>\n");
    assert_answer("openai", TEXT("<think>a</thi") FINISH, STOPPED "reasoning: a</thi\ntext: \n");
    assert_answer("openai", TEXT("<think>a\\ud83d") FINISH, STOPPED "reasoning: a\xEF\xBF\xBD\ntext: \n");
}

static void test_read__a_tag_anywhere_else_is_text(void **state)
{
    (void)state;
    assert_answer("openai", TEXT("a <think>b</think>") FINISH, ONLY_TEXT("a <think>b</think>"));
    assert_answer("openai", TEXT(" <th") TEXT("ink of it") FINISH, ONLY_TEXT(" <think of it"));
    assert_answer("openai", TEXT(" \\n<thin") FINISH, ONLY_TEXT(" \n<thin"));
    assert_answer("openai", TEXT("<think>a</think>b<think>c</think>") FINISH,
                  STOPPED "reasoning: a\ntext: b<think>c</think>\n");
}

/* ---- calls ---- */

#define CALL(members) DELTA("\"tool_calls\":[{" members "}]")
#define TOOLS "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n"
#define CALLED(calls) "finish: tools, fault: none, usage: unknown\n" calls "reasoning: \ntext: \n"

static void test_read__calls_are_put_together_by_index(void **state)
{
    (void)state;
    assert_answer("openai",
                  CALL("\"index\":0,\"id\":\"x\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}")
                      CALL("\"index\":0,\"function\":{\"arguments\":\"{\\\"a\\\":\"}")
                          CALL("\"index\":1,\"id\":\"y\",\"function\":{\"name\":\"g\",\"arguments\":\"{\"}")
                              CALL("\"index\":0,\"function\":{\"arguments\":\"1}\"}")
                                  CALL("\"index\":1,\"function\":{\"arguments\":\"}\"}") TOOLS DONE,
                  CALLED("call: f {\"a\":1}\ncall: g {}\n"));
}

static void test_read__an_id_is_worth_more_than_an_index(void **state)
{
    (void)state;
    assert_answer("openai",
                  CALL("\"index\":0,\"id\":\"x\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}")
                      CALL("\"index\":0,\"id\":\"y\",\"function\":{\"name\":\"g\",\"arguments\":\"[\"}")
                          CALL("\"index\":0,\"id\":\"y\",\"function\":{\"name\":\"g\",\"arguments\":\"]\"}")
                              CALL("\"function\":{\"arguments\":\" \"}") TOOLS,
                  CALLED("call: f {}\ncall: g [] \n"));
}

static void test_read__calls_are_counted(void **state)
{
    struct reading r;
    char event[200];

    (void)state;
    reading_begin(&r, "openai");
    for (int i = 0; i <= AI_CALLS_MAX; i++) {
        (void)snprintf(event, sizeof(event), CALL("\"index\":%d,\"id\":\"%d\",\"function\":{\"name\":\"f\"}"), i, i);
        reading_add(&r, str_from(event));
    }
    assert_int_equal(r.read.call_count, AI_CALLS_MAX);
    assert_int_equal(r.read.fault, AI_FAULT_TOO_LONG);
    reading_release(&r);
}

/* ---- limits ---- */

static void test_read__an_answer_has_a_greatest_length(void **state)
{
    struct reading r;
    struct buf event;

    (void)state;
    buf_init(&event, MIB);
    buf_addf(&event, TEXT("%0100000d"), 0);
    reading_begin(&r, "openai");
    for (int i = 0; i < 50; i++)
        reading_add(&r, buf_str(&event));
    assert_int_equal(r.read.fault, AI_FAULT_TOO_LONG);
    assert_int_equal(r.text.len, AI_ANSWER_MAX_BYTES / 100000 * 100000);
    reading_release(&r);
    buf_release(&event);
}

static void test_read__an_event_has_a_greatest_length(void **state)
{
    struct reading r;
    struct buf event;

    (void)state;
    buf_init(&event, 4 * MIB);
    buf_addf(&event, TEXT("%0*d"), (int)AI_EVENT_MAX_BYTES, 0);
    reading_begin(&r, "openai");
    reading_add(&r, STR(TEXT("a")));
    reading_add(&r, buf_str(&event));
    assert_int_equal(r.read.fault, AI_FAULT_TOO_LONG);
    assert_str(buf_str(&r.text), "a");
    reading_release(&r);
    buf_release(&event);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read__done_or_a_finish_ends_an_answer),
        cmocka_unit_test(test_read__an_end_without_either_is_cut_off),
        cmocka_unit_test(test_read__nothing_is_no_answer),
        cmocka_unit_test(test_read__what_is_no_json_ends_it),
        cmocka_unit_test(test_read__an_error_inside_keeps_the_text_so_far),
        cmocka_unit_test(test_read__an_error_that_is_null_is_none),
        cmocka_unit_test(test_read__choices_may_be_empty_missing_or_of_another_answer),
        cmocka_unit_test(test_read__a_finish_may_be_null_empty_or_beside_text),
        cmocka_unit_test(test_read__what_is_no_token_is_none),
        cmocka_unit_test(test_read__the_last_usage_counts),
        cmocka_unit_test(test_read__counts_that_cannot_be_are_bounded),
        cmocka_unit_test(test_read__halves_of_a_character_are_put_together),
        cmocka_unit_test(test_read__what_no_text_can_hold_is_replaced),
        cmocka_unit_test(test_read__reasoning_has_two_names),
        cmocka_unit_test(test_read__a_tag_that_opens_the_answer_is_reasoning),
        cmocka_unit_test(test_read__a_tag_anywhere_else_is_text),
        cmocka_unit_test(test_read__calls_are_put_together_by_index),
        cmocka_unit_test(test_read__an_id_is_worth_more_than_an_index),
        cmocka_unit_test(test_read__calls_are_counted),
        cmocka_unit_test(test_read__an_answer_has_a_greatest_length),
        cmocka_unit_test(test_read__an_event_has_a_greatest_length),
    };
    return cmocka_run_group_tests(tests, read_setup, read_teardown);
}
