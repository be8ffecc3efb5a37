#include "parley/live/event.h"

#include <stdlib.h>

#include "parley/http/fcgi_record.h"
#include "record.h"

enum { RECORD_OVERHEAD_BYTES = 16 };

static size_t records_bytes(size_t len)
{
    return len + (len / FCGI_RECORD_MAX_BYTES + 1) * RECORD_OVERHEAD_BYTES;
}

struct live_record *live_record_new(struct str text)
{
    struct live_record *record;
    struct buf out;

    buf_init(&out, records_bytes(text.len));
    fcgi_record_stdout(&out, RECORD_REQUEST_ID, text);
    record = live_record_of(&out);
    buf_release(&out);
    return record;
}

struct live_record *live_record_keep(struct live_record *record)
{
    if (record != NULL)
        atomic_fetch_add_explicit(&record->users, 1, memory_order_relaxed);
    return record;
}

void live_record_drop(struct live_record *record)
{
    if (record != NULL && atomic_fetch_sub_explicit(&record->users, 1, memory_order_acq_rel) == 1)
        free(record);
}
