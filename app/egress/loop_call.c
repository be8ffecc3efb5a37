#include <assert.h>
#include <stdlib.h>

#include "fault.h"
#include "loop_private.h"
#include "outgoing.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/secret.h"

static void call_link(struct loop_call **list, struct loop_call *call)
{
    call->next = *list;
    call->link = list;
    if (call->next != NULL)
        call->next->link = &call->next;
    *list = call;
}

static void call_unlink(struct loop_call *call)
{
    *call->link = call->next;
    if (call->next != NULL)
        call->next->link = call->link;
}

static void call_free(struct loop_call *call)
{
    loop_timer_clear(call->loop, &call->late);
    if (call->curl != NULL)
        curl_easy_cleanup(call->curl);
    if (call->url != NULL)
        curl_url_cleanup(call->url);
    for (struct curl_slist *header = call->headers; header != NULL; header = header->next)
        secret_wipe(header->data, strlen(header->data));
    curl_slist_free_all(call->headers);
    free(call);
}

/* Takes one from curl that has ended. */
static void call_drop(struct loop_call *call)
{
    call_unlink(call);
    (void)curl_multi_remove_handle(call->loop->multi, call->curl);
    call_free(call);
}

/* Another call on the same connection; NULL: there is none. */
static struct loop_call *neighbour_find(const struct loop_call *call)
{
    struct loop_call *other = call->loop->running;

    while (other != NULL && (other == call || other->session != call->session))
        other = other->next;
    return other;
}

static void connection_shut(const struct loop_call *call)
{
    curl_socket_t fd = socket_table_find(&call->loop->sockets, call->session);

    if (fd != CURL_SOCKET_BAD)
        (void)shutdown(fd, SHUT_RDWR);
}

/*
 * Takes one from curl that is under way. curl only puts the reset of a stream of HTTP/2 into its queue, from 7.88 to 8.14
 * (curl#17611): the peer would go on with an answer that nobody hears. So a connection that nobody else is on is shut, and
 * of one that others share the queue is sent by changing the window of such a one, to what it is already.
 */
static void call_break(struct loop_call *call)
{
    struct loop_call *neighbour = call->session != NULL ? neighbour_find(call) : NULL;

    if (call->session != NULL && neighbour == NULL)
        connection_shut(call);
    call_drop(call);
    if (neighbour != NULL && curl_easy_pause(neighbour->curl, CURLPAUSE_RECV) == CURLE_OK)
        (void)curl_easy_pause(neighbour->curl, CURLPAUSE_CONT);
}

static const char *fault_text(enum loop_fault fault, CURLcode code)
{
    switch (fault) {
    case LOOP_COMPLETE: return NULL;
    case LOOP_FORBIDDEN: return "its address is not allowed";
    case LOOP_CONNECT_LATE: return "no connection came about in time";
    case LOOP_NOT_TAKEN: return "it did not take the request";
    case LOOP_LOCAL: return "this server has no memory left";
    default: return egress_fault(code);
    }
}

static void call_end(struct loop_call *call, enum loop_fault fault, CURLcode code)
{
    struct loop_end end = { .fault = fault, .error_text = fault_text(fault, code) };
    struct loop_sink sink = call->sink;
    long status = 0;

    curl_easy_getinfo(call->curl, CURLINFO_RESPONSE_CODE, &status);
    end.status = (int)status;
    call_drop(call);
    sink.end(sink.arg, &end);
}

static void on_late(void *arg)
{
    call_end(arg, LOOP_CONNECT_LATE, CURLE_OPERATION_TIMEDOUT);
}

/* ---- why a call ended ---- */

/* A kept connection that the peer has closed meanwhile dies at once; later, the request may be what it died of. */
static bool is_untouched(const struct loop_call *call)
{
    int64_t stale_us = call->sent_us + LOOP_STALE_MAX_MS * US_PER_MS;

    return call->again && (!call->on_kept_connection || clock_monotonic_us() <= stale_us);
}

static enum loop_fault fault_unconnected(CURLcode code)
{
    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST: return LOOP_NAME;
    case CURLE_OPERATION_TIMEDOUT: return LOOP_CONNECT_LATE;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER: return LOOP_TLS;
    default: return LOOP_REFUSED;
    }
}

static enum loop_fault fault_of(const struct loop_call *call, CURLcode code)
{
    if (code == CURLE_OK)
        return LOOP_COMPLETE;
    if (call->own_fault != LOOP_COMPLETE)
        return call->own_fault;
    if (code == CURLE_OUT_OF_MEMORY)
        return LOOP_LOCAL;
    if (is_untouched(call))
        return LOOP_NOT_TAKEN;
    return call->sent_us == 0 ? fault_unconnected(code) : LOOP_CUT;
}

bool loop_fault_is_untouched(enum loop_fault fault)
{
    return fault != LOOP_COMPLETE && fault != LOOP_CUT && fault != LOOP_LOCAL && fault != LOOP_FORBIDDEN;
}

/* ---- starting and cancelling ---- */

enum err loop_start(struct loop *loop, const struct loop_request *request, const struct loop_sink *sink,
                    struct loop_call **ret_call)
{
    struct loop_call *call = calloc(1, sizeof(*call));
    enum err e;

    if (call == NULL)
        return ERR_NO_MEMORY;
    *call = (struct loop_call){ .loop = loop,
                                .sink = *sink,
                                .body_fd = request->body_fd,
                                .body_bytes = request->body_bytes,
                                .trust = request->trust,
                                .late = { .fn = on_late, .arg = call } };
    e = loop_transfer_prepare(call, request);
    if (e != ERR_OK) {
        call_free(call);
        return e;
    }
    call_link(&loop->fresh, call);
    *ret_call = call;
    return ERR_OK;
}

void loop_cancel(struct loop_call *call)
{
    if (call->loop->called_back == NULL) {
        call_break(call);
        return;
    }
    assert(call->loop->called_back == call);
    if (call->cancelled)
        return;
    call->cancelled = true;
    call_unlink(call);
    call_link(&call->loop->cancelled, call);
}

/* ---- for the thread ---- */

void loop_call_add_fresh(struct loop *loop)
{
    struct loop_call *call;

    while ((call = loop->fresh) != NULL) {
        call_unlink(call);
        call_link(&loop->running, call);
        if (curl_multi_add_handle(loop->multi, call->curl) != CURLM_OK)
            call_end(call, LOOP_LOCAL, CURLE_OUT_OF_MEMORY);
    }
}

void loop_call_break_all(struct loop_call **list)
{
    while (*list != NULL)
        call_break(*list);
}

void loop_call_tell_ended(struct loop *loop)
{
    struct CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(loop->multi, &left)) != NULL) {
        CURLcode code = message->data.result;
        struct loop_call *call;

        if (message->msg != CURLMSG_DONE ||
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call) != CURLE_OK)
            continue;
        if (call->cancelled)
            call_drop(call);
        else
            call_end(call, fault_of(call, code), code);
    }
}
