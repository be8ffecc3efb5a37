/* Whether bytes that come in pieces are UTF-8 as a whole. Begin with zeroes. */
#ifndef PARLEY_CORE_UTF8_STREAM_H
#define PARLEY_CORE_UTF8_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct utf8_stream {
    uint8_t pending[4]; /* the beginning of a character whose end has not come */
    size_t pending_len;
    bool is_broken;
};

void utf8_stream_add(struct utf8_stream *stream, const void *bytes, size_t len);
/* After the last piece. */
bool utf8_stream_is_good(const struct utf8_stream *stream);

#endif
