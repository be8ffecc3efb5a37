/*
 * The way out for mail: one message by SMTP (RFC 5321) through libcurl, on a connection of its own. Blocks its thread.
 * The server is the operator's own, so any address may be connected to.
 */
#ifndef PARLEY_EGRESS_SMTP_H
#define PARLEY_EGRESS_SMTP_H

#include "parley/core/arena.h"
#include "parley/core/buf.h"
#include "parley/core/err.h"
#include "parley/core/keepalive.h"
#include "parley/core/str.h"

/* With TLS, the server must show a trusted certificate of its name. */
enum smtp_tls {
    SMTP_PLAIN,
    SMTP_STARTTLS_OFFERED, /* STARTTLS (RFC 3207) where it is offered */
    SMTP_STARTTLS,         /* nothing is sent without it */
    SMTP_TLS,              /* from the first byte (RFC 8314) */
};

/* Texts are borrowed. */
struct smtp_server {
    const char *host; /* name or address; IPv6 without brackets */
    int port;
    enum smtp_tls tls;
    const char *user, *password; /* "": nobody signs in */
    const char *ca_file;         /* CA certificates, PEM; "": the system's */
    const char *own_name;        /* what we call ourselves in EHLO */
};

/*
 * Reads smtp://user:password@host:port or smtps://…; the port is 587 or 465 where none is named. Sets host, port, user
 * and password, and tls to SMTP_STARTTLS or SMTP_TLS; texts in the arena. ERR_INVALID: another form; ERR_NO_MEMORY.
 */
enum err smtp_url_parse(struct arena *a, const char *url, struct smtp_server *ret_server) MUST_CHECK;

/* One message for one recipient. All is borrowed for the call. */
struct smtp_mail {
    const char *from, *to;  /* sane addresses (core/mail_address.h) */
    struct str bytes;       /* headers and body, each line ended by CRLF */
    keepalive_fn keepalive; /* asked about once a second; NULL: nobody asks */
    void *keepalive_arg;
    struct buf *replies; /* the server's replies, a line each, for an operator who asks; NULL: nobody does */
};

enum smtp_outcome {
    SMTP_SENT,    /* the server has taken it over */
    SMTP_LATER,   /* refused for now (4xx), this mail */
    SMTP_REFUSED, /* refused for good (5xx), this mail */
    SMTP_AWAY,    /* no talk came about, or it broke off: any other mail would fail too */
};

struct smtp_result {
    enum smtp_outcome outcome;
    int status;             /* the server's last reply code; 0: none */
    const char *error_text; /* static; why it was not sent, without names of hosts or words of the server; NULL: sent */
};

/*
 * Sends it, within SMTP_CALL_MAX_MS. What broke off behind the message's last byte may have been taken by the server all
 * the same. ERR_OK whatever the outcome; ERR_NO_MEMORY. Any thread.
 */
enum err smtp_send(const struct smtp_server *server, const struct smtp_mail *mail,
                   struct smtp_result *ret_result) MUST_CHECK;

/*
 * Connects, signs in where the server has a user, and sends nothing. keepalive as of struct smtp_mail. ret_result as of
 * smtp_send; SMTP_SENT: all went well. ERR_OK whatever the outcome; ERR_NO_MEMORY. Any thread.
 */
enum err smtp_check(const struct smtp_server *server, keepalive_fn keepalive, void *keepalive_arg,
                    struct smtp_result *ret_result) MUST_CHECK;

#endif
