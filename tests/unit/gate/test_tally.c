#include "parley/gate/tally.h"

#include <pthread.h>

#include "unit.h"

static const struct route first[] = { { .method = GET, .path = "/a" }, { .method = POST, .path = "/a" } };
static const struct route second[] = { { .method = GET, .path = "/b" } };
static const struct route_table first_table = { first, COUNT_OF(first) };
static const struct route_table second_table = { second, COUNT_OF(second) };
static const struct route_table *const tables[] = { &first_table, &second_table };

struct seen {
    char text[512];
    int64_t sum_us;
};

static void see(void *arg, const struct tally_route *route, const struct tally_route_stats *stats)
{
    struct seen *seen = arg;
    size_t len = strlen(seen->text);

    snprintf(seen->text + len, sizeof(seen->text) - len, "%s %s %s %d;", route->method, route->path,
             route->status_class, (int)stats->count);
    seen->sum_us += stats->duration.sum_us;
}

static struct tally_request request(const struct route *route, int worker, int status, enum err outcome)
{
    return (struct tally_request){ .route = route,
                                   .worker = worker,
                                   .status = status,
                                   .outcome = outcome,
                                   .took_us = 5,
                                   .arena_bytes = 100 + worker,
                                   .statement_count = 2 };
}

static void test_tally__sums_all_workers_by_route_and_class(void **state)
{
    struct tally *tally = tally_new(tables, 2, 3);
    struct seen seen = { .text = "" };
    struct tally_stats stats;

    (void)state;
    for (int worker = 0; worker < 3; worker++) {
        const struct tally_request good = request(&second[0], worker, 200, ERR_OK);
        const struct tally_request bad = request(&first[1], worker, 503, ERR_BUSY);
        const struct tally_request none = request(NULL, worker, 404, ERR_NOT_FOUND);

        tally_add(tally, &good);
        tally_add(tally, &bad);
        tally_add(tally, &none);
        tally_add_handed_over(tally, &good);
    }
    tally_each_route(tally, see, &seen);
    assert_string_equal(seen.text, "POST /a 5xx 3;GET /b 2xx 3;- - 4xx 3;");
    assert_int_equal(seen.sum_us, 45);
    tally_stats(tally, &stats);
    assert_int_equal(stats.handed_over_count, 3);
    assert_int_equal(stats.statement_count, 24);
    assert_int_equal(stats.arena_max_bytes, 102);
    assert_int_equal(tally_error_count(tally, ERR_BUSY), 3);
    assert_int_equal(tally_error_count(tally, ERR_DATABASE), 0);
    tally_free(tally);
}

static void test_tally__passes_over_what_has_no_place(void **state)
{
    const struct route foreign = { .method = GET, .path = "/x" };
    const struct tally_request strange[] = { request(&first[0], 1, 200, ERR_OK), request(&first[0], -1, 200, ERR_OK),
                                             request(&first[0], 0, 0, ERR_OK), request(&first[0], 0, 999, ERR_OK),
                                             request(&foreign, 0, 200, ERR_OK) };
    struct tally *tally = tally_new(tables, 2, 0);
    struct seen seen = { .text = "" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(strange); i++)
        tally_add(tally, &strange[i]);
    tally_each_route(tally, see, &seen);
    assert_string_equal(seen.text, "- - 2xx 1;");
    tally_free(tally);
}

enum { ROUNDS = 20000 };
static struct tally *shared;

static void *count(void *arg)
{
    const struct tally_request good = request(&first[0], *(const int *)arg, 200, ERR_OK);

    for (int i = 0; i < ROUNDS; i++)
        tally_add(shared, &good);
    return NULL;
}

static void test_tally__loses_nothing_while_it_is_read(void **state)
{
    pthread_t threads[2];
    int numbers[2] = { 0, 1 };
    struct seen seen;

    (void)state;
    shared = tally_new(tables, 2, 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count, &numbers[i]), 0);
    for (int i = 0; i < 100; i++) {
        seen = (struct seen){ .text = "" };
        tally_each_route(shared, see, &seen);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    seen = (struct seen){ .text = "" };
    tally_each_route(shared, see, &seen);
    assert_string_equal(seen.text, "GET /a 2xx 40000;");
    tally_free(shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tally__sums_all_workers_by_route_and_class),
        cmocka_unit_test(test_tally__passes_over_what_has_no_place),
        cmocka_unit_test(test_tally__loses_nothing_while_it_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
