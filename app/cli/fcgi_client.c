#include "fcgi_client.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

enum { VERSION = 1, BEGIN_REQUEST = 1, END_REQUEST = 3, PARAMS = 4, STDIN = 5, STDOUT = 6 };
enum { HEAD_BYTES = 8, REQUEST_ID = 1, RESPONDER = 1, REQUEST_MAX_BYTES = 8192, SHORT_MAX_BYTES = 127 };

/* ---- what goes out ---- */

static void add_record(struct buf *out, int type, struct str content)
{
    const unsigned char head[HEAD_BYTES] = {
        VERSION, (unsigned char)type, 0, REQUEST_ID, (unsigned char)(content.len >> 8), (unsigned char)content.len, 0, 0
    };

    buf_add_bytes(out, head, sizeof(head));
    buf_add(out, content);
}

/* A pair of §3.4; longer values are cut, none of ours is. */
static void add_param(struct buf *out, const char *name, const char *value)
{
    struct str text = str_head(str_from(value), SHORT_MAX_BYTES);

    buf_add_byte(out, (char)strlen(name));
    buf_add_byte(out, (char)text.len);
    buf_add_c(out, name);
    buf_add(out, text);
}

static enum err send_request(int fd, const char *path, const char *host)
{
    static const char begin[] = { 0, RESPONDER, 0, 0, 0, 0, 0, 0 };
    struct buf request, params;
    enum err e;

    buf_init(&request, REQUEST_MAX_BYTES);
    buf_init(&params, REQUEST_MAX_BYTES);
    add_param(&params, "REQUEST_METHOD", "GET");
    add_param(&params, "REQUEST_URI", path);
    add_param(&params, "SERVER_PROTOCOL", "HTTP/1.1");
    add_param(&params, "HTTP_HOST", host);
    add_param(&params, "REMOTE_ADDR", "127.0.0.1");
    add_param(&params, "HTTPS", "on");
    add_record(&request, BEGIN_REQUEST, (struct str){ begin, sizeof(begin) });
    add_record(&request, PARAMS, buf_str(&params));
    add_record(&request, PARAMS, STR(""));
    add_record(&request, STDIN, STR(""));
    e = buf_check(&request);
    if (e == ERR_OK && write(fd, request.ptr, request.len) != (ssize_t)request.len)
        e = ERR_UNAVAILABLE;
    buf_release(&request);
    buf_release(&params);
    return e;
}

/* ---- what comes back ---- */

static enum err read_whole(int fd, void *bytes, size_t len)
{
    char *at = bytes;

    while (len > 0) {
        ssize_t got = read(fd, at, len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return ERR_UNAVAILABLE;
        at += got;
        len -= (size_t)got;
    }
    return ERR_OK;
}

/* *ret_type: what the record was; the content of one of STDOUT is kept. */
static enum err read_record(int fd, int *ret_type, struct buf *ret_reply)
{
    unsigned char head[HEAD_BYTES], padding[UINT8_MAX];
    char content[UINT16_MAX];
    size_t len;

    TRY(read_whole(fd, head, sizeof(head)));
    len = (size_t)head[4] << 8 | head[5];
    TRY(read_whole(fd, content, len));
    TRY(read_whole(fd, padding, head[6]));
    *ret_type = head[1];
    if (head[1] == STDOUT)
        buf_add(ret_reply, (struct str){ content, len });
    return buf_check(ret_reply);
}

enum err fcgi_client_get(int fd, const char *path, const char *host, struct buf *ret_reply)
{
    int type = STDOUT;

    TRY(send_request(fd, path, host));
    while (type != END_REQUEST)
        TRY(read_record(fd, &type, ret_reply));
    return ERR_OK;
}
