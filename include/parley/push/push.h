/*
 * Web push (RFC 8030): tells a browser something through the push service that it has named. The service learns that there is
 * something, and not what (parley/auth/web_push.h). It is a stranger's address: only public ones are gone to (egress/guard.h), but for
 * those of EGRESS_ALLOW. Any thread.
 */
#ifndef PARLEY_PUSH_PUSH_H
#define PARLEY_PUSH_PUSH_H

#include "parley/auth/web_push.h"
#include "parley/core/config.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

struct push;

/* keys: borrowed until push_close. ERR_NO_MEMORY. */
enum err push_open(struct keys *keys, struct push **ret_push) MUST_CHECK;
/* NULL is fine. */
void push_close(struct push *push);

/* The server's public key, base64url: applicationServerKey of the Push API. Borrowed. */
struct str push_public_key(const struct push *push);

/*
 * May a browser's service have this address? https, with a host, at most PUSH_ENDPOINT_MAX_BYTES; http only where EGRESS_ALLOW has
 * the host and port.
 */
bool push_endpoint_is_good(const struct config *config, struct str endpoint);

/* All borrowed. */
struct push_message {
    struct str endpoint;
    struct web_push_browser browser;
    struct str text; /* ≤ WEB_PUSH_TEXT_MAX_BYTES */
    struct str
        topic; /* a later message of the same topic takes the place of one that still waits (RFC 8030 §5.4); absent: none */
    int64_t life_s; /* how long the service is to keep it */
};

enum push_outcome {
    PUSH_SENT,
    PUSH_GONE,  /* the subscription is over: forget it */
    PUSH_LATER, /* not now */
    PUSH_REFUSED
};
struct push_result {
    enum push_outcome outcome;
    int status;             /* of the service; 0: none came */
    const char *error_text; /* static, without names of hosts; NULL: sent */
};
/* Blocks for up to PUSH_CALL_MAX_MS. ERR_OK whatever the outcome; ERR_NO_MEMORY. */
enum err push_send(struct push *push, const struct config *config, const struct push_message *message,
                   struct push_result *ret_result) MUST_CHECK;

#endif
