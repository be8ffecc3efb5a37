/*
 * Opening an event stream: who may have one, what was missed since the client's last event, and from where on the hub
 * (live/hub.h) tells events itself.
 */
#ifndef PARLEY_DOMAIN_STREAM_H
#define PARLEY_DOMAIN_STREAM_H

#include <stdint.h>

#include "parley/core/buf.h"
#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/str.h"
#include "parley/domain/events/event_row.h"
#include "parley/domain/record/principal.h"
#include "parley/live/hub.h"

struct stream_request {
    enum stream_scope scope;
    const struct principal *principal;
    int64_t workspace_id;     /* of a workspace or a chat, to which the caller has a right as far as the gate knows */
    int64_t chat_id;          /* of a chat */
    struct str last_event_id; /* any bytes; absent or empty: the client has heard nothing */
    struct uuid focus[STREAM_FOCUS_MAX];
    size_t focus_count;
    event_content_fn content; /* of events in the log */
};

/*
 * Rights are read from their rows, behind the hub's place in the log: what takes them away later is an event behind that
 * place, and ends the stream. What was missed is appended to out, from the log in the database, or left to the hub where it
 * is little and still in its memory; where it cannot be told (another epoch, too old, too much, no id of ours) an event `sync`
 * says so. Then the id of that place, so that a client that hears nothing more can still come back to it.
 *   ret_opening  for reply_stream; in the request's arena. The place among the streams is given back with the arena, where
 *                the connection has not been handed over
 * ERR_STREAMS, ERR_STREAMS_FULL, ERR_UNAVAILABLE: hub_admit. ERR_TOKEN, ERR_KEY, ERR_WORKSPACE_NOT_FOUND, ERR_CHAT_NOT_FOUND (of the
 * focus too): the right is gone. Errors of the database. Any thread.
 */
enum err stream_open(struct ctx *ctx, const struct stream_request *request, struct buf *out,
                     const struct stream_opening **ret_opening) MUST_CHECK;

#endif
