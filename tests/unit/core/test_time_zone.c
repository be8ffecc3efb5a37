#include "unit.h"

#include "parley/core/time_zone.h"

/* 2026: summer time in Berlin begins on March 29 and ends on October 25, at 01:00 UTC; in Sydney it ends on April 4, 16:00 UTC. */
static const struct {
    const char *zone;
    int64_t at_s;
    int32_t offset_s;
} known[] = {
    { "UTC", 0, 0 },
    { "Europe/Berlin", 1774745999, 3600 },
    { "Europe/Berlin", 1774746000, 7200 },
    { "Europe/Berlin", 1792889999, 7200 },
    { "Europe/Berlin", 1792890000, 3600 },
    { "Asia/Kathmandu", 1774746000, 20700 },
    { "Australia/Sydney", 1775318399, 39600 },
    { "Australia/Sydney", 1775318400, 36000 },
    { "America/Argentina/Buenos_Aires", 1774746000, -10800 },
    { "Etc/GMT+7", 1774746000, -25200 },
};

static void test_time_zone__knows_summer_and_winter(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        int32_t offset_s = -1;

        assert_ok(time_zone_offset(str_from(known[i].zone), known[i].at_s, &offset_s));
        assert_int_equal(offset_s, known[i].offset_s);
    }
}

static void test_time_zone__knows_no_other_names(void **state)
{
    static const char *const names[] = {
        "",        "Nowhere/At_all", "../../../etc/passwd", "/etc/localtime", "Europe",
        "Europe/", "Europe//Berlin", "tzdata.zi",           "Europe/Berlin ", "zone1970.tab"
    };
    int32_t offset_s;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_err(time_zone_offset(str_from(names[i]), 0, &offset_s), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time_zone__knows_summer_and_winter),
        cmocka_unit_test(test_time_zone__knows_no_other_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
