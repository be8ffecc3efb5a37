/* Buckets of tokens in Redis: one connection, which a thread of its own makes and makes again; one script. Private to app/bus. */
#ifndef PARLEY_APP_BUS_REDIS_COUNTER_H
#define PARLEY_APP_BUS_REDIS_COUNTER_H

#include <pthread.h>
#include <stdbool.h>

#include "parley/bus/bus.h"
#include "redis_connection.h"

enum { SCRIPT_ID_BYTES = 41 };

struct redis_counter {
    const struct redis_address *address;
    pthread_t thread;
    pthread_mutex_t lock;            /* guards what follows; held during one answer of Redis */
    pthread_cond_t changed;          /* the connection is gone, or the thread shall end */
    redisContext *context;           /* NULL while there is none */
    char script_id[SCRIPT_ID_BYTES]; /* under which Redis knows the script */
    bool stopping;
};

/* Starts the thread. The address is borrowed. ERR_NO_MEMORY: nothing is left to stop. */
enum err redis_counter_start(struct redis_counter *counter, const struct redis_address *address) MUST_CHECK;
void redis_counter_stop(struct redis_counter *counter);
/* As bus_consume. After a failure the connection is gone, and the thread makes another. */
enum err redis_counter_consume(struct redis_counter *counter, const struct bus_consumption *consumption,
                               struct bus_bucket *ret_bucket) MUST_CHECK;

#endif
