/* An event stream: what is cut in two gives the same events as the whole. */
#include <assert.h>

#include "parley/ai/sse.h"
#include "parley/core/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum err note(void *arg, struct str event, struct str data)
{
    struct buf *seen = arg;

    assert(event.len <= SSE_NAME_MAX_BYTES);
    buf_addf(seen, "%zu:", event.len);
    buf_add(seen, event);
    buf_addf(seen, "%zu:", data.len);
    buf_add(seen, data);
    return ERR_OK;
}

static void read_cut(struct str stream, size_t cut, struct buf *seen)
{
    struct sse sse;

    buf_init(seen, 64 * MIB);
    sse_init(&sse, note, seen);
    if (sse_add(&sse, str_head(stream, cut)) != ERR_OK || sse_add(&sse, str_tail(stream, cut)) != ERR_OK ||
        sse_end(&sse) != ERR_OK)
        buf_clear(seen);
    sse_release(&sse);
}

/* The first byte says where the stream is cut. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf whole, cut;
    struct str stream;

    if (size < 2)
        return 0;
    stream = (struct str){ (const char *)data + 1, size - 1 };
    read_cut(stream, stream.len, &whole);
    read_cut(stream, data[0] % stream.len, &cut);
    assert(str_eq(buf_str(&whole), buf_str(&cut)));
    buf_release(&whole);
    buf_release(&cut);
    return 0;
}
