#include "parley/core/buf.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

enum { READ_CHUNK_BYTES = 4096 };

static char empty[1];

void buf_init(struct buf *b, size_t cap_bytes)
{
    *b = (struct buf){ .ptr = empty, .cap_bytes = cap_bytes };
}

void buf_release(struct buf *b)
{
    if (b->room_bytes > 0)
        free(b->ptr);
    buf_init(b, b->cap_bytes);
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->failed = false;
    if (b->room_bytes > 0)
        b->ptr[0] = '\0';
}

void buf_cut(struct buf *b, size_t len)
{
    if (len >= b->len)
        return;
    b->len = len;
    b->ptr[len] = '\0';
}

static bool grow(struct buf *b, size_t wanted_bytes)
{
    size_t room = b->room_bytes > 0 ? b->room_bytes : 256;
    char *ptr;
    while (room < wanted_bytes)
        room = room > SIZE_MAX / 2 ? wanted_bytes : room * 2;
    ptr = realloc(b->room_bytes > 0 ? b->ptr : NULL, room);
    if (!ptr)
        return false;
    b->ptr = ptr;
    b->room_bytes = room;
    b->ptr[b->len] = '\0';
    return true;
}

char *buf_room_more(struct buf *b, size_t extra_bytes)
{
    if (b->failed)
        return NULL;
    if (extra_bytes > b->cap_bytes - b->len) {
        b->failed = true;
        return NULL;
    }
    if (b->len + extra_bytes + 1 > b->room_bytes && !grow(b, b->len + extra_bytes + 1)) {
        b->failed = true;
        return NULL;
    }
    return b->ptr + b->len;
}

void buf_add_bytes(struct buf *b, const void *bytes, size_t len)
{
    char *room;
    if (len == 0)
        return;
    room = buf_room(b, len);
    if (!room)
        return;
    memcpy(room, bytes, len);
    buf_grown(b, len);
}

void buf_add(struct buf *b, struct str s)
{
    buf_add_bytes(b, s.ptr, s.len);
}

void buf_add_c(struct buf *b, const char *text)
{
    buf_add_bytes(b, text, strlen(text));
}

void buf_add_byte(struct buf *b, char c)
{
    buf_add_bytes(b, &c, 1);
}

void buf_addf(struct buf *b, const char *format, ...)
{
    va_list args;
    int len;
    char *room;
    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(len >= 0);
    room = buf_room(b, (size_t)len);
    if (!room)
        return;
    va_start(args, format);
    vsnprintf(room, (size_t)len + 1, format, args);
    va_end(args);
    buf_grown(b, (size_t)len);
}

void buf_add_int(struct buf *b, int64_t number)
{
    char digits[20];
    size_t at = sizeof(digits);
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (number < 0)
        buf_add_byte(b, '-');
    buf_add_bytes(b, digits + at, sizeof(digits) - at);
}

static bool is_unreserved(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

void buf_add_percent(struct buf *b, struct str s, enum slash slash)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (is_unreserved((char)c) || (c == '/' && slash == SLASH_KEEP))
            buf_add_byte(b, (char)c);
        else
            buf_add_bytes(b, (const char[]){ '%', digits[c >> 4], digits[c & 15] }, 3);
    }
}

void buf_add_hex(struct buf *b, const void *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *in = bytes;
    char *room = buf_room(b, len * 2);
    if (!room)
        return;
    for (size_t i = 0; i < len; i++) {
        room[i * 2] = digits[in[i] >> 4];
        room[i * 2 + 1] = digits[in[i] & 15];
    }
    buf_grown(b, len * 2);
}

void buf_add_xml(struct buf *b, struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        switch (s.ptr[i]) {
        case '&': buf_add_c(b, "&amp;"); break;
        case '<': buf_add_c(b, "&lt;"); break;
        case '>': buf_add_c(b, "&gt;"); break;
        case '"': buf_add_c(b, "&quot;"); break;
        case '\'': buf_add_c(b, "&#39;"); break;
        default: buf_add_byte(b, s.ptr[i]);
        }
    }
}

struct str buf_str(const struct buf *b)
{
    return (struct str){ b->ptr, b->len };
}

enum err buf_check(const struct buf *b)
{
    return b->failed ? ERR_NO_MEMORY : ERR_OK;
}

enum err buf_add_fd(struct buf *b, int fd)
{
    for (;;) {
        char *room = buf_room(b, READ_CHUNK_BYTES);
        ssize_t got;

        if (room == NULL)
            return ERR_TOO_LARGE;
        got = read(fd, room, READ_CHUNK_BYTES);
        if (got == 0)
            return ERR_OK;
        if (got > 0)
            buf_grown(b, (size_t)got);
        else if (errno != EINTR)
            return ERR_UNAVAILABLE;
    }
}
