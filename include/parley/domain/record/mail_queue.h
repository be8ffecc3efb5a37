/*
 * Mail that waits to be sent. A row is written in the transaction of what it tells of; a job sends it, tries again for
 * hours, and gives up in the end. The text, which may hold a token, goes with the sending or the giving up.
 *
 * Every function here: any thread; errors besides those named: what db_exec returns.
 */
#ifndef PARLEY_DOMAIN_MAIL_QUEUE_H
#define PARLEY_DOMAIN_MAIL_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/keepalive.h"
#include "parley/core/str.h"
#include "parley/core/trace.h"

/* Is a mail server set? Where there is none nothing may be queued. */
bool mail_queue_is_on(const struct ctx *ctx);

/* All borrowed. */
struct mail_draft {
    struct str recipient;     /* sane address, normalised */
    struct str subject, text; /* UTF-8; lines of the text end with LF */
    int64_t expires_us;       /* from then on it is not worth sending */
};
/* Inside the transaction of what it tells of. */
enum err mail_queue_add(struct ctx *ctx, const struct mail_draft *draft) MUST_CHECK;
/* Removes all that is known of mails to an address; for the deletion of its user. Inside db_run. */
enum err mail_queue_forget(struct ctx *ctx, struct str recipient) MUST_CHECK;

/* What somebody else has written, as it may stand within a line of a text: control characters become blanks. In the arena. */
struct str mail_queue_line(struct arena *a, struct str text);

enum mail_outcome {
    MAIL_NONE,     /* nothing is due */
    MAIL_SENT,     /* the mail server has it */
    MAIL_PUT_OFF,  /* to be tried again, this one only */
    MAIL_WAITING,  /* the mail server is away; all that was due is to be tried again */
    MAIL_GIVEN_UP, /* it will never be sent */
};
/* That of the request that made it necessary, with a span of this try. */
struct mail_trace {
    bool is_set;
    struct trace trace;
};
/* What became of a mail, for the log: nothing personal in it. */
struct mail_report {
    enum mail_outcome outcome;
    int64_t id;
    int64_t attempt;        /* the first is 1 */
    const char *error_text; /* static; why not, as the end of a sentence about the mail server; NULL: sent */
    int status;             /* the server's reply code; 0: none */
    struct mail_trace trace;
};
/*
 * Sends the mail that is due first. Of several processes one gets it; a process that dies in the middle leaves it to be
 * tried again, so that now and then a mail comes twice, with one Message-ID. keepalive: called while the server is waited
 * for; an error ends that. No transaction may be open. Takes up to SMTP_CALL_MAX_MS.
 */
enum err mail_queue_step(struct ctx *ctx, keepalive_fn keepalive, void *keepalive_arg,
                         struct mail_report *ret_report) MUST_CHECK;

/* Deletes rows of mails that were done with MAIL_KEPT_DAYS ago, at most `limit`; *ret_count: how many. For the job. */
enum err mail_queue_expire(struct ctx *ctx, int64_t limit, int64_t *ret_count) MUST_CHECK;

#endif
