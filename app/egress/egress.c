#include "parley/egress/egress.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "fault.h"
#include "outgoing.h"
#include "parley/core/blocking.h"
#include "parley/core/limits.h"

/* Connections are reused within one kind of trust only: a stranger's url must never ride on one that the guard did not see. */
struct idle {
    CURL *handles[EGRESS_IDLE_MAX];
    int count;
};

struct egress {
    pthread_mutex_t mutex; /* guards idle */
    struct idle idle[3];   /* by enum egress_trust */
    int idle_max;
    char *ca_file; /* NULL: the system's */
};

/* One request under way. */
struct run {
    const struct egress_request *request;
    struct egress_reply *reply;
    CURL *curl;
    size_t sent_bytes;  /* of a body in memory */
    int64_t left_bytes; /* of a body that streams */
    enum err err;       /* of the source, the sink, the guard or the buffer */
};

enum err egress_init(void)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? ERR_OK : ERR_NO_MEMORY;
}

void egress_cleanup(void)
{
    curl_global_cleanup();
}

enum err egress_new(const struct egress_opts *opts, struct egress **ret_egress)
{
    struct egress *egress = calloc(1, sizeof(*egress));
    if (egress == NULL)
        return ERR_NO_MEMORY;
    if (opts->ca_file != NULL && opts->ca_file[0] != '\0') {
        egress->ca_file = strdup(opts->ca_file);
        if (egress->ca_file == NULL) {
            free(egress);
            return ERR_NO_MEMORY;
        }
    }
    egress->idle_max = opts->idle_max < 1 ? 1 : opts->idle_max > EGRESS_IDLE_MAX ? EGRESS_IDLE_MAX : opts->idle_max;
    pthread_mutex_init(&egress->mutex, NULL);
    *ret_egress = egress;
    return ERR_OK;
}

void egress_free(struct egress *egress)
{
    if (egress == NULL)
        return;
    for (size_t t = 0; t < COUNT_OF(egress->idle); t++) {
        while (egress->idle[t].count > 0)
            curl_easy_cleanup(egress->idle[t].handles[--egress->idle[t].count]);
    }
    pthread_mutex_destroy(&egress->mutex);
    free(egress->ca_file);
    free(egress);
}

void egress_reply_init(struct egress_reply *reply)
{
    *reply = (struct egress_reply){ .body_untouched = true };
    buf_init(&reply->body, EGRESS_KEPT_BODY_BYTES);
}

void egress_reply_release(struct egress_reply *reply)
{
    buf_release(&reply->body);
}

/* The most recently used handle first: its connection is the likeliest to live. */
static CURL *handle_take(struct egress *egress, enum egress_trust trust)
{
    CURL *curl = NULL;
    struct idle *idle = &egress->idle[trust];
    pthread_mutex_lock(&egress->mutex);
    if (idle->count > 0)
        curl = idle->handles[--idle->count];
    pthread_mutex_unlock(&egress->mutex);
    return curl != NULL ? curl : curl_easy_init();
}

static void handle_give_back(struct egress *egress, enum egress_trust trust, CURL *curl)
{
    struct idle *idle;
    curl_easy_reset(curl);
    idle = &egress->idle[trust];
    pthread_mutex_lock(&egress->mutex);
    if (idle->count < egress->idle_max) {
        idle->handles[idle->count++] = curl;
        curl = NULL;
    }
    pthread_mutex_unlock(&egress->mutex);
    if (curl != NULL)
        curl_easy_cleanup(curl);
}

static size_t source_memory(struct run *run, char *bytes, size_t room)
{
    struct str rest = str_tail(run->request->body, run->sent_bytes);
    size_t len = rest.len < room ? rest.len : room;
    if (len > 0)
        memcpy(bytes, rest.ptr, len);
    run->sent_bytes += len;
    return len;
}

static size_t on_source(char *bytes, size_t size, size_t count, void *arg)
{
    struct run *run = arg;
    size_t room = size * count;
    size_t len = 0;
    if (run->request->source == NULL)
        return source_memory(run, bytes, room);
    if (run->left_bytes <= 0)
        return 0;
    if ((int64_t)room > run->left_bytes)
        room = (size_t)run->left_bytes;
    run->reply->body_untouched = false;
    run->err = run->request->source(run->request->source_arg, bytes, room, &len);
    if (run->err == ERR_OK && len == 0)
        run->err = ERR_UPLOAD_INCOMPLETE;
    if (run->err != ERR_OK)
        return CURL_READFUNC_ABORT;
    run->left_bytes -= (int64_t)len;
    return len;
}

/* curl asks for the beginning again when a kept connection turns out to be dead. */
static int on_seek(void *arg, curl_off_t offset, int origin)
{
    struct run *run = arg;
    bool in_memory = run->request->source == NULL;
    if (origin != SEEK_SET || (!in_memory && !(offset == 0 && run->reply->body_untouched)))
        return CURL_SEEKFUNC_CANTSEEK;
    if (in_memory)
        run->sent_bytes = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

static size_t on_reply(const char *bytes, size_t size, size_t count, void *arg)
{
    struct run *run = arg;
    size_t len = size * count;
    long status = 0;
    curl_easy_getinfo(run->curl, CURLINFO_RESPONSE_CODE, &status);
    if (run->request->sink != NULL && status >= 200 && status < 300) {
        run->reply->body_untouched = false;
        run->err = run->request->sink(run->request->sink_arg, bytes, len);
        return run->err == ERR_OK ? len : CURL_WRITEFUNC_ERROR;
    }
    if (run->reply->body.len + len > EGRESS_KEPT_BODY_BYTES)
        run->err = ERR_TOO_LARGE;
    else
        buf_add_bytes(&run->reply->body, bytes, len);
    if (run->err == ERR_OK)
        run->err = buf_check(&run->reply->body);
    return run->err == ERR_OK ? len : CURL_WRITEFUNC_ERROR;
}

static size_t on_header(const char *bytes, size_t size, size_t count, void *arg)
{
    struct run *run = arg;
    size_t len = size * count;
    struct str line = { bytes, len };
    size_t colon = str_index(line, ':');
    if (colon != SIZE_MAX && run->request->header != NULL)
        run->request->header(run->request->header_arg, str_head(line, colon), str_trim(str_tail(line, colon + 1)));
    return len;
}

/* The address is judged here, and curl connects to exactly this one. */
static curl_socket_t on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct run *run = arg;
    (void)purpose;
    run->err = outgoing_check(run->request->trust, &address->addr);
    return run->err == ERR_OK ? outgoing_socket(address) : CURL_SOCKET_BAD;
}

/* A stream moves faster through a large buffer; a small call shall not keep one. */
static bool is_stream(const struct egress_request *request)
{
    return request->source != NULL || request->sink != NULL;
}

/* Asking before a body is sent (RFC 9110 §10.1.1) costs a way there and back; it is worth it where the body cannot be had twice. */
static bool is_worth_asking(const struct egress_request *request)
{
    return request->source != NULL && request->body_bytes >= EGRESS_EXPECT_BYTES;
}

/* The list is the caller's to free, also after a failure. */
static enum err headers_make(const struct egress_request *request, struct curl_slist **list)
{
    static const char *const unasked[] = { "Expect:", NULL };

    TRY(outgoing_headers(request->headers, list));
    return is_worth_asking(request) ? ERR_OK : outgoing_headers(unasked, list);
}

static void set_method_and_body(CURL *curl, struct run *run)
{
    const struct egress_request *request = run->request;
    bool streams = request->source != NULL;
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_source);
    curl_easy_setopt(curl, CURLOPT_READDATA, run);
    curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, on_seek);
    curl_easy_setopt(curl, CURLOPT_SEEKDATA, run);
    if (strcmp(request->method, "HEAD") == 0) {
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
        return;
    }
    if (streams || request->body.ptr != NULL) {
        curl_off_t length = streams ? (curl_off_t)request->body_bytes : (curl_off_t)request->body.len;
        curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, length);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
}

static void set_limits(CURL *curl, const struct egress *egress, const struct egress_request *request)
{
    outgoing_limits(curl, egress->ca_file);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_MAXCONNECTS, 2L);
    curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, request->fresh ? 1L : 0L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_timeout_ms);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)request->total_timeout_ms);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME,
                     (long)(request->silent_max_s > 0 ? request->silent_max_s : EGRESS_SILENT_MAX_S));
    if (is_stream(request)) {
        curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, (long)EGRESS_BUFFER_BYTES);
        curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, (long)EGRESS_BUFFER_BYTES);
    }
}

static void set_callbacks(CURL *curl, struct run *run)
{
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_reply);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, run);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, run);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, run);
}

static enum err finish(struct run *run, CURLcode code)
{
    if (code == CURLE_OK) {
        long status = 0;
        curl_easy_getinfo(run->curl, CURLINFO_RESPONSE_CODE, &status);
        run->reply->status = (int)status;
        return ERR_OK;
    }
    if (run->err != ERR_OK)
        return run->err;
    if (code == CURLE_OUT_OF_MEMORY)
        return ERR_NO_MEMORY;
    if (code == CURLE_URL_MALFORMAT || code == CURLE_UNSUPPORTED_PROTOCOL)
        return ERR_INVALID;
    run->reply->error_text = egress_fault(code);
    return ERR_UNAVAILABLE;
}

static enum err perform(struct egress *egress, struct run *run, CURLU *url, struct curl_slist *headers)
{
    CURLcode code;
    enum err e;
    run->curl = handle_take(egress, run->request->trust);
    if (run->curl == NULL)
        return ERR_NO_MEMORY;
    curl_easy_setopt(run->curl, CURLOPT_CURLU, url);
    curl_easy_setopt(run->curl, CURLOPT_HTTPHEADER, headers);
    set_limits(run->curl, egress, run->request);
    set_method_and_body(run->curl, run);
    set_callbacks(run->curl, run);
    blocking_begin();
    code = curl_easy_perform(run->curl);
    blocking_end();
    e = finish(run, code);
    handle_give_back(egress, run->request->trust, run->curl);
    return e;
}

enum err egress_run(struct egress *egress, const struct egress_request *request, struct egress_reply *reply)
{
    struct run run = { .request = request, .reply = reply, .left_bytes = request->body_bytes };
    struct curl_slist *headers = NULL;
    CURLU *url = NULL;
    enum err e;
    TRY(outgoing_url(request->url, request->trust, &url));
    e = headers_make(request, &headers);
    if (e == ERR_OK)
        e = perform(egress, &run, url, headers);
    curl_slist_free_all(headers);
    curl_url_cleanup(url);
    return e;
}
