/* Buckets of tokens in Redis: one connection, one script. Private to app/bus. */
#ifndef PARLEY_APP_BUS_REDIS_COUNTER_H
#define PARLEY_APP_BUS_REDIS_COUNTER_H

#include <hiredis.h>
#include <pthread.h>
#include <stdbool.h>

#include "parley/bus/bus.h"

enum { SCRIPT_ID_BYTES = 41 };

struct redis_counter {
    pthread_mutex_t lock;            /* guards what follows; held during one answer of Redis */
    redisContext *context;           /* NULL while there is none */
    char script_id[SCRIPT_ID_BYTES]; /* under which Redis knows the script */
};

void redis_counter_init(struct redis_counter *counter);
void redis_counter_release(struct redis_counter *counter);
/* Takes over a connection that has signed in, in the place of the one before; NULL: there is none now. */
void redis_counter_connect(struct redis_counter *counter, redisContext *context);
bool redis_counter_is_connected(struct redis_counter *counter);
/* As bus_consume. After a failure the connection is gone. */
enum err redis_counter_consume(struct redis_counter *counter, const struct bus_consumption *consumption,
                               struct bus_bucket *ret_bucket) MUST_CHECK;

#endif
