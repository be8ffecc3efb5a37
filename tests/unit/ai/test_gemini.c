/* Streams written after the documents of Google's Gemini API. */
#include "read_fixture.h"

#define EVENT(members) "data: {" members "}\r\n\r\n"
#define PARTS(parts, more) \
    EVENT("\"candidates\":[{\"content\":{\"parts\":[" parts "],\"role\":\"model\"},\"index\":0" more "}]")
#define USAGE \
    "\"usageMetadata\":{\"promptTokenCount\":20,\"cachedContentTokenCount\":8,\"candidatesTokenCount\":5," \
    "\"thoughtsTokenCount\":7,\"totalTokenCount\":32}"

static void test_gemini__an_answer_ends_with_the_connection(void **state)
{
    (void)state;
    assert_answer("gemini",
                  PARTS("{\"text\":\"Hello\"}", "") PARTS("{\"text\":\" you\"}", ",\"finishReason\":\"STOP\"")
                      EVENT(USAGE),
                  "finish: stop, fault: none, usage: 20/8/12/7\nreasoning: \ntext: Hello you\n");
    assert_answer("gemini", PARTS("{\"text\":\"Hello\"}", ""),
                  "finish: none, fault: cut_off, usage: unknown\nreasoning: \ntext: Hello\n");
}

static void test_gemini__the_last_event_may_have_no_parts(void **state)
{
    (void)state;
    assert_answer("gemini",
                  PARTS("{\"text\":\"a\"}", "") EVENT("\"candidates\":[{\"content\":{\"role\":\"model\"},"
                                                      "\"finishReason\":\"MAX_TOKENS\",\"index\":0}]," USAGE),
                  "finish: length, fault: none, usage: 20/8/12/7\nreasoning: \ntext: a\n");
    assert_answer("gemini", PARTS("{\"text\":\"a\"}", "") EVENT("\"candidates\":[{\"finishReason\":\"STOP\"}]"),
                  "finish: stop, fault: none, usage: unknown\nreasoning: \ntext: a\n");
}

static void test_gemini__thoughts_and_calls(void **state)
{
    (void)state;
    assert_answer("gemini",
                  PARTS("{\"text\":\"hm\",\"thought\":true},{\"text\":\"a\"}", "") PARTS(
                      "{\"functionCall\":{\"name\":\"f\",\"args\":{\"a\":1}}},{\"functionCall\":{\"name\":\"f\"}}",
                      ",\"finishReason\":\"STOP\""),
                  "finish: stop, fault: none, usage: unknown\ncall: f {\"a\":1}\ncall: f {}\nreasoning: hm\ntext: a\n");
}

static void test_gemini__what_was_refused_says_so(void **state)
{
    (void)state;
    assert_answer("gemini", EVENT("\"promptFeedback\":{\"blockReason\":\"SAFETY\"}," USAGE),
                  "finish: filter, fault: content_filtered, usage: 20/8/12/7\nreasoning: \ntext: \n");
    assert_answer("gemini", PARTS("{\"text\":\"a\"}", ",\"finishReason\":\"RECITATION\""),
                  "finish: filter, fault: content_filtered, usage: unknown\nreasoning: \ntext: a\n");
}

static void test_gemini__an_error_inside(void **state)
{
    (void)state;
    assert_answer("gemini", EVENT("\"error\":{\"code\":503,\"message\":\"overloaded\",\"status\":\"UNAVAILABLE\"}"),
                  "finish: none, fault: overloaded, usage: unknown\nreasoning: \ntext: \n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gemini__an_answer_ends_with_the_connection),
        cmocka_unit_test(test_gemini__the_last_event_may_have_no_parts),
        cmocka_unit_test(test_gemini__thoughts_and_calls),
        cmocka_unit_test(test_gemini__what_was_refused_says_so),
        cmocka_unit_test(test_gemini__an_error_inside),
    };
    return cmocka_run_group_tests(tests, read_setup, read_teardown);
}
