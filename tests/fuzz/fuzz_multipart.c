/*
 * multipart_*: the first byte says in which pieces the rest, the body, arrives. Whole or in pieces, the parser must find
 * the same parts and end in the same way.
 */
#include <assert.h>

#include "../unit/http/fake_request.h"
#include "parley/core/buf.h"
#include "parley/core/limits.h"
#include "parley/http/multipart.h"

static void text_add(struct buf *out, struct str text)
{
    buf_add_int(out, text.ptr == NULL ? -1 : (int64_t)text.len);
    buf_add_byte(out, ':');
    buf_add(out, text);
}

static enum err part_add(struct multipart *parser, struct buf *out)
{
    struct multipart_part part;
    char piece[61];
    size_t len;

    TRY(multipart_next(parser, &part));
    assert(part.name.len > 0 && str_is_utf8(part.name) && str_is_utf8(part.filename));
    text_add(out, part.name);
    text_add(out, part.filename);
    text_add(out, part.content_type);
    do {
        TRY(multipart_read(parser, piece, sizeof(piece), &len));
        buf_add_bytes(out, piece, len);
    } while (len > 0);
    return ERR_OK;
}

/* All that is found, written down. */
static void parse(struct str body, size_t piece_bytes, struct buf *out)
{
    struct fake_request fake;
    struct multipart *parser;
    enum err e;

    fake_init(&fake, "POST", STR("/"));
    fake_body(&fake, "multipart/form-data; boundary=ab", body);
    fake.piece_bytes = piece_bytes;
    e = multipart_new(fake_ready(&fake), fake.arena, &parser);
    while (e == ERR_OK)
        e = part_add(parser, out);
    assert(e == ERR_NOT_FOUND || e == ERR_BAD_REQUEST || e == ERR_TOO_LARGE);
    buf_addf(out, " %d", (int)e);
    fake_release(&fake);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf whole, pieces;
    struct str body;

    if (size == 0 || size > 256 * KIB)
        return 0;
    body = (struct str){ (const char *)data + 1, size - 1 };
    buf_init(&whole, 4 * MIB);
    buf_init(&pieces, 4 * MIB);
    parse(body, SIZE_MAX, &whole);
    parse(body, (size_t)data[0] + 1, &pieces);
    assert(str_eq(buf_str(&whole), buf_str(&pieces)));
    buf_release(&whole);
    buf_release(&pieces);
    return 0;
}
