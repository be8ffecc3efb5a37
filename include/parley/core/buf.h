/*
 * struct buf: a growing byte string, always NUL-ended, never longer than its cap. Failure (cap or memory) is sticky:
 * later additions do nothing, and buf_check says so once at the end. Memory is malloc'ed; buf_release gives it back.
 * One thread at a time.
 */
#ifndef PARLEY_CORE_BUF_H
#define PARLEY_CORE_BUF_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/core/err.h"
#include "parley/core/str.h"

struct buf {
    char *ptr; /* NUL-ended; never NULL after buf_init (points to "" while empty) */
    size_t len;
    size_t room_bytes; /* allocated, the NUL included; 0 while nothing is */
    size_t cap_bytes;  /* the longest len that is allowed */
    bool failed;
};

/* Makes an empty buffer. cap_bytes: longest allowed length. Allocates nothing. */
void buf_init(struct buf *b, size_t cap_bytes);
/* Frees the memory and makes it empty again, the cap kept. Fine on a released or zeroed one. */
void buf_release(struct buf *b);
/* Empty again, memory and cap kept, failure forgotten. */
void buf_clear(struct buf *b);
/* Takes away what stands behind its first `len` bytes. A failure stays. */
void buf_cut(struct buf *b, size_t len);

void buf_add(struct buf *b, struct str s);
void buf_add_c(struct buf *b, const char *text);
void buf_add_byte(struct buf *b, char c);
void buf_add_bytes(struct buf *b, const void *bytes, size_t len);
void buf_addf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
/* Decimal. */
void buf_add_int(struct buf *b, int64_t number);
/* Percent-encoded (RFC 3986: all but unreserved; '/' kept when keep_slash is SLASH_KEEP). Upper-case hex. */
enum slash { SLASH_ENCODE, SLASH_KEEP };
void buf_add_percent(struct buf *b, struct str s, enum slash slash);
/* Lower-case hex. */
void buf_add_hex(struct buf *b, const void *bytes, size_t len);
/* Text for XML and HTML content and attributes: & < > " ' escaped. */
void buf_add_xml(struct buf *b, struct str s);

/*
 * Adds what a descriptor gives until its end; the file must end 4 KiB before the cap. ERR_UNAVAILABLE: it cannot be read,
 * and errno says why. ERR_TOO_LARGE: there is no more room.
 */
enum err buf_add_fd(struct buf *b, int fd) MUST_CHECK;

/* buf_room where the present memory does not do, or the buffer has failed. */
char *buf_room_more(struct buf *b, size_t extra_bytes);
/*
 * Room for `extra_bytes` more behind the end, NUL not counted; NULL on failure. Then buf_grown says how many came. Both are
 * inline since JSON is written in small pieces: a page of 50 messages calls them 2,000 times (`./dev bench json`).
 */
static inline char *buf_room(struct buf *b, size_t extra_bytes)
{
    if (b->failed || extra_bytes > b->cap_bytes - b->len || b->len + extra_bytes >= b->room_bytes)
        return buf_room_more(b, extra_bytes);
    return b->ptr + b->len;
}
static inline void buf_grown(struct buf *b, size_t added_bytes)
{
    assert(b->room_bytes > b->len + added_bytes);
    b->len += added_bytes;
    b->ptr[b->len] = '\0';
}

/* What is in it; borrowed until the next change. */
struct str buf_str(const struct buf *b);
/* ERR_NO_MEMORY when anything was lost, else ERR_OK. */
enum err buf_check(const struct buf *b) MUST_CHECK;

#endif
