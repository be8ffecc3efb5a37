#include "parley/ai/sse.h"

#include "parley/core/limits.h"
#include "unit.h"

static enum err note(void *arg, struct str event, struct str data)
{
    struct buf *seen = arg;

    buf_add_c(seen, "[");
    buf_add(seen, event);
    buf_add_c(seen, "|");
    buf_add(seen, data);
    buf_add_c(seen, "]");
    return ERR_OK;
}

static void check_cut(struct str stream, size_t cut, const char *expected)
{
    struct sse sse;
    struct buf seen;

    buf_init(&seen, MIB);
    sse_init(&sse, note, &seen);
    assert_ok(sse_add(&sse, str_head(stream, cut)));
    assert_ok(sse_add(&sse, str_tail(stream, cut)));
    assert_ok(sse_end(&sse));
    if (!str_eq_c(buf_str(&seen), expected))
        fail_msg("cut at %zu: %s, not %s\n", cut, seen.ptr, expected);
    sse_release(&sse);
    buf_release(&seen);
}

/* `stream` gives these events, wherever it is cut. */
static void check(const char *stream, const char *expected)
{
    for (size_t cut = 0; cut <= strlen(stream); cut++)
        check_cut(str_from(stream), cut, expected);
}

static void test_sse__lines_end_in_any_of_three_ways(void **state)
{
    (void)state;
    check("data: a\n\ndata: b\n\n", "[|a][|b]");
    check("data: a\r\n\r\ndata: b\r\n\r\n", "[|a][|b]");
    check("data: a\r\rdata: b\r\r", "[|a][|b]");
    check("data: a\r\n\ndata: b\n\r\n", "[|a][|b]");
    check("data: a\r\ndata: b\r\n\r\n", "[|a\nb]");
}

static void test_sse__a_blank_behind_the_colon_may_be_missing(void **state)
{
    (void)state;
    check("data:a\n\n", "[|a]");
    check("data:  a\n\n", "[| a]");
}

static void test_sse__data_lines_join(void **state)
{
    (void)state;
    check("data: a\ndata\ndata: b\n\n", "[|a\n\nb]");
    check("data:\n\n", "[|]");
}

static void test_sse__names_belong_to_one_event(void **state)
{
    (void)state;
    check("event: x\ndata: a\n\ndata: b\n\n", "[x|a][|b]");
    check("event: x\n\ndata: a\n\n", "[|a]");
}

static void test_sse__comments_and_other_fields_are_passed_over(void **state)
{
    (void)state;
    check(": OPENROUTER PROCESSING\n\nid: 1\nretry: 2\nwhat\ndata: a\n\n:\n\n", "[|a]");
}

static void test_sse__an_error_line_is_an_error_event(void **state)
{
    (void)state;
    check("data: a\n\nerror: {\"code\":1}\n\n", "[|a][error|{\"code\":1}]");
}

static void test_sse__a_last_event_needs_no_blank_line(void **state)
{
    (void)state;
    check("data: a\n\ndata: b\n", "[|a][|b]");
    check("data: a\n\ndata: b", "[|a][|b]");
}

static void test_sse__a_byte_order_mark_is_ignored_in_front_only(void **state)
{
    (void)state;
    check("\xEF\xBB\xBF"
          "data: a\n\n\xEF\xBB\xBF"
          "data: b\n\n",
          "[|a]");
}

static void test_sse__a_long_name_is_cut(void **state)
{
    char stream[200], expected[200];

    (void)state;
    (void)snprintf(stream, sizeof(stream), "event: %0100d\ndata: a\n\n", 0);
    (void)snprintf(expected, sizeof(expected), "[%0*d|a]", SSE_NAME_MAX_BYTES, 0);
    check(stream, expected);
}

/* Feeds `piece` until it is refused, and gives how many bytes were taken. */
static size_t feed(struct sse *sse, struct str piece, enum err wanted)
{
    size_t taken = 0;
    enum err e = ERR_OK;

    while (e == ERR_OK && taken < 2 * AI_EVENT_MAX_BYTES) {
        e = sse_add(sse, piece);
        taken += piece.len;
    }
    assert_err(e, wanted);
    return taken;
}

static void test_sse__events_and_lines_have_a_greatest_length(void **state)
{
    char line[1024];
    struct sse sse;
    struct buf seen;

    (void)state;
    memset(line, 'x', sizeof(line));
    buf_init(&seen, MIB);
    sse_init(&sse, note, &seen);
    assert_true(feed(&sse, (struct str){ line, sizeof(line) }, ERR_TOO_LARGE) > AI_EVENT_MAX_BYTES);
    sse_release(&sse);
    memcpy(line, "data: ", 6);
    line[sizeof(line) - 1] = '\n';
    sse_init(&sse, note, &seen);
    assert_true(feed(&sse, (struct str){ line, sizeof(line) }, ERR_TOO_LARGE) > AI_EVENT_MAX_BYTES);
    assert_int_equal(seen.len, 0);
    sse_release(&sse);
    buf_release(&seen);
}

static enum err refuse(void *arg, struct str event, struct str data)
{
    (void)arg, (void)event, (void)data;
    return ERR_NO_MEMORY;
}

static void test_sse__an_error_of_the_reader_ends_it(void **state)
{
    struct sse sse;

    (void)state;
    sse_init(&sse, refuse, NULL);
    assert_err(sse_add(&sse, STR("data: a\n\ndata: b\n\n")), ERR_NO_MEMORY);
    sse_release(&sse);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sse__lines_end_in_any_of_three_ways),
        cmocka_unit_test(test_sse__a_blank_behind_the_colon_may_be_missing),
        cmocka_unit_test(test_sse__data_lines_join),
        cmocka_unit_test(test_sse__names_belong_to_one_event),
        cmocka_unit_test(test_sse__comments_and_other_fields_are_passed_over),
        cmocka_unit_test(test_sse__an_error_line_is_an_error_event),
        cmocka_unit_test(test_sse__a_last_event_needs_no_blank_line),
        cmocka_unit_test(test_sse__a_byte_order_mark_is_ignored_in_front_only),
        cmocka_unit_test(test_sse__a_long_name_is_cut),
        cmocka_unit_test(test_sse__events_and_lines_have_a_greatest_length),
        cmocka_unit_test(test_sse__an_error_of_the_reader_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
