#include "parley/core/clock.h"

#include <time.h>

#include "clock_fixture.h"

static void test_clock__formats_utc_with_microseconds(void **state)
{
    (void)state;
    char text[CLOCK_TEXT_BYTES];
    clock_format(INT64_C(1700000000123456), text);
    assert_string_equal(text, "2023-11-14T22:13:20.123456Z");
    clock_format(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999999Z");
    clock_format_day(INT64_C(1369353600) * US_PER_S, text);
    assert_string_equal(text, "20130524");
    clock_format_basic(INT64_C(1369353600) * US_PER_S, text);
    assert_string_equal(text, "20130524T000000Z");
}

/* Each day of an era of 400 years, and some of each year from 1 to 9999, against the C library. */
static void test_clock__knows_every_day(void **state)
{
    (void)state;
    const int64_t day_us = 24 * 60 * US_PER_MINUTE;
    const int64_t first = -719162, last = 2932896;

    for (int64_t days = first; days <= last; days += days >= -62000 && days <= 84098 ? 1 : 31) {
        char text[CLOCK_TEXT_BYTES], wanted[64];
        time_t seconds = (time_t)(days * 86400 + 86399);
        struct tm t;
        assert_non_null(gmtime_r(&seconds, &t));
        assert_true(strftime(wanted, sizeof(wanted), "-%m-%dT%H:%M:%S.999999Z", &t) > 0);
        clock_format(days * day_us + day_us - 1, text);
        assert_int_equal(strtol(text, NULL, 10), t.tm_year + 1900);
        assert_string_equal(text + 4, wanted);
    }
}

static void assert_parses(const char *text, int64_t wanted_us)
{
    int64_t got_us = 0;
    assert_ok(clock_parse(str_from(text), &got_us));
    assert_true(got_us == wanted_us);
}

static void test_clock__parses_offsets_by_converting_them(void **state)
{
    (void)state;
    assert_parses("2023-11-14T22:13:20Z", INT64_C(1700000000000000));
    assert_parses("2023-11-15T03:43:20+05:30", INT64_C(1700000000000000));
    assert_parses("2023-11-14T17:13:20.5-05:00", INT64_C(1700000000500000));
    assert_parses("2023-11-14 22:13:20.123456789", INT64_C(1700000000123456));
    assert_parses("2024-02-29T00:00:00Z", INT64_C(1709164800000000));
    assert_parses("0001-01-01T00:00:00Z", INT64_C(-62135596800000000));
}

static void test_clock__refuses_what_is_no_time(void **state)
{
    (void)state;
    const char *bad[] = { "",
                          "2023-11-14",
                          "2023-02-29T00:00:00Z",
                          "2023-13-01T00:00:00Z",
                          "2023-11-14T24:00:00Z",
                          "2023-11-14T22:13:20.Z",
                          "2023-11-14T22:13:20Zx",
                          "2023-11-14T22:13:20+25:00",
                          "2023-11-14T22:13:20+0500",
                          "0000-01-01T00:00:00Z",
                          "2023-1-14T22:13:20Z" };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        int64_t t = 7;
        assert_err(clock_parse(str_from(bad[i]), &t), ERR_INVALID);
        assert_true(t == 7);
    }
}

#ifdef TEST_CLOCK
static void test_clock__is_ahead_by_what_a_test_says(void **state)
{
    int64_t wall_us = clock_now_us(), monotonic_us = clock_monotonic_us();

    (void)state;
    clock_set_ahead(US_PER_HOUR);
    assert_true(clock_now_us() - wall_us >= US_PER_HOUR && clock_now_us() - wall_us < US_PER_HOUR + US_PER_MINUTE);
    assert_true(clock_monotonic_us() - monotonic_us >= US_PER_HOUR);
    clock_set_ahead(0);
    assert_true(clock_now_us() - wall_us < US_PER_MINUTE);
}

static void test_clock__deadlines_are_of_the_systems_clock(void **state)
{
    struct timespec now, until;

    (void)state;
    clock_set_ahead(US_PER_HOUR);
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    until = clock_deadline(clock_monotonic_us() + 5 * US_PER_S);
    clock_set_ahead(0);
    assert_true(until.tv_sec - now.tv_sec >= 4 && until.tv_sec - now.tv_sec < 60);
    assert_true(until.tv_nsec >= 0 && until.tv_nsec < 1000000000L);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clock__formats_utc_with_microseconds),
        cmocka_unit_test(test_clock__knows_every_day),
        cmocka_unit_test(test_clock__parses_offsets_by_converting_them),
        cmocka_unit_test(test_clock__refuses_what_is_no_time),
#ifdef TEST_CLOCK
        cmocka_unit_test(test_clock__is_ahead_by_what_a_test_says),
        cmocka_unit_test(test_clock__deadlines_are_of_the_systems_clock),
#endif
    };
    return cmocka_run_group_tests(tests, clock_setup, NULL);
}
