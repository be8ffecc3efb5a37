/* Streams written after Anthropic's documents. */
#include "read_fixture.h"

#define EVENT(type, members) "event: " type "\ndata: {\"type\":\"" type "\"" members "}\n\n"
#define START \
    EVENT("message_start", ",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[]," \
                           "\"model\":\"x\",\"stop_reason\":null,\"usage\":{\"input_tokens\":10," \
                           "\"cache_creation_input_tokens\":5,\"cache_read_input_tokens\":3,\"output_tokens\":1}}")
#define BLOCK(index, block) EVENT("content_block_start", ",\"index\":" index ",\"content_block\":{" block "}")
#define DELTA(index, delta) EVENT("content_block_delta", ",\"index\":" index ",\"delta\":{" delta "}")
#define BLOCK_STOP(index) EVENT("content_block_stop", ",\"index\":" index)
#define TEXT(text) DELTA("0", "\"type\":\"text_delta\",\"text\":\"" text "\"")
#define FINISH(reason) \
    EVENT("message_delta", \
          ",\"delta\":{\"stop_reason\":\"" reason "\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":9}")
#define STOP EVENT("message_stop", "")
#define PING EVENT("ping", "")

static void test_anthropic__an_answer(void **state)
{
    (void)state;
    assert_answer("anthropic",
                  START BLOCK("0", "\"type\":\"text\",\"text\":\"\"") PING TEXT("Hello") TEXT(" you") BLOCK_STOP("0")
                      FINISH("end_turn") STOP,
                  "finish: stop, fault: none, usage: 18/3/9/0\nreasoning: \ntext: Hello you\n");
}

static void test_anthropic__reasoning_and_calls(void **state)
{
    (void)state;
    assert_answer(
        "anthropic",
        START BLOCK("0", "\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"")
            DELTA("0", "\"type\":\"thinking_delta\",\"thinking\":\"hm\"")
                DELTA("0", "\"type\":\"signature_delta\",\"signature\":\"Eqo\"") BLOCK_STOP("0")
                    BLOCK("1", "\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{}")
                        DELTA("1", "\"type\":\"input_json_delta\",\"partial_json\":\"\"")
                            DELTA("1", "\"type\":\"input_json_delta\",\"partial_json\":\"{\\\"a\\\":\"")
                                DELTA("1", "\"type\":\"input_json_delta\",\"partial_json\":\"1}\"") BLOCK_STOP("1")
                                    BLOCK("2", "\"type\":\"tool_use\",\"id\":\"t2\",\"name\":\"g\",\"input\":{}")
                                        FINISH("tool_use") STOP,
        "finish: tools, fault: none, usage: 18/3/9/0\ncall: f {\"a\":1}\ncall: g \nreasoning: hm\ntext: \n");
}

static void test_anthropic__each_end_has_its_finish(void **state)
{
    (void)state;
    assert_answer("anthropic", START TEXT("a") FINISH("max_tokens") STOP,
                  "finish: length, fault: none, usage: 18/3/9/0\nreasoning: \ntext: a\n");
    assert_answer("anthropic", START TEXT("a") FINISH("model_context_window_exceeded") STOP,
                  "finish: length, fault: none, usage: 18/3/9/0\nreasoning: \ntext: a\n");
    assert_answer("anthropic", START TEXT("a") FINISH("refusal") STOP,
                  "finish: filter, fault: content_filtered, usage: 18/3/9/0\nreasoning: \ntext: a\n");
    assert_answer("anthropic", START TEXT("a"),
                  "finish: none, fault: cut_off, usage: 18/3/1/0\nreasoning: \ntext: a\n");
}

static void test_anthropic__an_error_after_200(void **state)
{
    (void)state;
    assert_answer("anthropic",
                  START TEXT("a")
                      EVENT("error", ",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}"),
                  "finish: none, fault: overloaded, usage: 18/3/1/0\nreasoning: \ntext: a\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_anthropic__an_answer),
        cmocka_unit_test(test_anthropic__reasoning_and_calls),
        cmocka_unit_test(test_anthropic__each_end_has_its_finish),
        cmocka_unit_test(test_anthropic__an_error_after_200),
    };
    return cmocka_run_group_tests(tests, read_setup, read_teardown);
}
