#include "parley/core/utf8_stream.h"

#include <string.h>
#include <unistr.h>

#include "parley/core/str.h"

/* How many bytes a character has that begins so; 0: none does. */
static size_t length_of(uint8_t first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first < 0xe0)
        return 2;
    if (first >= 0xe0 && first < 0xf0)
        return 3;
    return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

/* What of the piece ends the character that is pending. */
static size_t pending_fill(struct utf8_stream *stream, const uint8_t *bytes, size_t len)
{
    size_t wanted = length_of(stream->pending[0]) - stream->pending_len;
    size_t taken = wanted < len ? wanted : len;

    memcpy(stream->pending + stream->pending_len, bytes, taken);
    stream->pending_len += taken;
    if (taken == wanted) {
        stream->is_broken = u8_check(stream->pending, stream->pending_len) != NULL;
        stream->pending_len = 0;
    }
    return taken;
}

/* Cuts off the beginning of a character at the end of the piece. */
static size_t pending_cut(struct utf8_stream *stream, const uint8_t *bytes, size_t len)
{
    for (size_t back = 1; back < sizeof(stream->pending) && back <= len; back++) {
        size_t whole = length_of(bytes[len - back]);

        if (whole > back) {
            memcpy(stream->pending, bytes + len - back, back);
            stream->pending_len = back;
            return len - back;
        }
        if (whole > 0)
            break;
    }
    return len;
}

void utf8_stream_add(struct utf8_stream *stream, const void *bytes, size_t len)
{
    const uint8_t *piece = bytes;

    if (stream->pending_len > 0 && len > 0 && !stream->is_broken) {
        size_t taken = pending_fill(stream, piece, len);

        piece += taken;
        len -= taken;
    }
    if (stream->is_broken || len == 0)
        return;
    len = pending_cut(stream, piece, len);
    stream->is_broken = len > 0 && u8_check(piece, len) != NULL;
}

bool utf8_stream_is_good(const struct utf8_stream *stream)
{
    return !stream->is_broken && stream->pending_len == 0;
}
