/*
 * Figures of a running server. Each part owns a plain struct and fills it in when it is asked (x_stats()); a shape says in
 * rows how its members are called outside, and a source puts part and shape together. The sources are app->stats[]
 * (cli/stats_sources.c); whoever shows them walks that. Nothing is counted twice, kept apart or asked before somebody wants it.
 *
 *     static const struct stats_figure hub_figures[] = {
 *         { "parley_streams", STATS_GAUGE, .offset = offsetof(struct hub_stats, stream_count), .help = "Streams that are open" },
 *     };
 *
 * Labels and their values come out of tables (routes, errors, jobs), never out of a request, so there are only so many series.
 */
#ifndef PARLEY_CORE_STATS_H
#define PARLEY_CORE_STATS_H

#include <stddef.h>
#include <stdint.h>

#include "parley/core/arena.h"
#include "parley/core/buf.h"
#include "parley/core/err.h"
#include "parley/core/list.h"

enum stats_type { STATS_COUNTER, STATS_GAUGE, STATS_HISTOGRAM };
/* What the member counts in; time is shown in seconds. */
enum stats_unit { STATS_ONES, STATS_US };

enum { STATS_LABELS_MAX = 3, STATS_BUCKET_COUNT = 11 };

/* Upper bounds of the buckets, in microseconds, growing. */
extern const int64_t stats_bucket_us[STATS_BUCKET_COUNT];

struct stats_histogram {
    int64_t counts[STATS_BUCKET_COUNT + 1]; /* each by itself; the last: above all bounds */
    int64_t sum_us;
};
/* The bucket of a time. */
size_t stats_bucket(int64_t took_us);

/* A member of the part's struct: int64_t, or struct stats_histogram. */
struct stats_figure {
    const char *series; /* the name outside; figures that share one stand together and differ in `value` */
    enum stats_type type;
    enum stats_unit unit; /* of counters and gauges */
    size_t offset;
    const char *label, *value; /* one more label, always the same; NULL: none */
    const char *help;          /* a sentence without a full stop; NULL where the figure before has the same series */
};

struct stats_shape {
    const struct stats_figure *figures;
    size_t figure_count;
    size_t size_bytes;                    /* of the part's struct */
    const char *labels[STATS_LABELS_MAX]; /* what tells its rows apart; NULL: no more */
};
/* STATS_SHAPE(struct hub_stats, hub_figures), or with labels behind. */
#define STATS_SHAPE(type, rows, ...) \
    { \
        .figures = (rows), .figure_count = COUNT_OF(rows), .size_bytes = sizeof(type), .labels = { __VA_ARGS__ } \
    }

/* What a source has filled in: struct stats_row. */
struct stats_rows {
    struct arena *arena;
    const struct stats_shape *shape;
    struct list list;
};
struct stats_row {
    const char *values[STATS_LABELS_MAX]; /* of the shape's labels */
    const void *figures;
};
/* A further row, zeroed, to be filled in by the caller. Label values: static or in the arena. NULL: no memory, told at the end. */
void *stats_row_add(struct stats_rows *rows, const char *const values[STATS_LABELS_MAX]);

/* Fills in the part's rows; none is fine (it is not there at the moment). Any thread; must not wait for anything. */
typedef void (*stats_fn)(void *arg, struct stats_rows *rows);

struct stats_source {
    const char *name; /* of the part */
    const struct stats_shape *shape;
    stats_fn fn;
    void *arg;
};

/* All figures of all sources as Prometheus reads them (text format 0.0.4). ERR_NO_MEMORY. */
enum err stats_write(const struct stats_source *sources, size_t count, struct arena *a, struct buf *out) MUST_CHECK;

#endif
