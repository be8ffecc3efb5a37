#include "event_reader.h"

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/log.h"
#include "parley/db/db.h"

enum err event_reader_init(struct event_reader *reader, const struct event_log_opts *opts)
{
    *reader = (struct event_reader){ .opts = opts, .batch_max = EVENT_BATCH_MAX, .looked_us = clock_monotonic_us() };
    reader->audience = event_audience_new();
    TRY(task_begin(&reader->task, opts->app));
    return reader->audience == NULL ? ERR_NO_MEMORY : ERR_OK;
}

void event_reader_release(struct event_reader *reader)
{
    if (reader->opts != NULL)
        task_end(&reader->task);
    event_audience_free(reader->audience);
    *reader = (struct event_reader){ .opts = NULL };
}

/* ---- rows ---- */

/* What one statement says of the log. */
struct look {
    struct event_reader *reader;
    struct event_position last;
    struct event_row rows[EVENT_BATCH_MAX];
    size_t count;
    bool is_more;
};

static enum err row_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct look *look = arg;

    event_position_epoch(db_row_str(row, EVENT_LOG_AFTER_EPOCH), look->last.epoch);
    look->last.number = db_row_int(row, EVENT_LOG_AFTER_LAST_POSITION);
    if (db_row_is_null(row, EVENT_LOG_AFTER_EVENT_ROW + EVENT_ROW_POSITION))
        return ERR_OK;
    if (look->count >= EVENT_BATCH_MAX)
        return fail(ctx, ERR_INTERNAL);
    return event_row_read(ctx, row, EVENT_LOG_AFTER_EVENT_ROW, &look->rows[look->count++]);
}

/*
 * The log goes on from what was told. It does not where the epoch is another, where a database was put back to an earlier
 * state, or where rows have been deleted that were never read (a process that was stopped for days).
 */
static bool goes_on(const struct look *look)
{
    const struct event_position *told = &look->reader->told;

    if (!look->reader->has_begun || strcmp(look->last.epoch, told->epoch) != 0 || look->last.number < told->number)
        return false;
    return look->count > 0 ? look->rows[0].position == told->number + 1 : look->last.number == told->number;
}

static void begin(struct event_reader *reader, const struct event_position *last)
{
    event_audience_clear(reader->audience);
    reader->told = *last;
    reader->has_begun = true;
    reader->opts->sink.start(reader->opts->sink.arg, reader->told.epoch, reader->told.number);
}

/* ---- telling ---- */

static struct live_record *record_of(const struct event_reader *reader, const struct event_row *row)
{
    struct live_record *record = NULL;
    struct buf text;

    buf_init(&text, 2 * EVENT_DATA_MAX_BYTES);
    event_row_write(row, reader->told.epoch, &text);
    if (buf_check(&text) == ERR_OK)
        record = live_record_new(buf_str(&text));
    buf_release(&text);
    return record;
}

/* The position moves with each event, so that what fails behind it is begun there. */
static enum err tell(struct ctx *ctx, struct event_reader *reader, const struct event_row *row)
{
    struct live_event event;

    TRY(event_audience_of(ctx, reader->audience, row, &event));
    if (event.audience != LIVE_TO_NOBODY) {
        event.record = record_of(reader, row);
        if (event.record == NULL)
            return fail(ctx, ERR_NO_MEMORY);
    }
    reader->opts->sink.event(reader->opts->sink.arg, &event);
    live_record_drop(event.record);
    event_audience_told(reader->audience, row);
    reader->told.number = row->position;
    return ERR_OK;
}

static enum err look_at_log(struct ctx *ctx, void *arg)
{
    struct look *look = arg;
    struct event_reader *reader = look->reader;

    TRY(db_each(ctx, SQL_EVENT_LOG_AFTER, DB_ARGS(DB_INT(reader->told.number), DB_INT((int64_t)reader->batch_max)),
                row_read, look));
    if (!goes_on(look)) {
        if (reader->has_begun)
            log_event(LOG_WARN, "the event log does not go on from where it was read; all streams begin anew",
                      LOG_INT("told", reader->told.number), LOG_INT("last", look->last.number));
        begin(reader, &look->last);
        return ERR_OK;
    }
    if (look->count > 0)
        TRY(reader->opts->content(ctx, look->rows, look->count));
    look->is_more = look->count == reader->batch_max;
    for (size_t i = 0; i < look->count; i++)
        TRY(tell(ctx, reader, &look->rows[i]));
    return ERR_OK;
}

/* ---- a look ---- */

/* Fewer rows may fit. */
static bool is_too_much(const struct event_reader *reader, enum err e)
{
    return e == ERR_NO_MEMORY && reader->has_begun && reader->batch_max > 1;
}

/* One row alone has filled the arena, as it would each time. Whatever else was without memory is tried again later. */
static bool is_too_large(const struct event_reader *reader, const struct look *look, enum err e)
{
    return e == ERR_NO_MEMORY && reader->has_begun && look != NULL && look->count == 1 &&
           arena_check(reader->task.ctx.arena) != ERR_OK;
}

/* It must not keep the others. It may have taken rights away: so nothing goes on that was begun before it. */
static void pass_over(struct event_reader *reader)
{
    struct event_position next = reader->told;

    next.number++;
    log_event(LOG_ERROR, "an event is too large to be told; all streams begin anew behind it",
              LOG_INT("position", next.number));
    begin(reader, &next);
}

static void note_fault(struct event_reader *reader, enum err e)
{
    if (!reader->is_fault_logged)
        log_event(LOG_WARN, "the event log cannot be read", LOG_C("fault", task_sentence(&reader->task, e)));
    reader->is_fault_logged = true;
    if (reader->is_silent || clock_monotonic_us() - reader->looked_us < EVENT_SILENCE_MAX_MS * US_PER_MS)
        return;
    reader->is_silent = true;
    reader->opts->sink.silence(reader->opts->sink.arg);
}

static void note_success(struct event_reader *reader)
{
    if (reader->is_fault_logged)
        log_text(LOG_INFO, "the event log can be read again");
    reader->is_fault_logged = reader->is_silent = false;
    reader->looked_us = clock_monotonic_us();
    reader->batch_max = EVENT_BATCH_MAX;
    reader->opts->sink.looked(reader->opts->sink.arg);
}

void event_reader_look(struct event_reader *reader, bool *ret_is_more)
{
    struct look *look;
    enum err e = ERR_NO_MEMORY;

    task_renew(&reader->task);
    look = arena_calloc(reader->task.ctx.arena, 1, sizeof(*look));
    if (look != NULL) {
        look->reader = reader;
        e = db_follow(&reader->task.ctx, look_at_log, look);
    }
    *ret_is_more = is_too_much(reader, e) || (e == ERR_OK && look->is_more);
    if (e == ERR_OK)
        note_success(reader);
    else if (is_too_much(reader, e))
        reader->batch_max /= 2;
    else if (is_too_large(reader, look, e))
        pass_over(reader);
    else
        note_fault(reader, e);
}
