/* The certificate that nginx shows, looked at before a client does. */
#ifndef PARLEY_AUTH_CERTIFICATE_H
#define PARLEY_AUTH_CERTIFICATE_H

#include <stdint.h>

#include "parley/core/buf.h"
#include "parley/core/err.h"

enum { CERTIFICATE_SOON_DAYS = 14 }; /* the day on which it expires is soon: those who renew do it earlier */

/*
 * Path of a PEM file whose first certificate is the one that is shown. *ret_left_s: how long it is good from now_s on, in
 * seconds; below 0 when it has expired. ERR_INVALID: ret_error_text gets one line. Blocks on the disk; any thread.
 */
enum err certificate_expiry(const char *chain_path, int64_t now_s, int64_t *ret_left_s,
                            struct buf *ret_error_text) MUST_CHECK;

/*
 * Paths of PEM files: the chain, its own certificate first, and its private key. ERR_OK when both can be read, belong
 * together, are strong (RSA 2048, EC 224 bits) and good for 14 more days from now_s. ERR_INVALID: ret_error_text gets one line,
 * what is wrong and what to do. Blocks on the disk; any thread.
 */
enum err certificate_check(const char *chain_path, const char *key_path, int64_t now_s,
                           struct buf *ret_error_text) MUST_CHECK;

#endif
