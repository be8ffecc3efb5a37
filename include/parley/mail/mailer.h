/* Sends mail as the settings say: SMTP_URL or SMTP_SERVER and its kind, FROM_EMAIL. */
#ifndef PARLEY_MAIL_MAILER_H
#define PARLEY_MAIL_MAILER_H

#include "parley/core/arena.h"
#include "parley/core/buf.h"
#include "parley/core/config.h"
#include "parley/egress/smtp.h"
#include "parley/mail/mail_message.h"

struct mailer;

/*
 * *ret_mailer: NULL where no mail server is set. Nothing is connected to. ERR_INVALID: settings that cannot be used, with
 * a line in ret_error_text; ERR_NO_MEMORY. What a mail server is told in the clear:
 *   smtps, or port 465      nothing
 *   SMTP_CA_FILE is set, or credentials are and it is not on loopback   nothing but EHLO: STARTTLS must be there
 *   on loopback             everything
 *   elsewhere               everything, unless it offers STARTTLS
 */
enum err mailer_open(const struct config *config, struct buf *ret_error_text, struct mailer **ret_mailer) MUST_CHECK;
/* NULL is fine. Secrets are wiped. */
void mailer_close(struct mailer *mailer);

/* How it reaches its server; borrowed from the mailer. */
const struct smtp_server *mailer_server(const struct mailer *mailer);

/* How the talk with the server is followed; all may be NULL. */
struct mailer_watch {
    keepalive_fn keepalive;
    void *keepalive_arg;
    struct buf *replies; /* as of struct smtp_mail */
};

/*
 * Sends a message; `from` of it is filled in here. ERR_OK whatever the outcome (smtp.h); ERR_INVALID:
 * the recipient's address is not sane; ERR_NO_MEMORY. Blocks, at most SMTP_CALL_MAX_MS. Any thread.
 */
enum err mailer_send(struct mailer *mailer, const struct mail_message *message, const struct mailer_watch *watch,
                     struct smtp_result *ret_result) MUST_CHECK;

/* Connects and signs in, and sends nothing: smtp_check. Any thread. */
enum err mailer_check(struct mailer *mailer, keepalive_fn keepalive, void *keepalive_arg,
                      struct smtp_result *ret_result) MUST_CHECK;

/* What the last talk with the server, of mailer_send or mailer_check, came to. Any thread. */
enum mailer_state {
    MAILER_UNTRIED,
    MAILER_UP,   /* it talked with us, whatever it said of a mail */
    MAILER_DOWN, /* it is away, or refuses our credentials */
};
enum mailer_state mailer_state(const struct mailer *mailer);

/* What became of the mails that were sent, since the start. */
struct mailer_stats {
    int64_t down;                                               /* 1: MAILER_DOWN */
    int64_t sent_count, later_count, refused_count, away_count; /* by enum smtp_outcome */
};
/* Any thread. */
void mailer_stats(struct mailer *mailer, struct mailer_stats *ret_stats);

#endif
