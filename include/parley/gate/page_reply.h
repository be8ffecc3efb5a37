/*
 * Handlers of lists, as good as whole: a list says where its rows come from and what they are sorted by, and is answered
 * with the page that was asked for, or with all of it piece by piece.
 */
#ifndef PARLEY_GATE_PAGE_REPLY_H
#define PARLEY_GATE_PAGE_REPLY_H

#include "parley/core/list.h"
#include "parley/gate/page.h"

/* A list of rows as a handler has it: where they come from, and which of their members they are sorted by. */
struct page_source {
    /*
     * Reads at most page->limit rows behind page->after (key_count 0: from the first) into *ret_list, in the order of the
     * keys, in ctx->arena. It holds no connection when it returns.
     */
    enum err (*list)(struct ctx *ctx, const struct call *call, const struct page *page, struct list *ret_list);
    /* Puts what is shown into the place of *list's rows. NULL: the rows themselves are shown. */
    enum err (*view)(struct ctx *ctx, struct list *list);
    const struct spec *spec;           /* of what is shown */
    size_t row_bytes;                  /* of what `list` reads */
    size_t key_count;                  /* 1 … PAGE_KEYS_MAX */
    size_t key_offsets[PAGE_KEYS_MAX]; /* int64_t members of the row */
};

/* Answers with the page that the client asks for, as a JSON array, and a Link to the next one. Errors as page_read's and `list`'s. */
enum err page_reply(struct ctx *ctx, const struct call *call, const struct page_source *source,
                    struct reply *reply) MUST_CHECK;

/* An object around a list: its last field. */
struct page_object {
    const struct spec *spec; /* its last row is a FIELD_LIST of the source's spec */
    const void *data;        /* the last field is not read */
};
/*
 * Answers with all rows, as a JSON array or (object not NULL) as the last field of an object. PAGE_MAX rows at a time are
 * read and written, so the length of the list costs neither memory nor a connection that is held while the client reads. A
 * list that ends with its first piece is an ordinary reply, with its length; for others see struct reply_source. What
 * changes meanwhile may show or not; no row comes twice. An error in the first piece is answered as such. Where the route has
 * ROUTE_PAGED and the client sends limit or cursor, it is answered by page_reply (without an object).
 */
enum err page_reply_all(struct ctx *ctx, const struct call *call, const struct page_source *source,
                        const struct page_object *object, struct reply *reply) MUST_CHECK;

#endif
