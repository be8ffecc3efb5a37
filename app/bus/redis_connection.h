/* Connections to Redis that have signed in. Private to app/bus. */
#ifndef PARLEY_APP_BUS_REDIS_CONNECTION_H
#define PARLEY_APP_BUS_REDIS_CONNECTION_H

#include <hiredis.h>
#include <stdbool.h>

#include "driver.h"

enum { REDIS_WHY_BYTES = 128 };

/* Waits at most BUS_CONNECT_MAX_MS for each step. NULL: ret_why says why. The caller frees with redisFree. Any thread. */
redisContext *redis_connection_new(const struct redis_address *address, char ret_why[REDIS_WHY_BYTES]);
/* From here on it waits so long for each answer. */
void redis_connection_limit(redisContext *context, int64_t ms);
/* Whether it is an answer, and no error. Takes ownership; NULL is none. */
bool redis_reply_take(redisReply *reply);
/* Twice as long as the last time, up to BUS_BACKOFF_MAX_MS, and a part of it by chance; in ms. *backoff_ms 0: the first. */
int64_t redis_backoff_next(int64_t *backoff_ms);

#endif
