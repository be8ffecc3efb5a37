/* For the test with the vectors of RFC 8291, appendix A: what is drawn at random otherwise. Private to the folder and that test. */
#ifndef PARLEY_APP_AUTH_WEB_PUSH_PRIVATE_H
#define PARLEY_APP_AUTH_WEB_PUSH_PRIVATE_H

#include "parley/auth/web_push.h"

enum { WEB_PUSH_SALT_BYTES = 16, WEB_PUSH_SCALAR_BYTES = 32 };

/* scalar: the private key of the message's own pair. */
enum err web_push_encrypt_with(const struct web_push_browser *browser, const uint8_t scalar[WEB_PUSH_SCALAR_BYTES],
                               const uint8_t salt[WEB_PUSH_SALT_BYTES], struct str text, struct buf *out) MUST_CHECK;

#endif
