#include "unit.h"

#include <pthread.h>

#include "parley/core/limits.h"
#include "parley/core/trace.h"

#define ID "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00-" ID "-00f067aa0ba902b7-01"

static const struct str none = { NULL, 0 };

static enum err read_c(const char *parent, struct trace *trace)
{
    return trace_read(str_from(parent), none, trace);
}

static void test_trace__is_taken_with_a_span_of_our_own(void **state)
{
    (void)state;
    struct trace a, b;
    char id[TRACE_ID_TEXT_BYTES], span[TRACE_SPAN_TEXT_BYTES], other[TRACE_SPAN_TEXT_BYTES];

    assert_ok(read_c(PARENT, &a));
    assert_ok(read_c(PARENT, &b));
    trace_write_ids(&a, id, span);
    assert_string_equal(id, ID);
    assert_string_not_equal(span, "00f067aa0ba902b7");
    trace_write_ids(&b, id, other);
    assert_string_not_equal(span, other);
}

static void test_trace__malformed_parents_are_none(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "00",
        ID,
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-" ID "-0000000000000000-01",
        "ff-" ID "-00f067aa0ba902b7-01",
        "00-" ID "-00f067aa0ba902b7-0",
        "00-" ID "-00f067aa0ba902b7-01-more",
        "00-" ID "-00f067aa0ba902b7-011",
        "01-" ID "-00f067aa0ba902b7-011",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00_" ID "_00f067aa0ba902b7_01",
        "0g-" ID "-00f067aa0ba902b7-01",
        PARENT ", " PARENT,
    };
    struct trace trace = { .flags = 7 };

    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(read_c(bad[i], &trace), ERR_INVALID);
    assert_int_equal(trace_read(none, STR("a=1"), &trace), ERR_INVALID);
    assert_int_equal(trace.flags, 7);
}

static void test_trace__later_versions_may_have_more(void **state)
{
    (void)state;
    struct trace trace;
    char text[TRACE_PARENT_TEXT_BYTES];

    assert_ok(read_c("01-" ID "-00f067aa0ba902b7-ff-more", &trace));
    trace_write(&trace, text);
    assert_memory_equal(text, "00-" ID "-", 36);
    assert_string_equal(text + 52, "-03"); /* flags that version 00 does not know are 0 */
    assert_ok(read_c("cc-" ID "-00f067aa0ba902b7-00", &trace));
    assert_int_equal(trace.flags, 0);
}

static void test_trace__state_is_passed_on_where_it_is_one(void **state)
{
    (void)state;
    static char longest[TRACE_STATE_MAX_BYTES + 2], many[33 * 4 + 1];
    struct trace trace;

    assert_ok(trace_read(STR(PARENT), STR(" congo=t61rcWkgMzE,,rojo=00f067aa "), &trace));
    assert_string_equal(trace.state, "congo=t61rcWkgMzE,,rojo=00f067aa");
    memset(longest, 'x', sizeof(longest) - 1);
    longest[1] = '=';
    assert_ok(trace_read(STR(PARENT), str_from(longest), &trace));
    assert_string_equal(trace.state, "");
    longest[TRACE_STATE_MAX_BYTES] = '\0';
    assert_ok(trace_read(STR(PARENT), str_from(longest), &trace));
    assert_string_equal(trace.state, longest);
    for (size_t i = 0; i < 33; i++)
        memcpy(many + 4 * i, "a=1,", 5);
    assert_ok(trace_read(STR(PARENT), str_from(many), &trace));
    assert_string_equal(trace.state, "");
    static const char *const bad[] = { "word", "=1", "a=1\r\nEvil: 1", "a=\x7f", ",", "a=1,b" };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_ok(trace_read(STR(PARENT), str_from(bad[i]), &trace));
        assert_string_equal(trace.state, "");
    }
}

static void test_trace__each_outgoing_request_is_a_child_of_its_own(void **state)
{
    (void)state;
    struct trace_headers first, second;
    struct trace trace;
    char own[TRACE_PARENT_TEXT_BYTES];

    assert_ok(trace_read(STR(PARENT), STR("a=1"), &trace));
    trace_headers(&trace, &first);
    trace_headers(&trace, &second);
    trace_write(&trace, own);
    assert_memory_equal(first.parent, "traceparent: 00-" ID "-", 49);
    assert_int_equal(strlen(first.parent), strlen("traceparent: " PARENT));
    assert_string_equal(first.parent + strlen(first.parent) - 3, "-01");
    assert_string_not_equal(first.parent, second.parent);
    assert_null(strstr(first.parent, own));
    assert_string_equal(first.state, "tracestate: a=1");
    assert_ok(read_c(first.parent + strlen("traceparent: "), &trace));
    trace_headers(NULL, &first);
    assert_string_equal(first.parent, "");
    assert_string_equal(first.state, "");
}

static void *other_thread(void *arg)
{
    *(const struct trace **)arg = trace_current();
    return NULL;
}

static void test_trace__belongs_to_a_thread(void **state)
{
    (void)state;
    struct trace trace;
    const struct trace *seen = &trace;
    pthread_t thread;

    assert_null(trace_current());
    assert_ok(read_c(PARENT, &trace));
    trace_begin(&trace);
    trace.flags = 0;
    assert_int_equal(trace_current()->flags, 1);
    assert_int_equal(pthread_create(&thread, NULL, other_thread, &seen), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_null(seen);
    trace_begin(NULL);
    assert_null(trace_current());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trace__is_taken_with_a_span_of_our_own),
        cmocka_unit_test(test_trace__malformed_parents_are_none),
        cmocka_unit_test(test_trace__later_versions_may_have_more),
        cmocka_unit_test(test_trace__state_is_passed_on_where_it_is_one),
        cmocka_unit_test(test_trace__each_outgoing_request_is_a_child_of_its_own),
        cmocka_unit_test(test_trace__belongs_to_a_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
