/* event_position_parse, the Last-Event-ID of a client that comes back: what is taken is what this server would have written. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "parley/domain/events/event_position.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct str text = { (const char *)data, size };
    char written[EVENT_EPOCH_BYTES + 24], epoch[EVENT_EPOCH_BYTES];
    struct event_position position;
    int len;

    event_position_epoch(text, epoch);
    len = snprintf(written, sizeof(written), "%s-7", epoch);
    assert(event_position_parse((struct str){ written, (size_t)len }, &position) == ERR_OK && position.number == 7);
    if (event_position_parse(text, &position) != ERR_OK)
        return 0;
    assert(position.number >= 0);
    len = snprintf(written, sizeof(written), "%s-%" PRId64, position.epoch, position.number);
    assert(str_eq(text, (struct str){ written, (size_t)len }));
    return 0;
}
