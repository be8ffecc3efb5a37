/* One event stream. The hub's thread's own, but for stream_new. */
#ifndef PARLEY_APP_LIVE_STREAM_H
#define PARLEY_APP_LIVE_STREAM_H

#include <assert.h>

#include "connection.h"
#include "link.h"
#include "parley/live/hub.h"
#include "send_queue.h"

struct rights_question;
struct stream;

/* A user's own stream in the ring of one of its workspaces. */
struct stream_place {
    struct link link;
    struct stream *stream;
    int64_t workspace_id;
};

/* What few streams have. */
struct stream_more {
    struct handover_hold hold;
    int64_t focus[STREAM_FOCUS_MAX];
    size_t place_count;
    struct stream_place places[];
};

/* 10,000 of them are what the server keeps for 10,000 people who wait; more than half of one is its line of the log. */
struct stream {
    struct connection connection;
    struct link by_user;
    struct link by_scope; /* of its workspace or its chat; a user's own has places instead */
    int64_t position;     /* at or below it nothing is told; told all up to hub.position otherwise */
    int64_t looked;       /* what changed up to here is in its rights, and may have been undone since */
    int64_t user_id, workspace_id, chat_id;
    int64_t credential_id; /* session or key */
    uint64_t network;
    struct send_queue *queue;
    struct stream_more *more; /* NULL: none */
    uint32_t until_s;         /* wall clock; UINT32_MAX: no end is known */
    uint8_t scope;            /* enum stream_scope */
    uint8_t round;            /* timers since its rights were looked at */
};
static_assert(sizeof(struct stream) <= 328, "a stream has grown"); /* malloc takes 336 for it, and for 320 */

/* On a worker's thread. NULL: no memory; the caller ends the connection. */
struct stream *stream_new(const struct handover *handover, const struct stream_opening *opening);

/* One that was not taken in. NULL is fine. */
void stream_drop(struct stream *stream);

/* Takes it in: what it has missed is told, or it ends. looked: where the log was when its rights were read. */
void stream_enter(struct hub *hub, struct stream *stream, const struct hub_place *looked);
/* Tells an event of the log that is for it. */
void stream_tell(struct hub *hub, struct stream *stream, const struct live_event *event);
/* Something that is not in the log, a comment say: left out where something waits. */
void stream_tell_passing(struct hub *hub, struct stream *stream, struct live_record *record);
/* Tells nothing more until the rights have been looked at; it has been told everything up to position. */
void stream_hold(struct hub *hub, struct stream *stream, int64_t position);
/* Has its rights looked at; once more where they are being looked at, and only the later answer counts. */
void stream_look(struct hub *hub, struct stream *stream);
/* They have been; frees the question. */
void stream_looked(struct hub *hub, struct rights_question *question);
/* Says why, and ends it. */
void stream_end(struct hub *hub, struct stream *stream, enum stream_end end);
/* The peer takes more. */
void stream_write_on(struct hub *hub, struct stream *stream);
/* Its timer. */
void stream_tick(struct hub *hub, struct stream *stream);
/* Out of everything, the line logged, freed; while its rights are looked at, freed later. */
void stream_free(struct hub *hub, struct stream *stream);

#endif
