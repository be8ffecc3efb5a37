/* packed_ids_next: what can be read ascends, and written again it is the same bytes. */
#include <assert.h>

#include "parley/core/packed_ids.h"

enum { ITEMS_MAX = 512 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct packed_ids reading = { .rest = { (const char *)data, size } };
    struct packed_id items[ITEMS_MAX];
    size_t count = 0;
    struct buf out;

    while (count < ITEMS_MAX && packed_ids_next(&reading, &items[count]) == ERR_OK) {
        assert(items[count].of > 0 && items[count].id > (count > 0 ? items[count - 1].id : 0));
        count++;
    }
    buf_init(&out, (size_t)ITEMS_MAX * PACKED_ID_MAX_BYTES);
    packed_ids_write(items, count, &out);
    assert(buf_check(&out) == ERR_OK && out.len == size - reading.rest.len &&
           (out.len == 0 || memcmp(out.ptr, data, out.len) == 0));
    buf_release(&out);
    return 0;
}
