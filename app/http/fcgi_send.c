#include "fcgi_send.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "parley/core/blocking.h"
#include "parley/core/limits.h"
#include "parley/http/fcgi_record.h"
#include "reply_private.h"

enum {
    UNTIMED_BYTES = 96 * 1024, /* an answer up to this fits into nginx's socket and buffers */
    REST_BYTES = 4096,
};

void fcgi_set_timeout(int fd, int option, int seconds)
{
    struct timeval limit = { .tv_sec = seconds };

    (void)setsockopt(fd, SOL_SOCKET, option, &limit, sizeof(limit));
}

static bool put(FCGX_Stream *out, struct str s)
{
    size_t done = 0;

    while (done < s.len) {
        size_t piece = s.len - done < INT_MAX ? s.len - done : INT_MAX;
        if (FCGX_PutStr(s.ptr + done, (int)piece, out) < 0)
            return false;
        done += piece;
    }
    return true;
}

/* END_REQUEST goes with the stream that is closed last. */
static bool end(FCGX_Request *fcgi)
{
    (void)FCGX_FClose(fcgi->err);
    return FCGX_FClose(fcgi->out) == 0;
}

/* ---- whole ---- */

/* Takes what has been written off the pieces' beginning. */
static void pieces_advance(struct iovec *pieces, size_t count, size_t written_bytes)
{
    for (size_t i = 0; i < count; i++) {
        size_t taken_bytes = written_bytes < pieces[i].iov_len ? written_bytes : pieces[i].iov_len;

        pieces[i].iov_base = (char *)pieces[i].iov_base + taken_bytes;
        pieces[i].iov_len -= taken_bytes;
        written_bytes -= taken_bytes;
    }
}

static bool pieces_send(int fd, struct iovec *pieces, size_t count)
{
    size_t left_bytes = 0;

    for (size_t i = 0; i < count; i++)
        left_bytes += pieces[i].iov_len;
    while (left_bytes > 0) {
        const struct msghdr message = { .msg_iov = pieces, .msg_iovlen = count };
        ssize_t written_bytes = sendmsg(fd, &message, MSG_NOSIGNAL);
        if (written_bytes < 0 && errno == EINTR)
            continue;
        if (written_bytes <= 0)
            return false;
        left_bytes -= (size_t)written_bytes;
        pieces_advance(pieces, count, (size_t)written_bytes);
    }
    return true;
}

static struct iovec piece_of(const char *bytes, size_t len)
{
    return (struct iovec){ (void *)(uintptr_t)bytes, len };
}

/* One record: the head's text, which stands in scratch, and `part`; behind the last one the end of the request. */
static bool record_send(const FCGX_Request *fcgi, struct buf *scratch, size_t head_bytes, struct str part, bool is_last)
{
    uint16_t id = (uint16_t)fcgi->requestId;
    size_t content_bytes = head_bytes + part.len, begin = scratch->len, behind;
    bool sent = false;

    fcgi_record_stdout_begin(scratch, id, content_bytes);
    behind = scratch->len;
    fcgi_record_stdout_pad(scratch, content_bytes);
    if (is_last)
        fcgi_record_end(scratch, id);
    if (buf_check(scratch) == ERR_OK) {
        struct iovec pieces[] = { piece_of(scratch->ptr + begin, behind - begin), piece_of(scratch->ptr, head_bytes),
                                  piece_of(part.ptr, part.len),
                                  piece_of(scratch->ptr + behind, scratch->len - behind) };
        sent = pieces_send(fcgi->ipcFd, pieces, COUNT_OF(pieces));
    }
    buf_cut(scratch, begin);
    return sent;
}

/*
 * Past libfcgi, which would make pieces of 8 KiB of it, each a call of the kernel here and a turn of nginx there: a page of
 * 50 messages is 27 KiB. The streams of fcgi stay as they are, so they must be freed without being closed.
 */
static bool answer_send(const FCGX_Request *fcgi, struct buf *scratch, struct str body)
{
    size_t head_bytes = scratch->len;

    do {
        struct str part = str_head(body, FCGI_RECORD_MAX_BYTES - head_bytes);

        body = str_tail(body, part.len);
        if (!record_send(fcgi, scratch, head_bytes, part, body.len == 0))
            return false;
        head_bytes = 0;
    } while (body.len > 0);
    return true;
}

enum err fcgi_send_whole(FCGX_Request *fcgi, const struct reply *reply, enum method method, struct buf *scratch)
{
    struct str body = reply_body(reply, method);
    bool large = body.len > UNTIMED_BYTES;
    bool sent;

    buf_clear(scratch);
    reply_head(reply, scratch);
    if (large) {
        fcgi_set_timeout(fcgi->ipcFd, SO_SNDTIMEO, SEND_IDLE_MAX_S);
        blocking_begin();
    }
    sent = answer_send(fcgi, scratch, body);
    if (large)
        blocking_end();
    return sent ? ERR_OK : ERR_CLIENT_GONE;
}

/* ---- in pieces ---- */

/* libfcgi holds whole records only, so this one comes behind a whole one; what it has not written yet is left out. */
static void break_off(FCGX_Request *fcgi)
{
    struct buf record;

    buf_init(&record, FCGI_RECORD_MAX_BYTES);
    fcgi_record_abort(&record, (uint16_t)fcgi->requestId);
    (void)send(fcgi->ipcFd, record.ptr, record.len, MSG_NOSIGNAL);
    buf_release(&record);
    close(fcgi->ipcFd);
    fcgi->ipcFd = -1;
    FCGX_Free(fcgi, 0);
}

static enum err piece_write(FCGX_Request *fcgi, struct str bytes)
{
    bool sent;

    blocking_begin();
    sent = put(fcgi->out, bytes);
    blocking_end();
    return sent ? ERR_OK : ERR_CLIENT_GONE;
}

static enum err pieces_write(FCGX_Request *fcgi, struct reply *reply, struct arena *a)
{
    bool more = true;

    TRY(piece_write(fcgi, buf_str(&reply->body)));
    while (more) {
        enum err e;

        buf_clear(&reply->body);
        e = reply->source.next(reply->source.arg, a, reply, &more);
        arena_reset(a);
        TRY(e);
        TRY(buf_check(&reply->body));
        TRY(piece_write(fcgi, buf_str(&reply->body)));
    }
    return ERR_OK;
}

enum err fcgi_send_pieces(FCGX_Request *fcgi, struct reply *reply, enum method method, struct buf *scratch)
{
    struct arena *a;
    enum err e;

    buf_clear(scratch);
    reply_head(reply, scratch);
    fcgi_set_timeout(fcgi->ipcFd, SO_SNDTIMEO, SEND_IDLE_MAX_S);
    e = put(fcgi->out, buf_str(scratch)) ? ERR_OK : ERR_CLIENT_GONE;
    if (e == ERR_OK && method != HEAD) {
        a = arena_new(REQUEST_ARENA_BYTES);
        e = a != NULL ? pieces_write(fcgi, reply, a) : ERR_NO_MEMORY;
        arena_free(a);
    }
    if (e == ERR_OK)
        return end(fcgi) ? ERR_OK : ERR_CLIENT_GONE;
    if (e != ERR_CLIENT_GONE)
        break_off(fcgi);
    return e;
}

/* ---- handed over ---- */

/* What closes the connection must not leave anything unread on it: that would tear away what is still on its way. */
static enum err rest_read(FCGX_Request *fcgi)
{
    char rest[REST_BYTES];
    int len;

    fcgi_set_timeout(fcgi->ipcFd, SO_RCVTIMEO, BODY_IDLE_MAX_S);
    do {
        len = FCGX_GetStr(rest, sizeof(rest), fcgi->in);
    } while (len == (int)sizeof(rest));
    return FCGX_GetError(fcgi->in) == 0 ? ERR_OK : ERR_CLIENT_GONE;
}

static enum err head_write(FCGX_Request *fcgi, const struct reply *reply, struct buf *scratch)
{
    bool sent;

    buf_clear(scratch);
    reply_head(reply, scratch);
    fcgi_set_timeout(fcgi->ipcFd, SO_SNDTIMEO, SEND_IDLE_MAX_S);
    sent = put(fcgi->out, buf_str(scratch)) && put(fcgi->out, buf_str(&reply->body)) && FCGX_FFlush(fcgi->out) == 0;
    return sent ? ERR_OK : ERR_CLIENT_GONE;
}

enum err fcgi_hand_over(FCGX_Request *fcgi, const struct reply *reply, struct buf *scratch,
                        struct handover *ret_handover)
{
    int fd = fcgi->ipcFd;
    enum err e;

    blocking_begin();
    e = rest_read(fcgi);
    if (e == ERR_OK && reply->way == REPLY_STREAM)
        e = head_write(fcgi, reply, scratch);
    blocking_end();
    TRY(e);
    if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0)
        return ERR_CLIENT_GONE;
    ret_handover->way = reply->way;
    ret_handover->fd = fd;
    ret_handover->request_id = (uint16_t)fcgi->requestId;
    /* With the descriptor out of it, libfcgi frees its streams without writing and accepts anew. */
    fcgi->ipcFd = -1;
    FCGX_Free(fcgi, 0);
    return ERR_OK;
}
