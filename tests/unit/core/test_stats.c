#include "parley/core/stats.h"

#include "arena_fixture.h"
#include "unit.h"

struct figures {
    int64_t count, other, took_us;
    struct stats_histogram duration;
};

static const struct stats_figure rows_of_figures[] = {
    { "t_total", STATS_COUNTER, .offset = offsetof(struct figures, count), .label = "kind", .value = "one",
      .help = "Ones" },
    { "t_total", STATS_COUNTER, .offset = offsetof(struct figures, other), .label = "kind", .value = "two" },
    { "t_seconds", STATS_GAUGE, STATS_US, offsetof(struct figures, took_us), .help = "Time" },
};
static const struct stats_shape shape = STATS_SHAPE(struct figures, rows_of_figures, "name");

static void two_rows(void *arg, struct stats_rows *rows)
{
    static const char *const names[] = { "a", "q\"\\\n" };

    (void)arg;
    for (size_t i = 0; i < 2; i++) {
        const char *const values[STATS_LABELS_MAX] = { names[i] };
        struct figures *row = stats_row_add(rows, values);

        *row = (struct figures){ .count = (int64_t)i + 1, .other = 10, .took_us = -1500000 };
    }
}

static void no_rows(void *arg, struct stats_rows *rows)
{
    (void)arg;
    (void)rows;
}

static void test_stats_write__keeps_the_samples_of_a_series_together_and_escapes(void **state)
{
    const struct stats_source sources[] = { { "two", &shape, two_rows, NULL } };
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    assert_int_equal(stats_write(sources, 1, arena, &out), ERR_OK);
    assert_string_equal(out.ptr, "# HELP t_total Ones.\n# TYPE t_total counter\n"
                                 "t_total{name=\"a\",kind=\"one\"} 1\n"
                                 "t_total{name=\"q\\\"\\\\\\n\",kind=\"one\"} 2\n"
                                 "t_total{name=\"a\",kind=\"two\"} 10\n"
                                 "t_total{name=\"q\\\"\\\\\\n\",kind=\"two\"} 10\n"
                                 "# HELP t_seconds Time.\n# TYPE t_seconds gauge\n"
                                 "t_seconds{name=\"a\"} -1.500000\n"
                                 "t_seconds{name=\"q\\\"\\\\\\n\"} -1.500000\n");
    buf_release(&out);
}

static void test_stats_write__leaves_out_a_part_that_is_not_there(void **state)
{
    const struct stats_source sources[] = { { "none", &shape, no_rows, NULL } };
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    assert_int_equal(stats_write(sources, 1, arena, &out), ERR_OK);
    assert_int_equal(out.len, 0);
    buf_release(&out);
}

static void test_stats_write__says_when_there_is_no_room(void **state)
{
    const struct stats_source sources[] = { { "two", &shape, two_rows, NULL } };
    struct buf out;

    (void)state;
    buf_init(&out, 60);
    assert_int_equal(stats_write(sources, 1, arena, &out), ERR_NO_MEMORY);
    buf_release(&out);
}

static void one_histogram(void *arg, struct stats_rows *rows)
{
    struct figures *row = stats_row_add(rows, NULL);

    (void)arg;
    row->duration.counts[stats_bucket(1000)]++;
    row->duration.counts[stats_bucket(1001)]++;
    row->duration.counts[stats_bucket(INT64_MAX)]++;
    row->duration.sum_us = 2001;
}

static void test_stats_write__sums_up_the_buckets_of_a_histogram(void **state)
{
    static const struct stats_figure figures[] = {
        { "t_duration", STATS_HISTOGRAM, .offset = offsetof(struct figures, duration), .help = "Time" },
    };
    static const struct stats_shape alone = STATS_SHAPE(struct figures, figures, NULL);
    const struct stats_source sources[] = { { "one", &alone, one_histogram, NULL } };
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    assert_int_equal(stats_write(sources, 1, arena, &out), ERR_OK);
    assert_non_null(strstr(out.ptr, "t_duration_bucket{le=\"0.001\"} 1\nt_duration_bucket{le=\"0.0025\"} 2\n"));
    assert_non_null(strstr(out.ptr, "t_duration_bucket{le=\"30\"} 2\nt_duration_bucket{le=\"+Inf\"} 3\n"
                                    "t_duration_sum 0.002001\nt_duration_count 3\n"));
    buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stats_write__keeps_the_samples_of_a_series_together_and_escapes),
        cmocka_unit_test(test_stats_write__leaves_out_a_part_that_is_not_there),
        cmocka_unit_test(test_stats_write__says_when_there_is_no_room),
        cmocka_unit_test(test_stats_write__sums_up_the_buckets_of_a_histogram),
    };
    return cmocka_run_group_tests(tests, arena_setup, arena_teardown);
}
