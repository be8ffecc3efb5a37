/*
 * The hub: one thread that owns every connection which waits: event streams, and requests that are answered later. A
 * worker checks rights, writes what was missed, hands the connection over (http/handover.h) and goes on; 10,000 streams
 * cost no thread and a few hundred bytes each.
 *
 *   worker        hub_admit, hub_where, replay up to there; reply_stream with a struct stream_opening
 *   reader        hub_sink: events in the order of the log, into a ring from which streams that have just been handed over,
 *                 or were looked at again, are brought up to date
 *   rights        an event that ends somebody's access ends their streams or holds them: a stream that is held is told
 *                 nothing until its rights have been looked at again (struct stream_checker, on a thread of the hub's). The
 *                 end of a session or key that is known is a timer, and each minute every stream is looked at in any case
 *   slow reader   what its connection does not take waits, at most 64 events or 256 KiB; then it is cut off, and comes back
 *                 with the id of the last event that it has
 *
 * Every stream is sent a comment each STREAM_COMMENT_S, and an event `end` as the last thing it hears, with the reason.
 */
#ifndef PARLEY_LIVE_HUB_H
#define PARLEY_LIVE_HUB_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/err.h"
#include "parley/core/str.h"
#include "parley/http/handover.h"
#include "parley/live/event.h"
#include "parley/live/presence_roll.h"
#include "parley/live/stream_rights.h"

struct hub;

struct hub_opts {
    struct stream_checker checker;
    int64_t streams_max; /* less where RLIMIT_NOFILE leaves less room */
    int64_t streams_per_user_max;
    int64_t streams_per_address_max; /* of the network that one customer has (core/cidr.h) */
    struct presence_roll *roll;      /* takes note of whose streams come and go; NULL: nobody does */
};

/* Starts the hub's two threads. opts: copied. ERR_NO_MEMORY, ERR_UNAVAILABLE (no descriptors). */
enum err hub_new(const struct hub_opts *opts, struct hub **ret_hub) MUST_CHECK;
/*
 * Every stream is told `end` with why "restart" and a random `retry`, STREAM_ENDS_PER_S of them a second; parked requests are
 * told to finish, and answered 503 where they have not after STREAM_STOP_PARKED_S. What is handed over from now on ends at
 * once. Returns at once. Any thread.
 */
void hub_end_all(struct hub *hub);
/* hub_end_all, and waits until the last connection has ended, at most max_s seconds; then cuts off what is left. */
void hub_stop(struct hub *hub, int max_s);
/* After hub_stop, when nobody uses it any more. NULL is fine. */
void hub_free(struct hub *hub);

/* ---- events ---- */

/* For the reader of the log. Never waits for a client; a hub that has fallen behind is waited for, some milliseconds. */
struct live_sink hub_sink(struct hub *hub);
/*
 * What is told and never stored: typing, presence, message.delta. Whoever is slow does not get it, nor does anybody where
 * more than HUB_SIGNALS_MAX wait.
 *   event  position and record are not used; `change` must be LIVE_CHANGES_NOTHING
 *   text   "event: …\ndata: …\n"; the id is added
 * Any thread.
 */
void hub_signal(struct hub *hub, const struct live_event *event, struct str text);

/* ---- streams ---- */

/* A place among the open streams; it must be given back once, by handing the connection over or by hub_leave. */
struct stream_permit {
    struct hub *hub; /* NULL: none */
    int64_t user_id;
    uint64_t network;
};
/*
 * ERR_STREAMS (429): the user or the client's network has as many as it may; ERR_STREAMS_FULL (503): all have; ERR_UNAVAILABLE:
 * the log cannot be read, or the process stops; where it has only just begun it is waited for. Any thread.
 */
enum err hub_admit(struct hub *hub, int64_t user_id, struct str ip, struct stream_permit *ret_permit) MUST_CHECK;
/* Gives it back, where it has not been handed over. */
void hub_leave(struct stream_permit *permit);

/* Up to where the log has been read: the epoch, and the position after which the hub tells events itself. Any thread. */
struct hub_place {
    char epoch[LIVE_EPOCH_LEN + 1];
    int64_t position;
    unsigned generation; /* counts the log's beginnings; 0: it has not begun */
};
void hub_where(struct hub *hub, struct hub_place *ret_place);
/*
 * Whether the hub itself can tell a stream what is behind the position, since it is little, not long ago, and nobody has lost
 * rights in it: then `told` of its opening is that position. Any thread.
 */
bool hub_still_has(struct hub *hub, const struct hub_place *place, int64_t position);

/* The subject of a STREAM that is handed over to hub_take. */
struct stream_opening {
    struct stream_permit *permit; /* taken over: its hub is NULL afterwards */
    struct stream_rights rights;
    int64_t until_us;                           /* wall clock: the end of session or key; INT64_MAX: none */
    const struct stream_workspaces *workspaces; /* of a user's own stream; NULL: none */
    struct hub_place place;                     /* read before the rights */
    bool leaves_out;                            /* the user's workspaces are more than these; not the hub's business */
    int64_t told;                               /* up to here it has been told everything; mostly place.position */
};

/* For struct gate_opts: takes streams (struct stream_opening) and parked requests (struct parking of live/parking.h). */
void hub_take(void *hub, const struct handover *handover);

/* ---- figures ---- */

struct hub_stats {
    int64_t stream_count, parked_count;  /* now */
    int64_t held_count;                  /* streams whose rights are being looked at before they are told more */
    int64_t opened_count;                /* since the start, as are those below */
    int64_t event_count;                 /* of the log */
    int64_t signal_count, dropped_count; /* dropped: signals that a full queue had no room for */
    int64_t written_count;               /* events written, each to one stream */
    int64_t check_count;                 /* streams looked at again */
    int64_t refused_count;               /* by hub_admit */
    int64_t overrun_count;               /* times that the hub was too far behind the log and ended all streams */
    int64_t end_counts[STREAM_END_COUNT_];
    int64_t position;
};
/* Any thread. */
void hub_stats(struct hub *hub, struct hub_stats *ret_stats);
/* A reason as clients and the log know it: "session", "access", …; "client gone" for STREAM_END_GONE. Static. */
const char *stream_end_name(enum stream_end end);

#endif
