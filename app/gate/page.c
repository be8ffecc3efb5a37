#include "parley/gate/page.h"

#include <assert.h>
#include <ctype.h>

#include "parley/core/limits.h"
#include "parley/gate/location.h"

enum { LINK_MAX_BYTES = 8192, CURSOR_TEXT_MAX = 100 };

struct page_query {
    struct body body;
    int64_t limit;
    struct str cursor;
};

enum { PAGE_LIMIT, PAGE_CURSOR };

static const struct field page_fields[] = {
    [PAGE_LIMIT] = { "limit", FIELD_INT, .min = 1, .max = PAGE_MAX, .offset = offsetof(struct page_query, limit),
                     .doc = "How many at most in a page; 50 unless said otherwise" },
    [PAGE_CURSOR] = { "cursor", FIELD_STR, .max = CURSOR_TEXT_MAX, .offset = offsetof(struct page_query, cursor),
                      .doc = "Where the page before ended: from its Link header" },
};

const struct spec page_spec = {
    .name = "Page", .fields = page_fields, .field_count = COUNT_OF(page_fields), .size_bytes = sizeof(struct page_query)
};

/* What a cursor is bound to: with any other of these it is refused. */
static void context_write(const struct call *call, struct buf *out)
{
    buf_add_c(out, call->route->path);
    buf_add_byte(out, '\0');
    buf_add_int(out, call->principal != NULL ? call->principal->user_id : 0);
    buf_add_byte(out, '\0');
    buf_add(out, uuid_str(&call->workspace.workspace));
    for (size_t i = 0; i < PATH_IDS_MAX; i++)
        buf_add(out, uuid_str(&call->ids[i]));
    for (size_t i = 0; i < PATH_IDS_MAX; i++) {
        buf_add_int(out, call->numbers[i]);
        buf_add_byte(out, '\0');
    }
    for (size_t i = 0; i < PATH_IDS_MAX; i++) {
        buf_add(out, call->words[i]);
        buf_add_byte(out, '\0');
    }
}

static enum err cursor_check(struct ctx *ctx, const struct call *call, struct str text, size_t key_count,
                             struct page_position *ret_position)
{
    struct page_position position = { .key_count = key_count };
    struct buf context;
    enum err e;

    buf_init(&context, LINK_MAX_BYTES);
    context_write(call, &context);
    e = cursor_read(ctx, buf_str(&context), text, key_count, position.keys);
    buf_release(&context);
    if (e == ERR_OK)
        *ret_position = position;
    return e == ERR_INVALID ? failf(ctx, ERR_BAD_REQUEST, "bad cursor") : e;
}

enum err page_read(struct ctx *ctx, const struct call *call, size_t key_count, struct page *ret_page)
{
    struct page page = { .limit = PAGE_DEFAULT };
    const struct http_pair *pairs;
    size_t pair_count;
    struct page_query query;

    assert(key_count >= 1 && key_count <= PAGE_KEYS_MAX);
    TRY(http_query(call->request, ctx->arena, &pairs, &pair_count));
    TRY(spec_decode_query(ctx, &page_spec, pairs, pair_count, &query));
    if (body_sent(&query, PAGE_LIMIT))
        page.limit = query.limit;
    if (query.cursor.len > 0)
        TRY(cursor_check(ctx, call, query.cursor, key_count, &page.after));
    *ret_page = page;
    return ERR_OK;
}

enum err page_window_read(struct ctx *ctx, const struct call *call, struct page_window *ret_window)
{
    const struct dialect *dialect = call->route->dialect;
    const struct http_pair *pairs;
    size_t pair_count;
    struct page_window window;

    TRY(http_query(call->request, ctx->arena, &pairs, &pair_count));
    TRY(spec_decode_query(ctx, dialect->page, pairs, pair_count, &window));
    window.limit = dialect_limit(dialect, window.limit);
    *ret_window = window;
    return ERR_OK;
}

/* A path as the client sent it may hold bytes that would end the Link header's <…>. */
static void path_write(struct str path, struct buf *out)
{
    for (size_t i = 0; i < path.len; i++) {
        unsigned char c = (unsigned char)path.ptr[i];
        if (isalnum(c) || (c < 0x80 && strchr("/-._~!$&'()*+,;=:@%", c) != NULL))
            buf_add_byte(out, (char)c);
        else
            buf_addf(out, "%%%02X", c);
    }
}

static void query_write(const struct http_pair *pairs, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq_c(pairs[i].name, "cursor"))
            continue;
        buf_add_percent(out, pairs[i].name, SLASH_ENCODE);
        buf_add_byte(out, '=');
        buf_add_percent(out, pairs[i].value, SLASH_ENCODE);
        buf_add_byte(out, '&');
    }
}

static void link_write(struct ctx *ctx, const struct call *call, const struct http_pair *pairs, size_t pair_count,
                       const struct page_position *last, struct buf *out)
{
    struct buf context;

    buf_add_byte(out, '<');
    path_write(location_public_path(ctx->config), out);
    path_write(call->path, out);
    buf_add_byte(out, '?');
    query_write(pairs, pair_count, out);
    buf_add_c(out, "cursor=");
    buf_init(&context, LINK_MAX_BYTES);
    context_write(call, &context);
    cursor_write(ctx, buf_str(&context), last->keys, last->key_count, out);
    buf_release(&context);
    buf_add_c(out, ">; rel=\"next\"");
}

enum err page_next(struct ctx *ctx, const struct call *call, const struct page_position *last, struct reply *reply)
{
    const struct http_pair *pairs;
    size_t pair_count;
    struct buf link;
    const char *copy = NULL;

    TRY(http_query(call->request, ctx->arena, &pairs, &pair_count));
    buf_init(&link, LINK_MAX_BYTES);
    link_write(ctx, call, pairs, pair_count, last, &link);
    if (buf_check(&link) == ERR_OK)
        copy = arena_cstr(ctx->arena, buf_str(&link));
    buf_release(&link);
    if (copy == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    reply_header(reply, "Link", copy);
    return ERR_OK;
}
