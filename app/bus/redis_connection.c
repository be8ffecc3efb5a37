#include "redis_connection.h"

#include <stdio.h>

#include "parley/core/rand.h"

enum { BACKOFF_FIRST_MS = 50 };

void redis_connection_limit(redisContext *context, int64_t ms)
{
    redisSetTimeout(context, (struct timeval){ .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 });
}

bool redis_reply_take(redisReply *reply)
{
    bool fine = reply != NULL && reply->type != REDIS_REPLY_ERROR;
    freeReplyObject(reply);
    return fine;
}

static bool sign_in(redisContext *c, const struct redis_address *address)
{
    if (address->user[0] != '\0' && !redis_reply_take(redisCommand(c, "AUTH %s %s", address->user, address->password)))
        return false;
    if (address->user[0] == '\0' && address->password[0] != '\0' &&
        !redis_reply_take(redisCommand(c, "AUTH %s", address->password)))
        return false;
    if (address->database != 0 && !redis_reply_take(redisCommand(c, "SELECT %d", address->database)))
        return false;
    return redis_reply_take(redisCommand(c, "PING"));
}

redisContext *redis_connection_new(const struct redis_address *address, char ret_why[REDIS_WHY_BYTES])
{
    const struct timeval limit = { .tv_sec = BUS_CONNECT_MAX_MS / 1000, .tv_usec = BUS_CONNECT_MAX_MS % 1000 * 1000 };
    redisContext *c = address->socket[0] != '\0' ? redisConnectUnixWithTimeout(address->socket, limit)
                                                 : redisConnectWithTimeout(address->host, address->port, limit);
    bool fine;
    if (c != NULL && c->err == 0)
        redisSetTimeout(c, limit);
    fine = c != NULL && c->err == 0 && sign_in(c, address);
    if (fine)
        return c;
    snprintf(ret_why, REDIS_WHY_BYTES, "%s",
             c == NULL || c->err == 0 ? "the server refuses us: check REDIS_PASSWORD" : c->errstr);
    if (c != NULL)
        redisFree(c);
    return NULL;
}

enum err redis_check(const struct redis_address *address, struct buf *ret_error_text)
{
    char why[REDIS_WHY_BYTES];
    redisContext *c = redis_connection_new(address, why);

    if (c == NULL) {
        buf_add_c(ret_error_text, why);
        return ERR_UNAVAILABLE;
    }
    redisFree(c);
    return ERR_OK;
}

int64_t redis_backoff_next(int64_t *backoff_ms)
{
    int64_t half_ms;
    *backoff_ms = *backoff_ms == 0 ? BACKOFF_FIRST_MS : *backoff_ms * 2;
    if (*backoff_ms > BUS_BACKOFF_MAX_MS)
        *backoff_ms = BUS_BACKOFF_MAX_MS;
    half_ms = *backoff_ms / 2;
    return half_ms + (int64_t)rand_below((uint64_t)half_ms + 1);
}
