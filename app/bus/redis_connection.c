#include "redis_connection.h"

#include <stdio.h>
#include <string.h>

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

/* Errors of a server that will take us in a while (redis.io, "Redis serialization protocol", and its sources); all others
   to what we begin with are about our name, password or database. */
static bool is_passing(const redisReply *reply)
{
    static const char *const begins[] = { "LOADING",  "BUSY",        "MASTERDOWN",
                                          "TRYAGAIN", "CLUSTERDOWN", "ERR max number of" };

    for (size_t i = 0; i < COUNT_OF(begins); i++)
        if (strncmp(reply->str, begins[i], strlen(begins[i])) == 0)
            return true;
    return false;
}

/* ERR_FORBIDDEN: refused; ERR_UNAVAILABLE: no answer, or not now. Takes ownership. */
static enum err judge(redisReply *reply)
{
    enum err e = reply == NULL ? ERR_UNAVAILABLE : ERR_OK;

    if (reply != NULL && reply->type == REDIS_REPLY_ERROR)
        e = is_passing(reply) ? ERR_UNAVAILABLE : ERR_FORBIDDEN;
    freeReplyObject(reply);
    return e;
}

static enum err sign_in(redisContext *c, const struct redis_address *address)
{
    if (address->user[0] != '\0')
        TRY(judge(redisCommand(c, "AUTH %s %s", address->user, address->password)));
    if (address->user[0] == '\0' && address->password[0] != '\0')
        TRY(judge(redisCommand(c, "AUTH %s", address->password)));
    if (address->database != 0)
        TRY(judge(redisCommand(c, "SELECT %d", address->database)));
    return judge(redisCommand(c, "PING"));
}

static enum err connection_open(const struct redis_address *address, char ret_why[REDIS_WHY_BYTES],
                                redisContext **ret_context)
{
    const struct timeval limit = { .tv_sec = BUS_CONNECT_MAX_MS / 1000, .tv_usec = BUS_CONNECT_MAX_MS % 1000 * 1000 };
    redisContext *c = address->socket[0] != '\0' ? redisConnectUnixWithTimeout(address->socket, limit)
                                                 : redisConnectWithTimeout(address->host, address->port, limit);
    enum err e = ERR_UNAVAILABLE;

    if (c != NULL && c->err == 0) {
        redisSetTimeout(c, limit);
        e = sign_in(c, address);
    }
    if (e == ERR_OK) {
        *ret_context = c;
        return ERR_OK;
    }
    (void)snprintf(ret_why, REDIS_WHY_BYTES, "%s",
                   e == ERR_FORBIDDEN ? "the server refuses us: check REDIS_PASSWORD, or what REDIS_URL says"
                   : c == NULL        ? "out of memory"
                   : c->err != 0      ? c->errstr
                                      : "the server is not ready yet");
    if (c != NULL)
        redisFree(c);
    return e;
}

redisContext *redis_connection_new(const struct redis_address *address, char ret_why[REDIS_WHY_BYTES])
{
    redisContext *c = NULL;

    return connection_open(address, ret_why, &c) == ERR_OK ? c : NULL;
}

enum err redis_check(const struct redis_address *address, struct buf *ret_error_text)
{
    char why[REDIS_WHY_BYTES];
    redisContext *c = NULL;
    enum err e = connection_open(address, why, &c);

    if (e == ERR_OK)
        redisFree(c);
    else
        buf_add_c(ret_error_text, why);
    return e;
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
