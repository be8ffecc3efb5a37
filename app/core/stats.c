#include "parley/core/stats.h"

#include <inttypes.h>

#include "parley/core/clock.h"

/* A read takes a millisecond, a sign-in a tenth of a second, an upload minutes. */
const int64_t stats_bucket_us[STATS_BUCKET_COUNT] = {
    1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000, 5000000, 30000000,
};

size_t stats_bucket(int64_t took_us)
{
    size_t i = 0;

    while (i < STATS_BUCKET_COUNT && took_us > stats_bucket_us[i])
        i++;
    return i;
}

void *stats_row_add(struct stats_rows *rows, const char *const values[STATS_LABELS_MAX])
{
    void *figures = arena_calloc(rows->arena, 1, rows->shape->size_bytes);
    struct stats_row *row = figures != NULL ? list_add(rows->arena, &rows->list, sizeof(*row)) : NULL;

    if (row == NULL)
        return NULL;
    for (size_t i = 0; i < STATS_LABELS_MAX && values != NULL; i++)
        row->values[i] = values[i];
    row->figures = figures;
    return figures;
}

/* ---- the text ---- */

struct sample {
    const struct stats_shape *shape;
    const struct stats_figure *figure;
    const struct stats_row *row;
};

static void value_add(struct buf *out, const char *value)
{
    for (const char *c = value; *c != '\0'; c++) {
        if (*c == '\\' || *c == '"')
            buf_add_byte(out, '\\');
        if (*c == '\n')
            buf_add_c(out, "\\n");
        else
            buf_add_byte(out, *c);
    }
}

static void label_add(struct buf *out, const char *name, const char *value, char *before)
{
    buf_add_byte(out, *before);
    *before = ',';
    buf_add_c(out, name);
    buf_add_c(out, "=\"");
    value_add(out, value);
    buf_add_byte(out, '"');
}

/* {method="GET",le="0.1"}; bound: NULL: none. */
static void labels_add(struct buf *out, const struct sample *sample, const char *bound)
{
    const struct stats_figure *figure = sample->figure;
    char before = '{';

    for (size_t i = 0; i < STATS_LABELS_MAX && sample->shape->labels[i] != NULL; i++)
        label_add(out, sample->shape->labels[i], sample->row->values[i] != NULL ? sample->row->values[i] : "", &before);
    if (figure->label != NULL)
        label_add(out, figure->label, figure->value, &before);
    if (bound != NULL)
        label_add(out, "le", bound, &before);
    buf_add_c(out, before == ',' ? "} " : " ");
}

static void seconds_add(struct buf *out, int64_t us)
{
    buf_addf(out, "%s%" PRId64 ".%06" PRId64, us < 0 ? "-" : "", (us < 0 ? -us : us) / US_PER_S,
             (us < 0 ? -us : us) % US_PER_S);
}

static void histogram_add(struct buf *out, const struct sample *sample, const struct stats_histogram *histogram)
{
    int64_t count = 0;
    char bound[32];

    for (size_t i = 0; i <= STATS_BUCKET_COUNT; i++) {
        count += histogram->counts[i];
        if (i < STATS_BUCKET_COUNT)
            (void)snprintf(bound, sizeof(bound), "%g", (double)stats_bucket_us[i] / (double)US_PER_S);
        buf_addf(out, "%s_bucket", sample->figure->series);
        labels_add(out, sample, i < STATS_BUCKET_COUNT ? bound : "+Inf");
        buf_addf(out, "%" PRId64 "\n", count);
    }
    buf_addf(out, "%s_sum", sample->figure->series);
    labels_add(out, sample, NULL);
    seconds_add(out, histogram->sum_us);
    buf_addf(out, "\n%s_count", sample->figure->series);
    labels_add(out, sample, NULL);
    buf_addf(out, "%" PRId64 "\n", count);
}

static void sample_add(struct buf *out, const struct sample *sample)
{
    const struct stats_figure *figure = sample->figure;
    const void *member = (const char *)sample->row->figures + figure->offset;

    if (figure->type == STATS_HISTOGRAM) {
        histogram_add(out, sample, member);
        return;
    }
    buf_add_c(out, figure->series);
    labels_add(out, sample, NULL);
    if (figure->unit == STATS_US)
        seconds_add(out, *(const int64_t *)member);
    else
        buf_add_int(out, *(const int64_t *)member);
    buf_add_byte(out, '\n');
}

static void head_add(struct buf *out, const struct stats_figure *figure)
{
    static const char *const types[] = { "counter", "gauge", "histogram" };

    buf_addf(out, "# HELP %s %s.\n# TYPE %s %s\n", figure->series, figure->help, figure->series, types[figure->type]);
}

/* The samples of a series stand together: row by row within the figures that share its name. */
static void table_add(struct buf *out, const struct stats_shape *shape, const struct list *list)
{
    const struct stats_row *rows = list->items;
    size_t first = 0, end;

    for (; first < shape->figure_count; first = end) {
        const char *series = shape->figures[first].series;

        head_add(out, &shape->figures[first]);
        for (end = first; end < shape->figure_count && strcmp(shape->figures[end].series, series) == 0; end++)
            for (size_t i = 0; i < list->count; i++)
                sample_add(out, &(struct sample){ shape, &shape->figures[end], &rows[i] });
    }
}

enum err stats_write(const struct stats_source *sources, size_t count, struct arena *a, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        struct stats_rows rows = { .arena = a, .shape = sources[i].shape };

        sources[i].fn(sources[i].arg, &rows);
        TRY(arena_check(a));
        if (rows.list.count > 0)
            table_add(out, sources[i].shape, &rows.list);
    }
    return buf_check(out);
}
