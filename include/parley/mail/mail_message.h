/*
 * Mail messages of plain text (RFC 5322, RFC 2045, RFC 2047). Whatever the texts hold, they stay inside their header or
 * the body, and no line is longer than RFC 5322 §2.1.1 allows. Any thread.
 */
#ifndef PARLEY_MAIL_MAIL_MESSAGE_H
#define PARLEY_MAIL_MAIL_MESSAGE_H

#include <stdint.h>

#include "parley/core/buf.h"
#include "parley/core/ids.h"
#include "parley/core/mail_address.h"
#include "parley/core/str.h"

/* All is borrowed. */
struct mail_message {
    struct uuid id; /* its Message-ID with the domain of `from`: the same for each try */
    int64_t date_us;
    struct mail_address from;
    struct str to;      /* an address */
    struct str subject; /* UTF-8; control characters become blanks */
    struct str text;    /* UTF-8, lines end with LF */
};

/*
 * Appends the message as it goes to a mail server, with CRLF at the end of each line. ERR_INVALID: an address that is not
 * sane, a time outside of the years 1 to 9999; ERR_NO_MEMORY: more than out's cap.
 */
enum err mail_message_write(const struct mail_message *message, struct buf *out) MUST_CHECK;

#endif
