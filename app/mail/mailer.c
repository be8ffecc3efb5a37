#include "parley/mail/mailer.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "parley/core/host.h"
#include "parley/core/limits.h"
#include "parley/core/secret.h"

enum { PORT_TLS = 465 };

struct mailer {
    struct arena *arena; /* holds all texts */
    struct smtp_server server;
    struct mail_address from;
    atomic_int state;                      /* enum mailer_state */
    _Atomic int64_t counts[SMTP_AWAY + 1]; /* mails, by enum smtp_outcome */
};

static enum smtp_tls tls_for(const struct smtp_server *server)
{
    if (server->tls == SMTP_TLS || server->port == PORT_TLS)
        return SMTP_TLS;
    if (server->ca_file[0] != '\0' || (server->user[0] != '\0' && !host_is_loopback(server->host)))
        return SMTP_STARTTLS;
    return host_is_loopback(server->host) ? SMTP_PLAIN : SMTP_STARTTLS_OFFERED;
}

static enum err server_read(struct arena *a, const struct config *config, struct smtp_server *server)
{
    if (config->smtp_url[0] != '\0') {
        TRY(smtp_url_parse(a, config->smtp_url, server));
    } else {
        server->host = arena_cstr(a, str_from(config->smtp_server));
        server->port = (int)config->smtp_port;
        server->user = arena_cstr(a, str_from(config->smtp_user));
        server->password = arena_cstr(a, str_from(config->smtp_password));
    }
    server->ca_file = arena_cstr(a, str_from(config->smtp_ca_file));
    TRY(arena_check(a));
    server->tls = tls_for(server);
    return ERR_OK;
}

static enum err settings_read(struct mailer *mailer, const struct config *config, struct buf *ret_error_text)
{
    struct str from = arena_str(mailer->arena, str_from(config->from_email));
    enum err e = server_read(mailer->arena, config, &mailer->server);

    if (e == ERR_INVALID)
        buf_add_c(ret_error_text,
                  "SMTP_URL must look like smtp://user:password@host:587 or smtps://user:password@host");
    TRY(e);
    e = mail_address_parse(from, &mailer->from);
    if (e == ERR_INVALID)
        buf_add_c(ret_error_text, "FROM_EMAIL must look like noreply@example.org or Parley <noreply@example.org>");
    TRY(e);
    mailer->server.own_name = arena_cstr(mailer->arena, mail_address_domain(mailer->from.address));
    return arena_check(mailer->arena);
}

enum err mailer_open(const struct config *config, struct buf *ret_error_text, struct mailer **ret_mailer)
{
    struct mailer *mailer;
    enum err e = ERR_NO_MEMORY;

    *ret_mailer = NULL;
    if (config->smtp_url[0] == '\0' && config->smtp_server[0] == '\0')
        return ERR_OK;
    mailer = calloc(1, sizeof(*mailer));
    if (mailer == NULL)
        return ERR_NO_MEMORY;
    mailer->arena = arena_new(MAILER_ARENA_BYTES);
    if (mailer->arena != NULL)
        e = settings_read(mailer, config, ret_error_text);
    if (e == ERR_OK)
        *ret_mailer = mailer;
    else
        mailer_close(mailer);
    return e;
}

void mailer_close(struct mailer *mailer)
{
    if (mailer == NULL)
        return;
    if (mailer->server.password != NULL)
        secret_wipe((char *)(uintptr_t)mailer->server.password, strlen(mailer->server.password));
    arena_free(mailer->arena);
    free(mailer);
}

const struct smtp_server *mailer_server(const struct mailer *mailer)
{
    return &mailer->server;
}

static void note(struct mailer *mailer, enum err e, const struct smtp_result *result)
{
    if (e == ERR_OK)
        atomic_store(&mailer->state, result->outcome == SMTP_AWAY ? MAILER_DOWN : MAILER_UP);
}

enum err mailer_check(struct mailer *mailer, keepalive_fn keepalive, void *keepalive_arg,
                      struct smtp_result *ret_result)
{
    enum err e = smtp_check(&mailer->server, keepalive, keepalive_arg, ret_result);

    note(mailer, e, ret_result);
    return e;
}

enum mailer_state mailer_state(const struct mailer *mailer)
{
    return (enum mailer_state)atomic_load(&mailer->state);
}

void mailer_stats(struct mailer *mailer, struct mailer_stats *ret_stats)
{
    *ret_stats = (struct mailer_stats){
        .down = mailer_state(mailer) == MAILER_DOWN,
        .sent_count = atomic_load(&mailer->counts[SMTP_SENT]),
        .later_count = atomic_load(&mailer->counts[SMTP_LATER]),
        .refused_count = atomic_load(&mailer->counts[SMTP_REFUSED]),
        .away_count = atomic_load(&mailer->counts[SMTP_AWAY]),
    };
}

enum err mailer_send(struct mailer *mailer, const struct mail_message *message, const struct mailer_watch *watch,
                     struct smtp_result *ret_result)
{
    struct mail_message sent = *message;
    char from[EMAIL_MAX_BYTES + 1], to[EMAIL_MAX_BYTES + 1];
    struct buf bytes;
    enum err e;

    sent.from = mailer->from;
    buf_init(&bytes, MAIL_MESSAGE_MAX_BYTES);
    e = mail_message_write(&sent, &bytes);
    if (e == ERR_OK) {
        struct smtp_mail mail = {
            .from = from,
            .to = to,
            .bytes = buf_str(&bytes),
            .keepalive = watch->keepalive,
            .keepalive_arg = watch->keepalive_arg,
            .replies = watch->replies,
        };

        (void)snprintf(from, sizeof(from), "%.*s", STR_FMT(sent.from.address));
        (void)snprintf(to, sizeof(to), "%.*s", STR_FMT(sent.to));
        e = smtp_send(&mailer->server, &mail, ret_result);
        if (e == ERR_OK)
            atomic_fetch_add(&mailer->counts[ret_result->outcome], 1);
        note(mailer, e, ret_result);
    }
    /* It may hold a token. */
    secret_wipe(bytes.ptr, bytes.len);
    buf_release(&bytes);
    return e;
}
