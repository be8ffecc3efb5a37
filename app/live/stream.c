#include "stream.h"

#include <stdlib.h>

#include "hub_private.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/rand.h"
#include "parley/http/fcgi_record.h"
#include "stream_place.h"

enum { ROUNDS = 3, END_MAX_BYTES = 512 }; /* timers between two looks at the rights in any case: a minute */

static bool has(const struct stream *stream, unsigned flags)
{
    return (stream->connection.flags & flags) != 0;
}

static void set(struct stream *stream, unsigned flags)
{
    stream->connection.flags = (uint8_t)(stream->connection.flags | flags);
}

static void clear(struct stream *stream, unsigned flags)
{
    stream->connection.flags = (uint8_t)(stream->connection.flags & ~flags);
}

/* ---- making one, on a worker's thread ---- */

/* Saturated; what is beyond 2106 has no end. */
static uint32_t seconds_of(int64_t until_us)
{
    int64_t s = until_us / US_PER_S;

    return s < 0 ? 0 : s >= UINT32_MAX ? UINT32_MAX : (uint32_t)s;
}

static bool wants_more(const struct handover *handover, const struct stream_opening *opening)
{
    return handover->hold.release != NULL || opening->rights.focus[0] != 0 || opening->workspaces != NULL;
}

struct stream *stream_new(const struct handover *handover, const struct stream_opening *opening)
{
    const struct stream_rights *rights = &opening->rights;
    struct stream *stream = calloc(1, sizeof(*stream));

    if (stream == NULL)
        return NULL;
    stream->connection = (struct connection){ .fd = handover->fd,
                                              .kind = CONNECTION_STREAM,
                                              .flags = STREAM_BEHIND | (rights->key_id != 0 ? STREAM_BY_KEY : 0),
                                              .began_us = handover->began_us,
                                              .line = handover->line };
    stream->position = opening->told;
    stream->looked = opening->place.position;
    stream->user_id = rights->user_id;
    stream->workspace_id = rights->workspace_id;
    stream->chat_id = rights->chat_id;
    stream->credential_id = rights->key_id != 0 ? rights->key_id : rights->session_id;
    stream->network = opening->permit->network;
    stream->until_s = seconds_of(opening->until_us);
    stream->scope = (uint8_t)rights->scope;
    stream->round = (uint8_t)rand_below(ROUNDS);
    if (!wants_more(handover, opening))
        return stream;
    stream->more = stream_more_new(&handover->hold, rights->focus, opening->workspaces, stream);
    if (stream->more == NULL) {
        free(stream);
        return NULL;
    }
    return stream;
}

void stream_drop(struct stream *stream)
{
    if (stream != NULL)
        free(stream->more);
    free(stream);
}

/* ---- its timer ---- */

/* The next comment, or the end of session or key where that is sooner. */
static void timer_set(struct hub *hub, struct stream *stream, int64_t after_s)
{
    int64_t now_s = clock_monotonic_us() / US_PER_S;
    int64_t left_s;

    if (stream->until_s != UINT32_MAX) {
        left_s = (int64_t)stream->until_s - clock_now_us() / US_PER_S;
        if (left_s < after_s)
            after_s = left_s > 0 ? left_s : 0;
    }
    wheel_set(&hub->wheel, &stream->connection.timer, now_s + (after_s > 0 ? after_s : 1));
}

void stream_tick(struct hub *hub, struct stream *stream)
{
    if (has(stream, CONNECTION_CLOSING)) {
        hub_connection_ended(hub, &stream->connection, stream->connection.end);
        return;
    }
    if (has(stream, STREAM_HELD)) {
        stream_end(hub, stream, STREAM_END_RESTART);
        return;
    }
    if (stream->queue != NULL && ++stream->connection.stall_count >= STREAM_STALLS_MAX) {
        hub_connection_ended(hub, &stream->connection, STREAM_END_SLOW);
        return;
    }
    if (stream->until_s <= clock_now_us() / US_PER_S || ++stream->round >= ROUNDS)
        stream_look(hub, stream);
    stream_tell_passing(hub, stream, hub->comment);
    if (!has(stream, CONNECTION_ENDED | CONNECTION_CLOSING))
        timer_set(hub, stream, STREAM_COMMENT_S);
}

/* ---- telling ---- */

static void sent(struct hub *hub, struct stream *stream, enum send_result result)
{
    switch (result) {
    case SEND_DONE: break;
    case SEND_WAITS: hub_watch_change(hub, &stream->connection, HUB_WATCH_ROOM); break;
    case SEND_FULL: hub_connection_ended(hub, &stream->connection, STREAM_END_SLOW); break;
    case SEND_FAILED: hub_connection_ended(hub, &stream->connection, STREAM_END_GONE); break;
    }
}

void stream_tell(struct hub *hub, struct stream *stream, const struct live_event *event)
{
    struct connection *c = &stream->connection;

    if (event->record == NULL || event->position <= stream->position ||
        has(stream, CONNECTION_ENDED | CONNECTION_CLOSING | STREAM_HELD))
        return;
    atomic_fetch_add_explicit(&hub->counters.written_count, 1, memory_order_relaxed);
    sent(hub, stream, send_record(c->fd, &stream->queue, event->record, &c->sent_bytes));
}

void stream_tell_passing(struct hub *hub, struct stream *stream, struct live_record *record)
{
    struct connection *c = &stream->connection;

    if (stream->queue != NULL || has(stream, CONNECTION_ENDED | CONNECTION_CLOSING | STREAM_HELD))
        return;
    sent(hub, stream, send_record(c->fd, &stream->queue, record, &c->sent_bytes));
}

void stream_write_on(struct hub *hub, struct stream *stream)
{
    struct connection *c = &stream->connection;
    int64_t before_bytes = c->sent_bytes;
    enum send_result result = send_waiting(c->fd, &stream->queue, &c->sent_bytes);

    if (c->sent_bytes > before_bytes)
        c->stall_count = 0;
    if (result == SEND_FAILED || (result == SEND_DONE && has(stream, CONNECTION_CLOSING)))
        hub_connection_ended(hub, c, result == SEND_FAILED ? STREAM_END_GONE : c->end);
    else if (result == SEND_DONE)
        hub_watch_change(hub, c, HUB_WATCH_END);
}

/* Everything that is behind its position in the ring. */
static void catch_up(struct hub *hub, struct stream *stream)
{
    set(stream, STREAM_BEHIND);
    while (stream->position < hub->position && !has(stream, CONNECTION_ENDED | CONNECTION_CLOSING | STREAM_HELD)) {
        struct ring_entry entry;
        const struct live_event *event = &entry.event;

        if (ring_next(&hub->ring, hub->generation, stream->position, RING_PEEK, &entry) != RING_EVENT) {
            stream_end(hub, stream, STREAM_END_SLOW);
            return;
        }
        if (deliver_change_before(hub, stream, event)) {
            if (deliver_is_for(stream, event))
                stream_tell(hub, stream, event);
            stream->position = event->position;
            deliver_change_behind(hub, stream, event);
        }
        ring_entry_release(&entry);
    }
    if (stream->position >= hub->position)
        clear(stream, STREAM_BEHIND);
}

static void end_at(struct hub *hub, struct stream *stream, enum stream_end end, const char *epoch, int64_t position);

void stream_enter(struct hub *hub, struct stream *stream, const struct hub_place *looked)
{
    struct connection *c = &stream->connection;

    atomic_fetch_add(&hub->counters.stream_count, 1);
    atomic_fetch_add_explicit(&hub->counters.opened_count, 1, memory_order_relaxed);
    if (!has(stream, STREAM_BY_KEY))
        presence_roll_came(hub->opts.roll, stream->user_id);
    if (!hub_watch_add(hub, c) || stream_place_enter(hub, stream) != ERR_OK) {
        hub_connection_ended(hub, c, STREAM_END_RESTART);
        return;
    }
    timer_set(hub, stream, 1 + (int64_t)rand_below(STREAM_COMMENT_S));
    if (atomic_load(&hub->ending) || looked->generation != hub->generation)
        end_at(hub, stream, STREAM_END_RESTART, looked->epoch, stream->position);
    else
        catch_up(hub, stream);
}

/* ---- rights ---- */

void stream_hold(struct hub *hub, struct stream *stream, int64_t position)
{
    if (has(stream, CONNECTION_ENDED | CONNECTION_CLOSING))
        return;
    if (!has(stream, STREAM_HELD)) {
        atomic_fetch_add_explicit(&hub->counters.held_count, 1, memory_order_relaxed);
        set(stream, STREAM_HELD);
        if (position > stream->position)
            stream->position = position;
        wheel_set(&hub->wheel, &stream->connection.timer, clock_monotonic_us() / US_PER_S + STREAM_HELD_MAX_S);
    }
    stream_look(hub, stream);
}

static void unhold(struct hub *hub, struct stream *stream)
{
    if (!has(stream, STREAM_HELD))
        return;
    clear(stream, STREAM_HELD);
    atomic_fetch_sub_explicit(&hub->counters.held_count, 1, memory_order_relaxed);
}

static struct stream_rights rights_of(const struct stream *stream)
{
    struct stream_rights rights = { .scope = (enum stream_scope)stream->scope,
                                    .user_id = stream->user_id,
                                    .workspace_id = stream->workspace_id,
                                    .chat_id = stream->chat_id };

    if (has(stream, STREAM_BY_KEY))
        rights.key_id = stream->credential_id;
    else
        rights.session_id = stream->credential_id;
    if (stream->more != NULL)
        memcpy(rights.focus, stream->more->focus, sizeof(rights.focus));
    return rights;
}

void stream_look(struct hub *hub, struct stream *stream)
{
    struct rights_question *question;

    if (has(stream, STREAM_CHECKING)) {
        set(stream, STREAM_CHECK_AGAIN);
        return;
    }
    question = calloc(1, sizeof(*question));
    if (question == NULL) {
        stream_end(hub, stream, STREAM_END_RESTART);
        return;
    }
    *question =
        (struct rights_question){ .stream = stream, .position = hub->position, .check.rights = rights_of(stream) };
    stream->round = 0;
    stream->until_s = UINT32_MAX;
    set(stream, STREAM_CHECKING);
    atomic_fetch_add_explicit(&hub->counters.check_count, 1, memory_order_relaxed);
    rights_watch_ask(&hub->watch, question);
}

static void answer_take(struct hub *hub, struct stream *stream, const struct rights_question *question)
{
    const struct stream_check *check = &question->check;

    if (check->end != STREAM_GOES_ON) {
        stream_end(hub, stream, check->end);
        return;
    }
    /* What the answer allows may be gone since it was read: the next one decides. */
    if (has(stream, STREAM_CHECK_AGAIN)) {
        clear(stream, STREAM_CHECK_AGAIN);
        stream_look(hub, stream);
        return;
    }
    stream->until_s = seconds_of(check->until_us);
    if (stream->scope == STREAM_OF_USER && stream_place_replace(hub, stream, check->workspaces) != ERR_OK) {
        stream_end(hub, stream, STREAM_END_RESTART);
        return;
    }
    /* A stream that is ahead of the hub was looked at behind a later position already. */
    if (question->position > stream->looked)
        stream->looked = question->position;
    if (has(stream, STREAM_HELD)) {
        unhold(hub, stream);
        catch_up(hub, stream);
    }
    if (!has(stream, CONNECTION_ENDED | CONNECTION_CLOSING | STREAM_HELD))
        timer_set(hub, stream, STREAM_COMMENT_S);
}

void stream_looked(struct hub *hub, struct rights_question *question)
{
    struct stream *stream = question->stream;

    clear(stream, STREAM_CHECKING);
    if (has(stream, CONNECTION_ENDED))
        free(stream);
    else if (!has(stream, CONNECTION_CLOSING))
        answer_take(hub, stream, question);
    free(question->check.workspaces);
    free(question);
}

/* ---- the end ---- */

static const struct {
    const char *name;
    bool reconnect;
} ends[STREAM_END_COUNT_] = {
    [STREAM_GOES_ON] = { "", false },
    [STREAM_END_SESSION] = { "session", false },
    [STREAM_END_ACCESS] = { "access", false },
    [STREAM_END_DELETED] = { "deleted", false },
    [STREAM_END_EXPIRED] = { "expired", false },
    [STREAM_END_RESTART] = { "restart", true },
    [STREAM_END_SLOW] = { "slow", true },
    [STREAM_END_GONE] = { "client gone", true },
};

const char *stream_end_name(enum stream_end end)
{
    return ends[end].name;
}

/* The last event, with a pause of its own before the client comes back, and END_REQUEST. NULL without memory. */
static struct live_record *end_record(enum stream_end end, const char *epoch, int64_t position)
{
    struct live_record *record;
    struct buf text, records;

    buf_init(&text, END_MAX_BYTES);
    buf_init(&records, 2 * END_MAX_BYTES);
    if (ends[end].reconnect)
        buf_addf(&text, "retry: %d\n",
                 STREAM_RETRY_MIN_MS + (int)rand_below(STREAM_RETRY_MAX_MS - STREAM_RETRY_MIN_MS));
    buf_addf(&text, "event: end\ndata: {\"why\":\"%s\",\"reconnect\":%s}\nid: %s-%lld\n\n", ends[end].name,
             ends[end].reconnect ? "true" : "false", epoch, (long long)position);
    if (buf_check(&text) != ERR_OK)
        records.failed = true;
    fcgi_record_stdout(&records, RECORD_REQUEST_ID, buf_str(&text));
    fcgi_record_end(&records, RECORD_REQUEST_ID);
    record = live_record_of(&records);
    buf_release(&records);
    buf_release(&text);
    return record;
}

/* The client comes back from there: of a position that it has not been told all up to it would hear no more. */
static void end_at(struct hub *hub, struct stream *stream, enum stream_end end, const char *epoch, int64_t position)
{
    struct connection *c = &stream->connection;
    struct live_record *record;
    enum send_result result;

    if (has(stream, CONNECTION_ENDED | CONNECTION_CLOSING))
        return;
    record = end_record(end, epoch, position);
    result = record != NULL ? send_record(c->fd, &stream->queue, record, &c->sent_bytes) : SEND_FAILED;
    live_record_drop(record);
    c->end = (uint8_t)end;
    unhold(hub, stream);
    if (result != SEND_WAITS) {
        hub_connection_ended(hub, c, end);
        return;
    }
    set(stream, CONNECTION_CLOSING);
    hub_watch_change(hub, c, HUB_WATCH_ROOM);
    wheel_set(&hub->late_wheel, &c->timer, clock_monotonic_us() / US_PER_S + STREAM_CLOSING_MAX_S);
}

void stream_end(struct hub *hub, struct stream *stream, enum stream_end end)
{
    bool is_elsewhere = has(stream, STREAM_HELD | STREAM_BEHIND) || stream->position > hub->position;

    end_at(hub, stream, end, hub->epoch, is_elsewhere ? stream->position : hub->position);
}

void stream_free(struct hub *hub, struct stream *stream)
{
    const struct connection *c = &stream->connection;
    struct handover connection = { .way = REPLY_STREAM, .fd = c->fd, .began_us = c->began_us, .line = c->line };

    unhold(hub, stream);
    stream_place_leave(hub, stream);
    if (stream->more != NULL)
        connection.hold = stream->more->hold;
    send_queue_drop(&stream->queue);
    handover_end(&connection, c->sent_bytes, stream_end_name((enum stream_end)c->end));
    admission_leave(&hub->admission, stream->user_id, stream->network);
    if (!has(stream, STREAM_BY_KEY))
        presence_roll_left(hub->opts.roll, stream->user_id);
    free(stream->more);
    stream->more = NULL;
    atomic_fetch_sub(&hub->counters.stream_count, 1);
    if (!has(stream, STREAM_CHECKING))
        free(stream);
}
