#include "parley/gate/tally.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "route_check.h"

/* 1xx to 5xx. */
enum { STATUS_CLASS_COUNT = 5 };

/* Written by one thread, read by any. */
typedef _Atomic int64_t figure;

struct cell {
    figure counts[STATS_BUCKET_COUNT + 1];
    figure sum_us;
};

struct worker_tally {
    figure errors[ERR_COUNT_];
    figure handed_over_count, statement_count, arena_max_bytes;
};

struct tally {
    const struct route_table *const *tables;
    size_t table_count;
    size_t route_count; /* of all tables, and one for requests without a route */
    int worker_count;
    struct worker_tally *workers;
    struct cell *cells; /* by worker, route and class of status; pages that are never written cost no memory */
};

struct tally *tally_new(const struct route_table *const *tables, size_t table_count, int worker_count)
{
    struct tally *tally = calloc(1, sizeof(*tally));

    if (tally == NULL)
        return NULL;
    tally->tables = tables;
    tally->table_count = table_count;
    tally->route_count = 1;
    for (size_t i = 0; i < table_count; i++)
        tally->route_count += tables[i]->count;
    tally->worker_count = worker_count > 0 ? worker_count : 1;
    tally->workers = calloc((size_t)tally->worker_count, sizeof(*tally->workers));
    tally->cells = calloc((size_t)tally->worker_count * tally->route_count * STATUS_CLASS_COUNT, sizeof(*tally->cells));
    if (tally->workers != NULL && tally->cells != NULL)
        return tally;
    tally_free(tally);
    return NULL;
}

void tally_free(struct tally *tally)
{
    if (tally == NULL)
        return;
    free(tally->workers);
    free(tally->cells);
    free(tally);
}

/* ---- counting ---- */

/* No other thread writes it, so there is nothing to lock. */
static void add(figure *to, int64_t number)
{
    atomic_store_explicit(to, atomic_load_explicit(to, memory_order_relaxed) + number, memory_order_relaxed);
}

static int64_t get(const figure *from)
{
    return atomic_load_explicit(from, memory_order_relaxed);
}

/* Its place in the order of the tables; the last place: none of them. */
static size_t route_index(const struct tally *tally, const struct route *route)
{
    size_t before = 0;

    for (size_t i = 0; i < tally->table_count && route != NULL; i++) {
        const struct route_table *table = tally->tables[i];

        if (route >= table->routes && route < table->routes + table->count)
            return before + (size_t)(route - table->routes);
        before += table->count;
    }
    return tally->route_count - 1;
}

static struct cell *cell_at(const struct tally *tally, int worker, size_t route, size_t class)
{
    return &tally->cells[((size_t)worker * tally->route_count + route) * STATUS_CLASS_COUNT + class];
}

static struct worker_tally *worker_of(struct tally *tally, const struct tally_request *request)
{
    return request->worker >= 0 && request->worker < tally->worker_count ? &tally->workers[request->worker] : NULL;
}

static void usage_add(struct worker_tally *worker, const struct tally_request *request)
{
    add(&worker->statement_count, request->statement_count);
    if (request->arena_bytes > get(&worker->arena_max_bytes))
        atomic_store_explicit(&worker->arena_max_bytes, request->arena_bytes, memory_order_relaxed);
}

void tally_add(struct tally *tally, const struct tally_request *request)
{
    struct worker_tally *worker = worker_of(tally, request);
    int class = request->status / 100 - 1;
    struct cell *cell;

    if (worker == NULL || class < 0 || class >= STATUS_CLASS_COUNT)
        return;
    cell = cell_at(tally, request->worker, route_index(tally, request->route), (size_t) class);
    add(&cell->counts[stats_bucket(request->took_us)], 1);
    add(&cell->sum_us, request->took_us);
    add(&worker->errors[request->outcome], 1);
    usage_add(worker, request);
}

void tally_add_handed_over(struct tally *tally, const struct tally_request *request)
{
    struct worker_tally *worker = worker_of(tally, request);

    if (worker == NULL)
        return;
    add(&worker->handed_over_count, 1);
    usage_add(worker, request);
}

/* ---- asking ---- */

static struct tally_route_stats route_sum(const struct tally *tally, size_t route, size_t class)
{
    struct tally_route_stats sum = { .count = 0 };

    for (int worker = 0; worker < tally->worker_count; worker++) {
        const struct cell *cell = cell_at(tally, worker, route, class);

        for (size_t i = 0; i <= STATS_BUCKET_COUNT; i++) {
            int64_t count = get(&cell->counts[i]);

            sum.duration.counts[i] += count;
            sum.count += count;
        }
        sum.duration.sum_us += get(&cell->sum_us);
    }
    return sum;
}

static void classes_tell(const struct tally *tally, size_t index, const struct route *route, tally_route_fn fn,
                         void *arg)
{
    static const char *const names[STATUS_CLASS_COUNT] = { "1xx", "2xx", "3xx", "4xx", "5xx" };

    for (size_t class = 0; class < STATUS_CLASS_COUNT; class ++) {
        const struct tally_route_stats sum = route_sum(tally, index, class);

        const struct tally_route told = { route != NULL ? method_name(route->method) : "-",
                                          route != NULL ? route->path : "-", names[class] };

        if (sum.count > 0)
            fn(arg, &told, &sum);
    }
}

void tally_each_route(const struct tally *tally, tally_route_fn fn, void *arg)
{
    size_t index = 0;

    for (size_t i = 0; i < tally->table_count; i++)
        for (size_t r = 0; r < tally->tables[i]->count; r++)
            classes_tell(tally, index++, &tally->tables[i]->routes[r], fn, arg);
    classes_tell(tally, index, NULL, fn, arg);
}

void tally_stats(const struct tally *tally, struct tally_stats *ret_stats)
{
    struct tally_stats sum = { .handed_over_count = 0 };

    for (int i = 0; i < tally->worker_count; i++) {
        const struct worker_tally *worker = &tally->workers[i];
        int64_t arena_bytes = get(&worker->arena_max_bytes);

        sum.handed_over_count += get(&worker->handed_over_count);
        sum.statement_count += get(&worker->statement_count);
        if (arena_bytes > sum.arena_max_bytes)
            sum.arena_max_bytes = arena_bytes;
    }
    *ret_stats = sum;
}

int64_t tally_error_count(const struct tally *tally, enum err e)
{
    int64_t count = 0;

    for (int i = 0; i < tally->worker_count; i++)
        count += get(&tally->workers[i].errors[e]);
    return count;
}
