#include "parked_request.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "hub_private.h"
#include "parking_command.h"
#include "parley/core/clock.h"
#include "parley/core/json_out.h"
#include "parley/core/limits.h"
#include "parley/http/fcgi_record.h"

enum { OUT_MAX_BYTES = 128 * 1024 * 1024, OUT_KEPT_BYTES = 64 * 1024, GRACE_S = 5 };

struct parked_request *parked_request_new(uint64_t ticket)
{
    struct parked_request *request = calloc(1, sizeof(*request));

    if (request == NULL)
        return NULL;
    request->connection.kind = CONNECTION_PARKED;
    request->connection.fd = -1;
    request->ticket = ticket;
    request->waiting_end = &request->waiting;
    request->reason = "restart";
    buf_init(&request->out, OUT_MAX_BYTES);
    return request;
}

void parked_request_enter(struct hub *hub, struct parked_request *request)
{
    atomic_fetch_add(&hub->counters.parked_count, 1);
    link_add(&hub->unattached, &request->connection.timer.link);
    /* Nobody could find it: nothing comes of it but its end. */
    if (stream_index_add(&hub->parked, (int64_t)request->ticket, &request->by_ticket) != ERR_OK) {
        link_remove(&request->connection.timer.link);
        hub_connection_ended(hub, &request->connection, STREAM_END_RESTART);
    }
}

static bool is_over(const struct parked_request *request)
{
    return request->is_answered || (request->connection.flags & CONNECTION_ENDED) != 0;
}

static void end(struct hub *hub, struct parked_request *request, enum stream_end why, const char *reason)
{
    request->reason = reason;
    hub_connection_ended(hub, &request->connection, why);
}

/* ---- writing ---- */

static void flow_tell(struct parked_request *request)
{
    size_t unread = request->out.len - request->out_at;
    bool paused = request->is_paused ? unread > PARKED_UNREAD_BYTES / 2 : unread >= PARKED_UNREAD_BYTES;

    if (paused == request->is_paused || request->is_answered)
        return;
    request->is_paused = paused;
    if (request->hooks.flow != NULL)
        request->hooks.flow(request->hooks.arg, paused);
}

static void out_empty(struct parked_request *request)
{
    if (request->out.room_bytes > OUT_KEPT_BYTES)
        buf_release(&request->out);
    else
        buf_clear(&request->out);
    request->out_at = 0;
}

void parked_request_write_on(struct hub *hub, struct parked_request *request)
{
    struct connection *c = &request->connection;

    if (buf_check(&request->out) != ERR_OK) {
        end(hub, request, STREAM_END_RESTART, "no memory");
        return;
    }
    while (request->out_at < request->out.len) {
        ssize_t sent = send(c->fd, request->out.ptr + request->out_at, request->out.len - request->out_at,
                            MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
            parked_request_gone(hub, request);
            return;
        }
        if (sent < 0)
            break;
        c->stall_count = 0;
        c->sent_bytes += sent;
        request->out_at += (size_t)sent;
    }
    if (request->out_at < request->out.len) {
        hub_watch_change(hub, c, HUB_WATCH_ROOM);
    } else {
        out_empty(request);
        if (request->is_answered)
            end(hub, request, STREAM_GOES_ON, request->reason);
        else
            hub_watch_change(hub, c, HUB_WATCH_END);
    }
    flow_tell(request);
}

/* Once its end is there. */
static void finish(struct hub *hub, struct parked_request *request, const char *reason)
{
    request->is_answered = true;
    request->reason = reason;
    parked_request_write_on(hub, request);
}

void parked_request_answer(struct hub *hub, struct parked_request *request, const struct parked_answer *answer)
{
    if (is_over(request) || request->is_stream)
        return;
    parked_reply(request->parked, answer, &request->out);
    finish(hub, request, "done");
}

void parked_request_open(struct hub *hub, struct parked_request *request, const char *content_type)
{
    if (is_over(request) || request->is_stream)
        return;
    request->is_stream = true;
    parked_stream(request->parked, content_type, &request->out);
    parked_request_write_on(hub, request);
}

void parked_request_write(struct hub *hub, struct parked_request *request, struct str bytes)
{
    if (is_over(request) || !request->is_stream)
        return;
    if (request->out.len - request->out_at > PARKED_UNREAD_MAX_BYTES) {
        end(hub, request, STREAM_END_SLOW, "slow");
        return;
    }
    fcgi_record_stdout(&request->out, request->parked->connection.request_id, bytes);
    parked_request_write_on(hub, request);
}

void parked_request_close(struct hub *hub, struct parked_request *request, enum parking_end how)
{
    uint16_t id = request->parked->connection.request_id;

    if (is_over(request) || (how == PARKING_COMPLETE && !request->is_stream))
        return;
    if (how == PARKING_COMPLETE)
        fcgi_record_end(&request->out, id);
    else
        fcgi_record_abort(&request->out, id);
    finish(hub, request, how == PARKING_COMPLETE ? "done" : "broken off");
}

/* ---- beginning and end ---- */

/* The first whole second at which the deadline is over: a timer that comes before it would be due at once again. */
static int64_t deadline_s(const struct parked_request *request)
{
    return (request->deadline_us + US_PER_S - 1) / US_PER_S;
}

static void timer_set(struct hub *hub, struct parked_request *request)
{
    int64_t now_s = clock_monotonic_us() / US_PER_S;
    int64_t due_s = deadline_s(request);

    if (due_s > now_s + STREAM_COMMENT_S || request->is_answered || (request->is_stream && !request->is_due))
        due_s = now_s + STREAM_COMMENT_S;
    wheel_set(&hub->late_wheel, &request->connection.timer, due_s);
}

void parked_request_hurry(struct hub *hub, struct parked_request *request, int64_t within_s)
{
    if (is_over(request) || request->parked == NULL)
        return;
    if (!request->is_due && request->hooks.due != NULL)
        request->hooks.due(request->hooks.arg);
    request->is_due = true;
    request->deadline_us = clock_monotonic_us() + within_s * US_PER_S;
    wheel_set(&hub->late_wheel, &request->connection.timer, deadline_s(request));
}

void parked_request_attach(struct hub *hub, struct parked_request *request, struct parked *parked,
                           const struct parking *parking)
{
    struct connection *c = &request->connection;
    struct parking_command *next;
    int64_t latest_us = parked->connection.began_us + PARKED_MAX_S * US_PER_S;

    link_remove(&c->timer.link);
    request->parked = parked;
    request->hooks = parking->hooks;
    request->deadline_us = parking->deadline_us < latest_us ? parking->deadline_us : latest_us;
    c->fd = parked->connection.fd;
    if (!hub_watch_add(hub, c)) {
        end(hub, request, STREAM_END_RESTART, "no room");
        return;
    }
    timer_set(hub, request);
    for (struct parking_command *command = request->waiting; command != NULL; command = next) {
        next = command->next;
        parking_command_do(hub, request, command);
    }
    request->waiting = NULL;
    if (atomic_load(&hub->ending))
        parked_request_hurry(hub, request, STREAM_STOP_PARKED_S);
}

void parked_request_gone(struct hub *hub, struct parked_request *request)
{
    end(hub, request, STREAM_END_GONE, "client gone");
}

/* Who works on the answer has not given it. */
static void answer_without(struct hub *hub, struct parked_request *request)
{
    const struct err_info *info = err_info(ERR_UNAVAILABLE);
    struct json_out json;
    struct buf body;

    buf_init(&body, 4096);
    json_out_init(&json, &body);
    json_out_object(&json);
    json_out_kv_c(&json, "type", "about:blank");
    json_out_kv_c(&json, "title", reply_reason(info->http_status));
    json_out_kv_int(&json, "status", info->http_status);
    json_out_kv_c(&json, "code", info->code);
    json_out_kv_c(&json, "detail", info->sentence);
    json_out_object_end(&json);
    parked_request_answer(hub, request,
                          &(struct parked_answer){ .status = info->http_status,
                                                   .code = info->code,
                                                   .content_type = "application/problem+json",
                                                   .body = buf_str(&body) });
    buf_release(&body);
}

void parked_request_tick(struct hub *hub, struct parked_request *request)
{
    if (request->out_at < request->out.len && ++request->connection.stall_count > STREAM_STALLS_MAX) {
        end(hub, request, STREAM_END_SLOW, "slow");
        return;
    }
    if (!request->is_answered && !request->is_stream && request->deadline_us <= clock_monotonic_us()) {
        if (!request->is_due) {
            parked_request_hurry(hub, request, GRACE_S);
            return;
        }
        answer_without(hub, request);
    } else if (request->is_stream && request->is_due && request->deadline_us <= clock_monotonic_us()) {
        parked_request_close(hub, request, PARKING_BROKEN);
    }
    if (!(request->connection.flags & CONNECTION_ENDED))
        timer_set(hub, request);
}

void parked_request_free(struct hub *hub, struct parked_request *request)
{
    struct parking_command *next;

    stream_index_remove(&hub->parked, (int64_t)request->ticket, &request->by_ticket);
    for (struct parking_command *command = request->waiting; command != NULL; command = next) {
        next = command->next;
        free(command);
    }
    if (request->parked != NULL) {
        handover_end(&request->parked->connection, request->connection.sent_bytes, request->reason);
        if (!request->is_answered && request->hooks.gone != NULL)
            request->hooks.gone(request->hooks.arg);
    }
    free(request->parked);
    buf_release(&request->out);
    free(request);
    admission_unpark(&hub->admission);
    atomic_fetch_sub(&hub->counters.parked_count, 1);
}
