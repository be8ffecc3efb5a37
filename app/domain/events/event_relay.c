#include "event_relay.h"

#include <time.h>

#include "parley/bus/bus.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/log.h"
#include "parley/core/rand.h"
#include "parley/db/relay.h"

enum { RELAY_PAUSE_MAX_MS = 5, RELAY_GAP_US = 2000 };

enum err event_relay_init(struct event_relay *relay, const struct event_log_opts *opts, struct wake *wake,
                          struct wake *reader_wake)
{
    *relay = (struct event_relay){ .opts = opts, .wake = wake, .reader_wake = reader_wake, .goes_on = true };
    relay->lease =
        (struct lease){ .name = "relay", .holder = uuid_new_random(), .life_us = EVENT_RELAY_LEASE_S * US_PER_S };
    relay->leased_us = clock_monotonic_us() - EVENT_RELAY_RENEW_S * US_PER_S;
    return task_begin(&relay->task, opts->app);
}

void event_relay_release(struct event_relay *relay)
{
    if (relay->opts != NULL)
        task_end(&relay->task);
    relay->opts = NULL;
}

/* ---- who is the relay, on a cluster ---- */

static bool is_for_others(const struct event_relay *relay)
{
    return db_is_cluster(relay->opts->app->db);
}

/* One that cannot be renewed, since the database is away, ends by itself. */
static void lease_look(struct event_relay *relay)
{
    int64_t now_us = clock_monotonic_us();
    enum err e;

    if (now_us - relay->leased_us < EVENT_RELAY_RENEW_S * US_PER_S)
        return;
    task_renew(&relay->task);
    e = lease_take(&relay->task.ctx, &relay->lease);
    if (e == ERR_OK || e == ERR_CONFLICT || now_us - relay->leased_us > relay->lease.life_us) {
        atomic_store(&relay->has_lease, e == ERR_OK);
        relay->leased_us = now_us;
    }
}

void event_relay_heard(struct event_relay *relay)
{
    if (atomic_load(&relay->has_lease))
        wake_signal(relay->wake);
}

void event_relay_end(struct event_relay *relay)
{
    if (!atomic_exchange(&relay->has_lease, false))
        return;
    task_renew(&relay->task);
    if (lease_release(&relay->task.ctx, &relay->lease) != ERR_OK)
        log_text(LOG_WARN, "the relay's lease could not be given back; it ends in some seconds");
}

/* ---- a step ---- */

static void fault_log(struct event_relay *relay, enum err e)
{
    if (e != ERR_OK && !relay->is_fault_logged)
        log_event(LOG_WARN, "events cannot be given their positions", LOG_C("error", err_info(e)->code));
    if (e == ERR_OK && relay->is_fault_logged)
        log_text(LOG_INFO, "events are given their positions again");
    relay->is_fault_logged = e != ERR_OK;
}

/* Another process's step was in the way, maybe with our events. One that stays there is worth a line. */
static void busy_pause(struct event_relay *relay)
{
    const struct timespec pause = { .tv_nsec = (long)rand_below(RELAY_PAUSE_MAX_MS * US_PER_MS * 1000) };
    int64_t now_us = clock_monotonic_us();

    if (relay->busy_since_us == 0)
        relay->busy_since_us = now_us;
    if (now_us - relay->busy_since_us > EVENT_SILENCE_MAX_MS * US_PER_MS)
        fault_log(relay, ERR_BUSY);
    (void)nanosleep(&pause, NULL);
}

static void step(struct event_relay *relay, enum db_relay when)
{
    const struct app *app = relay->opts->app;
    int64_t moved_count = 0;
    enum err e = db_relay(app->db, when, &moved_count);

    relay->goes_on = e == ERR_BUSY || (e == ERR_OK && moved_count == DB_RELAY_ROWS_MAX);
    if (e == ERR_BUSY) {
        busy_pause(relay);
        return;
    }
    relay->busy_since_us = 0;
    fault_log(relay, e);
    if (when == DB_RELAY_NOW || moved_count > 0)
        wake_signal(relay->reader_wake);
    if (moved_count > 0)
        bus_publish(app->bus, EVENT_BUS_CHANNEL, STR(EVENT_BUS_MOVED));
}

/* Under load a step waits a little, so that it moves several commits' events for the price of one. */
static void gather(struct event_relay *relay)
{
    int64_t left_us = relay->began_us + RELAY_GAP_US - clock_monotonic_us();
    const struct timespec pause = { .tv_nsec = (long)(left_us * 1000) };

    if (left_us > 0 && left_us <= RELAY_GAP_US)
        (void)nanosleep(&pause, NULL);
    relay->began_us = clock_monotonic_us();
}

/* ---- a turn ---- */

/* Whoever is the relay for others looks for their sake, too: a message to it may be lost. */
static int look_ms(const struct event_relay *relay)
{
    if (is_for_others(relay))
        return atomic_load(&relay->has_lease) ? EVENT_LOOK_MS : EVENT_RELAY_TRUST_MS;
    return relay->opts->sink.is_watched(relay->opts->sink.arg) ? EVENT_LOOK_MS : EVENT_LOOK_SELDOM_MS;
}

/* Without the lease: tells whoever has it, and looks now and then whether they do what they are there for. */
static void pass_on(struct event_relay *relay, bool has_committed)
{
    int64_t now_us = clock_monotonic_us();

    relay->goes_on = false;
    if (has_committed)
        bus_publish(relay->opts->app->bus, EVENT_BUS_CHANNEL, STR(EVENT_BUS_COMMITTED));
    if (now_us - relay->looked_us < EVENT_RELAY_TRUST_MS * US_PER_MS)
        return;
    relay->looked_us = now_us;
    step(relay, DB_RELAY_IF_STUCK);
}

void event_relay_turn(struct event_relay *relay)
{
    bool is_wanted = relay->goes_on || wake_wait(relay->wake, look_ms(relay));

    if (!relay->goes_on)
        gather(relay);
    if (is_for_others(relay))
        lease_look(relay);
    if (is_for_others(relay) && !atomic_load(&relay->has_lease))
        pass_on(relay, is_wanted);
    else
        step(relay, is_wanted ? DB_RELAY_NOW : DB_RELAY_IF_ANY);
}
