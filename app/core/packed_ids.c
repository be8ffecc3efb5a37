#include "parley/core/packed_ids.h"

#include <assert.h>

enum { BITS = 7, BITS_MAX = 63, MORE = 0x80 };

/* ---- writing ---- */

static void number_write(uint64_t number, struct buf *out)
{
    while (number >= MORE) {
        buf_add_byte(out, (char)(unsigned char)((number & (MORE - 1)) | MORE));
        number >>= BITS;
    }
    buf_add_byte(out, (char)number);
}

void packed_ids_write(const struct packed_id *items, size_t count, struct buf *out)
{
    int64_t last_id = 0;

    for (size_t i = 0; i < count; i++) {
        assert(items[i].id > last_id && items[i].of > 0);
        number_write((uint64_t)(items[i].id - last_id), out);
        number_write((uint64_t)items[i].of, out);
        last_id = items[i].id;
    }
}

/* ---- reading ---- */

/* One of 1 … INT64_MAX, in as few bytes as it takes. */
static enum err number_read(struct str *rest, int64_t *ret_number)
{
    uint64_t number = 0;

    for (unsigned shift = 0; shift < BITS_MAX && rest->len > 0; shift += BITS) {
        unsigned char byte = (unsigned char)rest->ptr[0];

        *rest = str_tail(*rest, 1);
        number |= (uint64_t)(byte & (MORE - 1)) << shift;
        if (byte >= MORE)
            continue;
        if (byte == 0)
            return ERR_INVALID;
        *ret_number = (int64_t)number;
        return ERR_OK;
    }
    return ERR_INVALID;
}

enum err packed_ids_next(struct packed_ids *reading, struct packed_id *ret_item)
{
    struct packed_ids next = *reading;
    int64_t step, of;

    if (next.rest.len == 0)
        return ERR_NOT_FOUND;
    TRY(number_read(&next.rest, &step));
    TRY(number_read(&next.rest, &of));
    if (step > INT64_MAX - next.last_id)
        return ERR_INVALID;
    next.last_id += step;
    *ret_item = (struct packed_id){ .id = next.last_id, .of = of };
    *reading = next;
    return ERR_OK;
}
