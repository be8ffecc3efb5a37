/* What both kinds of connection that the hub has are made of: streams and parked requests. The hub's thread's own. */
#ifndef PARLEY_APP_LIVE_CONNECTION_H
#define PARLEY_APP_LIVE_CONNECTION_H

#include <stdint.h>

#include "parley/http/handover.h"
#include "parley/live/stream_rights.h"
#include "wheel.h"

enum connection_kind { CONNECTION_STREAM, CONNECTION_PARKED };

enum connection_flags {
    CONNECTION_CLOSING = 1,  /* its end is written, and waits for the peer */
    CONNECTION_ENDED = 2,    /* in hub.ended: nothing is done with it any more */
    STREAM_HELD = 4,         /* told nothing until its rights have been looked at */
    STREAM_CHECKING = 8,     /* its rights are being looked at: it is not freed meanwhile */
    STREAM_CHECK_AGAIN = 16, /* and must be looked at once more then */
    STREAM_BY_KEY = 32,      /* credential is an API key's */
    STREAM_BEHIND = 64,      /* has not been told all up to hub.position: its end says where it is */
};

struct connection {
    struct wheel_timer timer; /* ended, its link stands in hub.ended */
    int fd;
    uint8_t kind;        /* enum connection_kind */
    uint8_t flags;       /* enum connection_flags */
    uint8_t end;         /* enum stream_end: why it ends */
    uint8_t stall_count; /* timers since the peer took anything of what waits */
    int64_t began_us;
    int64_t sent_bytes;
    struct access_line line;
};

#endif
