/* What comes over the bus: read, and where it is ours, written back as it was meant. */
#include <assert.h>

#include "parley/core/limits.h"
#include "parley/live/signal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t ids[SIGNAL_MEMBERS_MAX], ids_again[SIGNAL_MEMBERS_MAX];
    struct live_event event, again;
    struct str text, text_again;
    struct buf out;

    if (signal_read((struct str){ (const char *)data, size }, ids, &event, &text) != ERR_OK)
        return 0;
    assert(event.member_count <= SIGNAL_MEMBERS_MAX);
    buf_init(&out, MIB);
    signal_write(&event, text, &out);
    if (buf_check(&out) == ERR_OK) {
        assert(signal_read(buf_str(&out), ids_again, &again, &text_again) == ERR_OK);
        assert(again.audience == event.audience && again.user_id == event.user_id && str_eq(text_again, text));
    }
    buf_release(&out);
    return 0;
}
