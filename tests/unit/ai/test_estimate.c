#include "parley/ai/estimate.h"

#include "unit.h"

static void test_estimate__bytes_by_bytes_per_token(void **state)
{
    (void)state;
    assert_int_equal(estimate_tokens(0, ESTIMATE_START_MILLI), 0);
    assert_int_equal(estimate_tokens(1, ESTIMATE_START_MILLI), 1);
    assert_int_equal(estimate_tokens(3200, ESTIMATE_START_MILLI), 1000);
    assert_int_equal(estimate_tokens(100, 0), 200);
    assert_int_equal(estimate_tokens(1600, 1000000), 100);
}

static void test_estimate__a_question_is_its_texts_its_messages_and_its_images(void **state)
{
    const struct ai_part parts[] = { { .kind = AI_PART_TEXT, .text = STR_INIT("0123456789") },
                                     { .kind = AI_PART_IMAGE, .text = STR_INIT("0123456789") } };
    const struct ai_message messages[] = {
        { .role = AI_USER, .name = STR_INIT("0123456789"), .parts = parts, .part_count = 2 },
        { .role = AI_USER, .parts = parts, .part_count = 1 }
    };
    struct ai_ask ask = {
        .system = STR_INIT("0123456789"), .messages = messages, .message_count = 2, .flags = AI_IMAGES
    };

    (void)state;
    assert_int_equal(estimate_ask(&ask, 1000), 3 * 4 + 40 + 1000);
    ask.flags = 0;
    assert_int_equal(estimate_ask(&ask, 1000), 3 * 4 + 50);
}

/* Russian against the guess: 7 bytes a token. */
static void test_estimate__it_learns_what_a_provider_counts(void **state)
{
    int milli = ESTIMATE_START_MILLI;

    (void)state;
    assert_int_equal(estimate_learn(3200, 1000, 1000), 3200);
    assert_int_equal(estimate_learn(3200, 1000, 500), 3600);
    for (int i = 0; i < 40; i++)
        milli = estimate_learn(milli, estimate_tokens(70000, milli), 10000);
    assert_in_range(milli, 6900, 7000);
}

static void test_estimate__it_keeps_its_bounds(void **state)
{
    int milli = ESTIMATE_START_MILLI;

    (void)state;
    assert_int_equal(estimate_learn(3200, 0, 10), 3200);
    assert_int_equal(estimate_learn(3200, 10, 0), 3200);
    assert_in_range(estimate_learn(3200, INT64_MAX, 1), 3200, 4800);
    for (int i = 0; i < 100; i++)
        milli = estimate_learn(milli, 1, 1000000);
    assert_int_equal(milli, ESTIMATE_MIN_MILLI);
}

static void test_estimate__a_dropped_front_shows(void **state)
{
    (void)state;
    assert_true(estimate_is_truncated(1000, 599));
    assert_false(estimate_is_truncated(1000, 600));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_estimate__bytes_by_bytes_per_token),
        cmocka_unit_test(test_estimate__a_question_is_its_texts_its_messages_and_its_images),
        cmocka_unit_test(test_estimate__it_learns_what_a_provider_counts),
        cmocka_unit_test(test_estimate__it_keeps_its_bounds),
        cmocka_unit_test(test_estimate__a_dropped_front_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
