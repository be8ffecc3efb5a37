/*
 * The cryptography of web push: a message that only one browser can read (RFC 8291, RFC 8188), and the proof of who sends it
 * (VAPID, RFC 8292). The server's key is made of local.key (keys.h): every host of one server has the same, and it stays when the
 * signing key is replaced, since browsers' subscriptions are bound to it. Any thread.
 */
#ifndef PARLEY_AUTH_WEB_PUSH_H
#define PARLEY_AUTH_WEB_PUSH_H

#include <stdint.h>

#include "parley/auth/keys.h"
#include "parley/core/buf.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

enum {
    WEB_PUSH_POINT_BYTES = 65,   /* an uncompressed point of P-256 */
    WEB_PUSH_SECRET_BYTES = 16,  /* what a browser calls `auth` */
    WEB_PUSH_RECORD_BYTES = 4096 /* RFC 8188 §2; the one record of a message */
};
/* So much text fits: the record without its tag and the byte that ends it. */
#define WEB_PUSH_TEXT_MAX_BYTES (WEB_PUSH_RECORD_BYTES - 86 - 16 - 1)

/* What a browser has given out (RFC 8291 §2). */
struct web_push_browser {
    uint8_t point[WEB_PUSH_POINT_BYTES]; /* p256dh */
    uint8_t secret[WEB_PUSH_SECRET_BYTES];
};
/* Is it a point of the curve? */
bool web_push_point_is_good(const uint8_t point[WEB_PUSH_POINT_BYTES]);

/*
 * A message in Content-Encoding aes128gcm, appended. text: ≤ WEB_PUSH_TEXT_MAX_BYTES. ERR_INVALID: the browser's point is none;
 * ERR_NO_MEMORY.
 */
enum err web_push_encrypt(const struct web_push_browser *browser, struct str text, struct buf *out) MUST_CHECK;

/* The server's key pair. */
struct web_push_key;
/* Caller frees. ERR_NO_MEMORY. */
enum err web_push_key_new(struct keys *keys, struct web_push_key **ret_key) MUST_CHECK;
void web_push_key_free(struct web_push_key *key);
/* Its public half, base64url, appended: what browsers subscribe with. */
void web_push_key_public(const struct web_push_key *key, struct buf *out);

/* What is proved (RFC 8292 §2). */
struct web_push_claim {
    struct str audience; /* origin of the push service */
    struct str subject;  /* whom it may write to: https: or mailto: */
    int64_t expires_s;   /* at most a day from now */
};
/* The value of the header Authorization, appended. ERR_NO_MEMORY. */
enum err web_push_authorize(const struct web_push_key *key, const struct web_push_claim *claim,
                            struct buf *out) MUST_CHECK;

#endif
