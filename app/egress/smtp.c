#include "parley/egress/smtp.h"

#include <stdio.h>

#include <sys/socket.h>

#include "fault.h"
#include "parley/core/limits.h"

enum { PORT_SUBMISSION = 587, PORT_SUBMISSIONS = 465, ADDRESS_BYTES = EMAIL_MAX_BYTES + 3 };

/* ---- the server ---- */

/* A part of the URL without percent-encoding, in the arena; "" where it is missing. */
static enum err part_get(struct arena *a, CURLU *url, CURLUPart part, const char **ret_text)
{
    char *text = NULL;
    CURLUcode code = curl_url_get(url, part, &text, CURLU_URLDECODE);

    if (code == CURLUE_URLDECODE || code == CURLUE_OUT_OF_MEMORY)
        return code == CURLUE_URLDECODE ? ERR_INVALID : ERR_NO_MEMORY;
    *ret_text = arena_cstr(a, str_from(text == NULL ? "" : text));
    curl_free(text);
    return arena_check(a);
}

static enum err port_get(CURLU *url, struct smtp_server *server)
{
    char *text = NULL;
    int64_t port = server->tls == SMTP_TLS ? PORT_SUBMISSIONS : PORT_SUBMISSION;
    enum err e = ERR_OK;

    if (curl_url_get(url, CURLUPART_PORT, &text, 0) == CURLUE_OK)
        e = str_to_int64(str_from(text), &port);
    curl_free(text);
    server->port = (int)port;
    return e == ERR_OK && port > 0 ? ERR_OK : ERR_INVALID;
}

static bool has_part(CURLU *url, CURLUPart part, const char *default_value)
{
    char *text = NULL;
    bool found = curl_url_get(url, part, &text, 0) == CURLUE_OK && strcmp(text, default_value) != 0;

    curl_free(text);
    return found;
}

static enum err url_read(struct arena *a, CURLU *url, struct smtp_server *server)
{
    const char *scheme = NULL;
    size_t len;

    TRY(part_get(a, url, CURLUPART_SCHEME, &scheme));
    if (strcmp(scheme, "smtp") != 0 && strcmp(scheme, "smtps") != 0)
        return ERR_INVALID;
    if (has_part(url, CURLUPART_PATH, "/") || has_part(url, CURLUPART_QUERY, "") ||
        has_part(url, CURLUPART_FRAGMENT, "") || has_part(url, CURLUPART_OPTIONS, ""))
        return ERR_INVALID;
    server->tls = strcmp(scheme, "smtps") == 0 ? SMTP_TLS : SMTP_STARTTLS;
    TRY(part_get(a, url, CURLUPART_USER, &server->user));
    TRY(part_get(a, url, CURLUPART_PASSWORD, &server->password));
    TRY(part_get(a, url, CURLUPART_HOST, &server->host));
    len = strlen(server->host);
    if (len > 2 && server->host[0] == '[')
        server->host = arena_cstr(a, (struct str){ server->host + 1, len - 2 });
    TRY(arena_check(a));
    return port_get(url, server);
}

enum err smtp_url_parse(struct arena *a, const char *url, struct smtp_server *ret_server)
{
    struct smtp_server server = *ret_server;
    CURLU *parsed = curl_url();
    enum err e = ERR_INVALID;

    if (parsed == NULL)
        return ERR_NO_MEMORY;
    if (curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK)
        e = url_read(a, parsed, &server);
    curl_url_cleanup(parsed);
    if (e == ERR_OK)
        *ret_server = server;
    return e;
}

/* ---- one message ---- */

/* One message under way. */
struct run {
    const struct smtp_server *server;
    const struct smtp_mail *mail;
    CURL *curl;
    size_t sent_bytes;
    bool stopped; /* the keepalive said so */
};

static size_t on_source(char *bytes, size_t size, size_t count, void *arg)
{
    struct run *run = arg;
    struct str piece = str_head(str_tail(run->mail->bytes, run->sent_bytes), size * count);

    if (piece.len > 0)
        memcpy(bytes, piece.ptr, piece.len);
    run->sent_bytes += piece.len;
    return piece.len;
}

static int on_progress(void *arg, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
    struct run *run = arg;

    (void)down_total, (void)down, (void)up_total, (void)up;
    run->stopped = run->mail->keepalive != NULL && run->mail->keepalive(run->mail->keepalive_arg) != ERR_OK;
    return run->stopped;
}

/* A server says nothing that we keep. */
static size_t on_words(const char *bytes, size_t size, size_t count, void *arg)
{
    (void)bytes, (void)arg;
    return size * count;
}

/* What libcurl tells of the talk; only the server's side is kept, since ours holds the password. */
static int on_talk(CURL *curl, curl_infotype type, const char *bytes, size_t len, void *arg)
{
    (void)curl;
    if (type == CURLINFO_HEADER_IN)
        buf_add(arg, (struct str){ bytes, len });
    return 0;
}

static curl_socket_t on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)arg, (void)purpose;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static enum err url_set(CURLU *url, const struct smtp_server *server)
{
    bool bare_ipv6 = strchr(server->host, ':') != NULL;
    char host[NAME_MAX_CHARS + 3], port[16], path[NAME_MAX_CHARS + 2];

    (void)snprintf(host, sizeof(host), bare_ipv6 ? "[%s]" : "%s", server->host);
    (void)snprintf(port, sizeof(port), "%d", server->port);
    (void)snprintf(path, sizeof(path), "/%s", server->own_name);
    if (curl_url_set(url, CURLUPART_SCHEME, server->tls == SMTP_TLS ? "smtps" : "smtp", 0) != CURLUE_OK ||
        curl_url_set(url, CURLUPART_HOST, host, 0) != CURLUE_OK ||
        curl_url_set(url, CURLUPART_PORT, port, 0) != CURLUE_OK ||
        curl_url_set(url, CURLUPART_PATH, path, CURLU_URLENCODE) != CURLUE_OK)
        return ERR_INVALID;
    return ERR_OK;
}

/*
 * Which ways of signing in are tried, one connection each, until one is not denied. A password goes over TLS or to this
 * machine only (smtp.h), so the plain ones come first: libcurl by itself prefers what servers offer and cannot do.
 */
static const char *const sign_ins[] = {
    "AUTH=PLAIN;AUTH=LOGIN",
    "AUTH=LOGIN",
    "AUTH=CRAM-MD5;AUTH=DIGEST-MD5;AUTH=SCRAM-SHA-1;AUTH=SCRAM-SHA-256;AUTH=NTLM",
};

static void set_server(CURL *curl, const struct smtp_server *server, const char *sign_in)
{
    static const long levels[] = {
        [SMTP_PLAIN] = CURLUSESSL_NONE,
        [SMTP_STARTTLS_OFFERED] = CURLUSESSL_TRY,
        [SMTP_STARTTLS] = CURLUSESSL_ALL,
        [SMTP_TLS] = CURLUSESSL_ALL,
    };

    curl_easy_setopt(curl, CURLOPT_USE_SSL, levels[server->tls]);
    if (server->user[0] != '\0') {
        curl_easy_setopt(curl, CURLOPT_USERNAME, server->user);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, server->password);
        curl_easy_setopt(curl, CURLOPT_LOGIN_OPTIONS, sign_in);
    }
    curl_easy_setopt(curl, CURLOPT_CAPATH, NULL); /* as in egress.c */
    if (server->ca_file[0] != '\0')
        curl_easy_setopt(curl, CURLOPT_CAINFO, server->ca_file);
}

static void set_limits(CURL *curl)
{
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)SMTP_CONNECT_MAX_MS);
    curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)SMTP_SILENT_MAX_S);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)SMTP_CALL_MAX_MS);
}

static void set_callbacks(struct run *run)
{
    CURL *curl = run->curl;

    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)run->mail->bytes.len);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_source);
    curl_easy_setopt(curl, CURLOPT_READDATA, run);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_words);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, run);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
}

/*
 * A 4xx or 5xx is about this mail when it answers the envelope (libcurl then could not send) or the message itself;
 * before that, to the greeting or the sign-in, it is about us.
 */
static struct smtp_result result_of(const struct run *run, CURLcode code)
{
    struct smtp_result result = { .outcome = SMTP_SENT };
    long status = 0;

    curl_easy_getinfo(run->curl, CURLINFO_RESPONSE_CODE, &status);
    result.status = (int)status;
    if (code == CURLE_OK)
        return result;
    result.outcome = SMTP_AWAY;
    result.error_text = run->stopped ? "this server was stopped" : egress_fault(code);
    if (status < 400 || status > 599 || (code != CURLE_SEND_ERROR && run->sent_bytes == 0))
        return result;
    result.outcome = status < 500 ? SMTP_LATER : SMTP_REFUSED;
    result.error_text = status < 500 ? "it was refused for now" : "it was refused";
    return result;
}

/* *ret_denied: the server did not take this way of signing in. */
static enum err perform(struct run *run, CURLU *url, struct curl_slist *recipients, const char *sign_in,
                        bool *ret_denied, struct smtp_result *ret_result)
{
    char from[ADDRESS_BYTES];
    CURLcode code;

    run->curl = curl_easy_init();
    if (run->curl == NULL)
        return ERR_NO_MEMORY;
    (void)snprintf(from, sizeof(from), "<%s>", run->mail->from);
    curl_easy_setopt(run->curl, CURLOPT_CURLU, url);
    curl_easy_setopt(run->curl, CURLOPT_MAIL_FROM, from);
    curl_easy_setopt(run->curl, CURLOPT_MAIL_RCPT, recipients);
    set_server(run->curl, run->server, sign_in);
    set_limits(run->curl);
    set_callbacks(run);
    if (run->mail->replies != NULL) {
        curl_easy_setopt(run->curl, CURLOPT_VERBOSE, 1L);
        curl_easy_setopt(run->curl, CURLOPT_DEBUGFUNCTION, on_talk);
        curl_easy_setopt(run->curl, CURLOPT_DEBUGDATA, run->mail->replies);
    }
    code = curl_easy_perform(run->curl);
    if (code != CURLE_OUT_OF_MEMORY)
        *ret_result = result_of(run, code);
    *ret_denied = code == CURLE_LOGIN_DENIED;
    curl_easy_cleanup(run->curl);
    return code == CURLE_OUT_OF_MEMORY ? ERR_NO_MEMORY : ERR_OK;
}

enum err smtp_send(const struct smtp_server *server, const struct smtp_mail *mail, struct smtp_result *ret_result)
{
    struct run run = { .server = server, .mail = mail };
    struct curl_slist *recipients;
    char to[ADDRESS_BYTES];
    CURLU *url = curl_url();
    bool denied = true;
    enum err e;

    if (url == NULL)
        return ERR_NO_MEMORY;
    (void)snprintf(to, sizeof(to), "<%s>", mail->to);
    recipients = curl_slist_append(NULL, to);
    e = recipients == NULL ? ERR_NO_MEMORY : url_set(url, server);
    for (size_t i = 0; e == ERR_OK && denied && i < COUNT_OF(sign_ins); i++)
        e = perform(&run, url, recipients, sign_ins[i], &denied, ret_result);
    curl_slist_free_all(recipients);
    curl_url_cleanup(url);
    return e;
}

/* ---- without a message ---- */

static struct smtp_result check_result_of(CURL *curl, CURLcode code)
{
    struct smtp_result result = { .outcome = SMTP_SENT };
    long status = 0;

    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    result.status = (int)status;
    if (code != CURLE_OK) {
        result.outcome = SMTP_AWAY;
        result.error_text = egress_fault(code);
    }
    return result;
}

/* *ret_denied: the server does not take the credentials in this way. */
static enum err check(CURLU *url, struct run *run, const char *sign_in, struct smtp_result *ret_result,
                      bool *ret_denied)
{
    const struct smtp_server *server = run->server;
    CURL *curl = curl_easy_init();
    CURLcode code;

    if (curl == NULL)
        return ERR_NO_MEMORY;
    curl_easy_setopt(curl, CURLOPT_CURLU, url);
    curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, run);
    set_server(curl, server, sign_in);
    set_limits(curl);
    code = curl_easy_perform(curl);
    if (code != CURLE_OUT_OF_MEMORY)
        *ret_result = check_result_of(curl, code);
    *ret_denied = code == CURLE_LOGIN_DENIED;
    curl_easy_cleanup(curl);
    return code == CURLE_OUT_OF_MEMORY ? ERR_NO_MEMORY : ERR_OK;
}

enum err smtp_check(const struct smtp_server *server, keepalive_fn keepalive, void *keepalive_arg,
                    struct smtp_result *ret_result)
{
    const struct smtp_mail nothing = { .keepalive = keepalive, .keepalive_arg = keepalive_arg };
    struct run run = { .server = server, .mail = &nothing };
    CURLU *url = curl_url();
    bool denied = true;
    enum err e;

    if (url == NULL)
        return ERR_NO_MEMORY;
    e = url_set(url, server);
    for (size_t i = 0; e == ERR_OK && denied && i < COUNT_OF(sign_ins); i++)
        e = check(url, &run, sign_ins[i], ret_result, &denied);
    curl_url_cleanup(url);
    return e;
}
