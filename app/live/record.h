/* Records that are made here: bytes that are FastCGI's already. */
#ifndef PARLEY_APP_LIVE_RECORD_H
#define PARLEY_APP_LIVE_RECORD_H

#include "parley/core/buf.h"
#include "parley/live/event.h"

/* FastCGI's id of every request that comes from nginx, and of every record that is made once for many. */
enum { RECORD_REQUEST_ID = 1 };

/* A copy, used by the caller. NULL without memory, also where the buf has failed. */
struct live_record *live_record_of(const struct buf *records);

#endif
