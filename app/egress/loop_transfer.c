#include <arpa/inet.h>
#include <errno.h>
#include <unistd.h>

#include "loop_private.h"
#include "outgoing.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"

/* ---- what curl calls ---- */

static size_t on_body(const char *bytes, size_t size, size_t count, void *arg)
{
    struct loop_call *call = arg;
    struct loop *loop = call->loop;
    long status = 0;

    if (call->cancelled)
        return size * count;
    curl_easy_getinfo(call->curl, CURLINFO_RESPONSE_CODE, &status);
    loop->called_back = call;
    call->sink.body(call->sink.arg, (int)status, (struct str){ bytes, size * count });
    loop->called_back = NULL;
    return size * count;
}

static size_t on_header(const char *bytes, size_t size, size_t count, void *arg)
{
    struct loop_call *call = arg;
    struct str line = { bytes, size * count };
    size_t colon = str_index(line, ':');

    if (colon == SIZE_MAX || call->sink.header == NULL || call->cancelled)
        return line.len;
    call->loop->called_back = call;
    call->sink.header(call->sink.arg, str_head(line, colon), str_trim(str_tail(line, colon + 1)));
    call->loop->called_back = NULL;
    return line.len;
}

static size_t on_source(char *bytes, size_t size, size_t count, void *arg)
{
    struct loop_call *call = arg;
    size_t room = size * count;
    ssize_t got;

    if ((int64_t)room > call->body_bytes - call->read_bytes)
        room = (size_t)(call->body_bytes - call->read_bytes);
    if (room == 0)
        return 0;
    do
        got = pread(call->body_fd, bytes, room, call->read_bytes);
    while (got < 0 && errno == EINTR);
    if (got <= 0) {
        call->own_fault = LOOP_LOCAL;
        return CURL_READFUNC_ABORT;
    }
    call->read_bytes += got;
    return (size_t)got;
}

/* curl rewinds a body only to send it once more. */
static int on_seek(void *arg, curl_off_t offset, int origin)
{
    struct loop_call *call = arg;

    (void)offset;
    (void)origin;
    call->again = true;
    return CURL_SEEKFUNC_CANTSEEK;
}

static curl_socket_t on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct loop_call *call = arg;
    curl_socket_t fd;

    (void)purpose;
    call->again = call->sent_us != 0;
    if (call->again)
        return CURL_SOCKET_BAD;
    call->own_fault = outgoing_check(call->trust, &address->addr) == ERR_OK ? LOOP_COMPLETE : LOOP_FORBIDDEN;
    if (call->own_fault != LOOP_COMPLETE)
        return CURL_SOCKET_BAD;
    fd = outgoing_socket(address);
    if (fd == CURL_SOCKET_BAD || socket_table_add(&call->loop->sockets, fd, call) == ERR_OK)
        return fd;
    (void)close(fd);
    return CURL_SOCKET_BAD;
}

static int on_close_socket(void *arg, curl_socket_t fd)
{
    struct loop *loop = arg;

    socket_table_remove(&loop->sockets, fd);
    return close(fd);
}

static bool is_allowed(enum egress_trust trust, const char *ip)
{
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
    struct sockaddr_in v4 = { .sin_family = AF_INET };

    if (inet_pton(AF_INET, ip, &v4.sin_addr) == 1)
        return outgoing_check(trust, (const struct sockaddr *)&v4) == ERR_OK;
    return inet_pton(AF_INET6, ip, &v6.sin6_addr) == 1 && outgoing_check(trust, (const struct sockaddr *)&v6) == ERR_OK;
}

/* Connected: the request goes out now. On a kept connection the address has been judged for another call only. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the type is curl's */
static int on_connected(void *arg, char *ip, char *own_ip, int port, int own_port)
{
    struct loop_call *call = arg;
    struct curl_tlssessioninfo *tls = NULL;
    long opened = 0;

    (void)own_ip;
    (void)port;
    (void)own_port;
    call->again = call->sent_us != 0;
    if (!is_allowed(call->trust, ip))
        call->own_fault = LOOP_FORBIDDEN;
    if (call->again || call->own_fault != LOOP_COMPLETE)
        return CURL_PREREQFUNC_ABORT;
    curl_easy_getinfo(call->curl, CURLINFO_NUM_CONNECTS, &opened);
    call->on_kept_connection = opened == 0;
    if (curl_easy_getinfo(call->curl, CURLINFO_TLS_SSL_PTR, &tls) == CURLE_OK && tls != NULL)
        call->session = tls->internals;
    socket_table_name(&call->loop->sockets, call, call->session);
    call->sent_us = clock_monotonic_us();
    loop_timer_clear(call->loop, &call->late);
    return CURL_PREREQFUNC_OK;
}

/* ---- starting one ---- */

static void set_callbacks(CURL *curl, struct loop_call *call)
{
    curl_easy_setopt(curl, CURLOPT_PRIVATE, call);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, on_seek);
    curl_easy_setopt(curl, CURLOPT_SEEKDATA, call);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, call);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket);
    curl_easy_setopt(curl, CURLOPT_CLOSESOCKETDATA, call->loop);
    curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, on_connected);
    curl_easy_setopt(curl, CURLOPT_PREREQDATA, call);
}

static void set_body(CURL *curl, const struct loop_request *request, struct loop_call *call)
{
    if (request->body.ptr == NULL && request->body_bytes == 0)
        return;
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, (long)LOOP_UPLOAD_BYTES);
    if (request->body.ptr != NULL) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.ptr);
        return;
    }
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_bytes);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_source);
    curl_easy_setopt(curl, CURLOPT_READDATA, call);
}

static bool is_https(CURLU *url)
{
    char *scheme = NULL;
    bool is;

    if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
        return false;
    is = strcmp(scheme, "https") == 0;
    curl_free(scheme);
    return is;
}

static void set_options(struct loop *loop, const struct loop_request *request, struct loop_call *call)
{
    CURL *curl = call->curl;
    bool shares = !request->http1 && is_https(call->url);

    outgoing_limits(curl, loop->ca_file);
    curl_easy_setopt(curl, CURLOPT_CURLU, call->url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, call->headers);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)(shares ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(curl, CURLOPT_PIPEWAIT, shares ? 1L : 0L);
    curl_easy_setopt(curl, CURLOPT_MAXLIFETIME_CONN, (long)LOOP_CONNECTION_MAX_S);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_ms);
    curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
    /* Else the loop would stand still until the thread that resolves a cancelled call's name has heard from the DNS. */
    curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);
    set_body(curl, request, call);
    set_callbacks(curl, call);
}

enum err loop_transfer_prepare(struct loop_call *call, const struct loop_request *request)
{
    static const char *const unasked[] = { "Expect:", NULL };

    TRY(outgoing_url(request->url, request->trust, &call->url));
    TRY(outgoing_headers(request->headers, &call->headers));
    TRY(outgoing_headers(unasked, &call->headers));
    call->curl = curl_easy_init();
    if (call->curl == NULL)
        return ERR_NO_MEMORY;
    set_options(call->loop, request, call);
    loop_timer_set(call->loop, &call->late, clock_monotonic_us() + request->connect_ms * US_PER_MS);
    return ERR_OK;
}
