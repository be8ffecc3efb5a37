/*
 * What a client that comes back has missed, from the database, whichever process it was connected to. For a worker, before it
 * hands the connection to the hub.
 */
#ifndef PARLEY_DOMAIN_EVENT_REPLAY_H
#define PARLEY_DOMAIN_EVENT_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/str.h"
#include "parley/domain/events/event_row.h"

/* Whose stream it is and of what; rights to it have been checked. */
struct event_replay_opts {
    int64_t user_id;
    int64_t workspace_id; /* 0: of everything that the user may read */
    int64_t chat_id;      /* 0: of the whole workspace */
    struct str after;     /* the last id that the client has: "<epoch>-<position>" */
    int64_t upto;         /* the position up to which the hub will not tell it */
    event_content_fn content;
};

struct event_replay {
    bool is_sync;    /* it cannot be told: the client reads everything again (event `sync`); text is empty */
    size_t count;    /* of events */
    struct str text; /* as they are sent, in order; in the arena */
};

/*
 * At most EVENT_REPLAY_MAX events of EVENT_REPLAY_BYTES out of EVENT_REPLAY_LOOK_MAX rows; what is more, older than the log, of another epoch, ahead
 * of it or not a position at all is a `sync`. What the user may not hear now is left out. Errors of the database.
 */
enum err event_replay(struct ctx *ctx, const struct event_replay_opts *opts,
                      struct event_replay *ret_replay) MUST_CHECK;

#endif
