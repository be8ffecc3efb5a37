#include "parley/domain/talk/ephemeral.h"

#include <stdlib.h>
#include <time.h>

#include "parley/bus/bus.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/log.h"
#include "parley/core/task.h"
#include "parley/core/thread.h"
#include "parley/db/relay.h"
#include "presence_queue.h"
#include "presence_step.h"
#include "presence_tell.h"
#include "signal_rows.h"

#define CHANNEL "presence"

enum { ID_MAX_CHARS = 20 };

struct ephemeral {
    const struct app *app;
    ephemeral_typing_fn typing;
    struct wake wake;
    struct presence_roll *roll;
    struct presence_queue *changed; /* of whom it is to be told */
    struct signal_rows *rows;
    atomic_bool stopping;
    atomic_llong told_count;
    pthread_t thread;
    bool has_thread;

    /* ---- the thread's own ---- */
    struct task task;
    struct presence_work work;
    int64_t stepped_us, told_us, exchanged_us; /* monotonic: the last step, telling, look at the rows; 0: none yet */
    bool is_step_wanted;                       /* something has come since the last one */
    bool is_fault_logged;
};

/* Whether others are reached through the database, or not at all: it has one process to itself. */
static bool uses_rows(const struct ephemeral *e)
{
    return db_has_relay(e->app->db) && !bus_reaches_others(e->app->bus);
}

/* ---- what has changed ---- */

static void row_add(struct ephemeral *e, const struct signal_row *row)
{
    signal_rows_add(e->rows, row);
    wake_signal(&e->wake);
}

/* On the bus's thread, or the publisher's. A line of numbers. */
static void on_bus(void *arg, struct str channel, struct str payload)
{
    struct ephemeral *e = arg;
    struct str piece;
    int64_t user_id;

    (void)channel;
    while (payload.len > 0 && str_split(&payload, ' ', &piece))
        if (str_to_int64(piece, &user_id) == ERR_OK)
            presence_queue_add(e->changed, user_id);
    wake_signal(&e->wake);
}

/* For the presence's step. Without memory nobody is told. */
static void tell_changed(void *arg, const int64_t *user_ids, size_t count)
{
    struct ephemeral *e = arg;
    struct buf text;

    buf_init(&text, count * (ID_MAX_CHARS + 1));
    for (size_t i = 0; i < count; i++) {
        buf_add_int(&text, user_ids[i]);
        buf_add_byte(&text, ' ');
    }
    if (buf_check(&text) == ERR_OK)
        bus_publish(e->app->bus, CHANNEL, buf_str(&text));
    buf_release(&text);
    for (size_t i = 0; uses_rows(e) && i < count; i++)
        row_add(e, &(struct signal_row){ .kind = SIGNAL_PRESENCE, .user_id = user_ids[i] });
}

void ephemeral_typing(const struct app *app, int64_t workspace_id, int64_t chat_id, int64_t user_id)
{
    const struct signal_row row = {
        .kind = SIGNAL_TYPING, .workspace_id = workspace_id, .chat_id = chat_id, .user_id = user_id
    };

    if (app->ephemeral != NULL && uses_rows(app->ephemeral))
        row_add(app->ephemeral, &row);
}

/* ---- the rows ---- */

static enum err hear(struct ctx *ctx, struct ephemeral *e, const struct signal_row *row)
{
    static const struct uuid gone;
    struct chat_ref chat = {
        .id = row->chat_id, .uuid = row->chat, .workspace_id = row->workspace_id, .join = row->join
    };

    if (row->kind == SIGNAL_PRESENCE)
        presence_queue_add(e->changed, row->user_id);
    else if (row->kind == SIGNAL_TYPING && !uuid_eq(&row->chat, &gone) && !uuid_eq(&row->user, &gone))
        return e->typing(ctx, &chat, &row->user);
    return ERR_OK;
}

/* Only while streams are open is there anybody to be told. */
static enum err rows_read(struct ctx *ctx, struct ephemeral *e)
{
    struct signal_row rows[SIGNAL_ROWS_MAX];
    size_t count = 0;

    if (e->work.node.id == 0 || !uses_rows(e)) {
        signal_rows_pause(e->rows);
        return ERR_OK;
    }
    TRY(signal_rows_read(ctx, e->rows, &e->work.node, rows, &count));
    for (size_t i = 0; i < count; i++)
        TRY(hear(ctx, e, &rows[i]));
    return ERR_OK;
}

static enum err exchange(struct ctx *ctx, struct ephemeral *e)
{
    TRY(signal_rows_write(ctx, e->rows, &e->work.node));
    return rows_read(ctx, e);
}

/* ---- telling ---- */

static enum err tell(struct ctx *ctx, struct ephemeral *e)
{
    int64_t ids[PRESENCE_TOLD_MAX], count = 0;
    size_t id_count = presence_queue_take(e->changed, ids, COUNT_OF(ids));
    enum err failed;

    if (id_count == 0 || presence_roll_is_empty(e->roll))
        return ERR_OK;
    e->told_us = clock_monotonic_us();
    failed = presence_tell(ctx, e->roll, ids, id_count, &count);
    for (size_t i = 0; failed != ERR_OK && i < id_count; i++)
        presence_queue_add(e->changed, ids[i]);
    atomic_fetch_add(&e->told_count, count);
    return failed;
}

/* ---- when ---- */

static int64_t sooner(int64_t a_us, int64_t b_us)
{
    return a_us < b_us ? a_us : b_us;
}

/* INT64_MAX: nothing is to be done until something comes. The first to come has the others know at once that there is one to tell. */
static int64_t step_at(const struct ephemeral *e)
{
    bool is_anybody_here = !presence_roll_is_empty(e->roll);
    bool keeps_on = e->work.node.id != 0 || is_anybody_here;

    if (e->work.node.id == 0 && is_anybody_here && !e->is_fault_logged)
        return 0;
    return e->is_step_wanted || keeps_on ? e->stepped_us + PRESENCE_TELL_S * US_PER_S : INT64_MAX;
}

static int64_t tell_at(const struct ephemeral *e)
{
    return presence_queue_is_empty(e->changed) ? INT64_MAX : e->told_us + PRESENCE_TELL_S * US_PER_S;
}

static int64_t exchange_at(const struct ephemeral *e)
{
    bool is_wanted = !signal_rows_is_empty(e->rows) || (e->work.node.id != 0 && uses_rows(e));

    return is_wanted ? e->exchanged_us + SIGNAL_LOOK_MS * US_PER_MS : INT64_MAX;
}

/* Until then the thread waits, or -1: until it is woken. */
static int pause_ms(const struct ephemeral *e)
{
    int64_t at_us = sooner(sooner(step_at(e), tell_at(e)), exchange_at(e));
    int64_t left_us = at_us - clock_monotonic_us();

    if (at_us == INT64_MAX)
        return -1;
    return left_us <= 0 ? 0 : (int)(sooner(left_us, PRESENCE_TELL_S * US_PER_S) / US_PER_MS) + 1;
}

/* ---- the thread ---- */

/* A database that is away is asked again a while later. */
static void note_outcome(struct ephemeral *e, enum err outcome)
{
    if (outcome != ERR_OK && !e->is_fault_logged)
        log_event(LOG_WARN, "who is there cannot be told", LOG_C("fault", task_sentence(&e->task, outcome)));
    if (outcome == ERR_OK && e->is_fault_logged)
        log_text(LOG_INFO, "who is there can be told again");
    e->is_fault_logged = outcome != ERR_OK;
    if (outcome == ERR_OK)
        return;
    e->stepped_us = e->told_us = clock_monotonic_us();
    e->exchanged_us = e->stepped_us + PRESENCE_TELL_S * US_PER_S;
}

/* What is due of the three. */
static enum err work(struct ephemeral *e)
{
    struct ctx *ctx = &e->task.ctx;
    int64_t now_us = clock_monotonic_us();

    if (step_at(e) <= now_us) {
        e->stepped_us = now_us;
        e->is_step_wanted = false;
        TRY(presence_step(ctx, &e->work));
    }
    if (exchange_at(e) <= now_us) {
        e->exchanged_us = now_us;
        TRY(exchange(ctx, e));
    }
    return tell_at(e) <= now_us ? tell(ctx, e) : ERR_OK;
}

static void *run(void *arg)
{
    struct ephemeral *e = arg;

    while (!atomic_load(&e->stopping)) {
        if (wake_wait(&e->wake, pause_ms(e)))
            e->is_step_wanted = true;
        task_renew(&e->task);
        if (!atomic_load(&e->stopping) && pause_ms(e) == 0)
            note_outcome(e, work(e));
    }
    return NULL;
}

/* ---- beginning and end ---- */

struct ephemeral *ephemeral_new(const struct app *app, ephemeral_typing_fn typing)
{
    struct ephemeral *e = calloc(1, sizeof(*e));

    if (e == NULL)
        return NULL;
    e->app = app;
    e->typing = typing;
    e->wake.fd = -1;
    if (wake_init(&e->wake) == ERR_OK) {
        e->roll = presence_roll_new(&e->wake);
        e->changed = presence_queue_new();
        e->rows = signal_rows_new();
    }
    e->work = (struct presence_work){ .roll = e->roll, .changed = tell_changed, .arg = e };
    if (e->roll != NULL && e->changed != NULL && e->rows != NULL)
        return e;
    ephemeral_free(e);
    return NULL;
}

struct presence_roll *ephemeral_roll(struct ephemeral *ephemeral)
{
    return ephemeral->roll;
}

enum err ephemeral_start(struct ephemeral *ephemeral)
{
    TRY(bus_subscribe(ephemeral->app->bus, CHANNEL, on_bus, ephemeral));
    TRY(task_begin(&ephemeral->task, ephemeral->app));
    TRY(thread_start(WORKER_STACK_BYTES, run, ephemeral, &ephemeral->thread));
    ephemeral->has_thread = true;
    return ERR_OK;
}

void ephemeral_rest(struct ephemeral *ephemeral)
{
    atomic_store(&ephemeral->stopping, true);
    wake_signal(&ephemeral->wake);
}

enum err ephemeral_stop(struct ephemeral *ephemeral)
{
    struct timespec until;

    if (!ephemeral->has_thread)
        return ERR_OK;
    ephemeral_rest(ephemeral);
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += STOP_MAX_S;
    if (pthread_timedjoin_np(ephemeral->thread, NULL, &until) != 0)
        return ERR_TIMEOUT;
    ephemeral->has_thread = false;
    return ERR_OK;
}

void ephemeral_free(struct ephemeral *ephemeral)
{
    if (ephemeral == NULL || ephemeral_stop(ephemeral) != ERR_OK)
        return;
    task_end(&ephemeral->task);
    signal_rows_free(ephemeral->rows);
    presence_queue_free(ephemeral->changed);
    presence_roll_free(ephemeral->roll);
    wake_release(&ephemeral->wake);
    free(ephemeral);
}

void ephemeral_stats(struct ephemeral *ephemeral, struct ephemeral_stats *ret_stats)
{
    *ret_stats = (struct ephemeral_stats){ .told_count = atomic_load(&ephemeral->told_count) };
    signal_rows_counts(ephemeral->rows, &ret_stats->written_count, &ret_stats->dropped_count);
}
