/*
 * Paged lists: `limit` and `cursor` in, `Link: <…>; rel="next"` (RFC 8288) out. For routes with ROUTE_PAGED.
 *
 * A cursor (domain/record/cursor.h) is the position behind the last row of a page, bound to the route, the workspace, the
 * path's ids and the caller. One that was made up, cut, or taken from somewhere else is 400.
 */
#ifndef PARLEY_GATE_PAGE_H
#define PARLEY_GATE_PAGE_H

#include <stddef.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/domain/record/cursor.h"
#include "parley/gate/route.h"

enum { PAGE_KEYS_MAX = CURSOR_KEYS_MAX };

/* A position: the sort keys of the last row, in the order of ORDER BY (times, seq, integer ids). */
struct page_position {
    size_t key_count; /* 0: the first page */
    int64_t keys[PAGE_KEYS_MAX];
};

struct page {
    int64_t limit; /* 1 … PAGE_MAX; PAGE_DEFAULT when not sent. Ask the database for limit + 1 rows. */
    struct page_position after;
};

/*
 * Reads limit and cursor. key_count: how many keys this list's cursors have (1 … PAGE_KEYS_MAX).
 * Returns ERR_OK, ERR_INVALID (limit out of range, fault listed) or ERR_BAD_REQUEST ("bad cursor").
 */
enum err page_read(struct ctx *ctx, const struct call *call, size_t key_count, struct page *ret_page) MUST_CHECK;

/*
 * Sets the Link header to the page behind `last`: the path as the client asked for it (parley/gate/location.h), its query with the
 * new cursor, as a relative reference. Call it only when there are more rows. ERR_NO_MEMORY.
 */
enum err page_next(struct ctx *ctx, const struct call *call, const struct page_position *last,
                   struct reply *reply) MUST_CHECK;

/* limit and cursor as query parameters. */
extern const struct spec page_spec;

/* Lists of dialects that count rows from the beginning; their spec of it is struct dialect, page. */
struct page_window {
    struct body body;
    int64_t skip_count;
    int64_t limit; /* 0 when not sent; page_window_read has put the dialect's figure there */
};

/* Reads the query with the spec of the route's dialect. Returns ERR_OK, ERR_INVALID (faults listed) or ERR_NO_MEMORY. */
enum err page_window_read(struct ctx *ctx, const struct call *call, struct page_window *ret_window) MUST_CHECK;

#endif
