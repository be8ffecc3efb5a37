#include "parley/live/event.h"

#include <stdlib.h>
#include <string.h>

#include "parley/core/buf.h"
#include "parley/http/fcgi_record.h"

enum { NGINX_REQUEST_ID = 1, RECORD_OVERHEAD_BYTES = 16 };

static size_t records_bytes(size_t len)
{
    return len + (len / FCGI_RECORD_MAX_BYTES + 1) * RECORD_OVERHEAD_BYTES;
}

struct live_record *live_record_new(struct str text)
{
    struct live_record *record = NULL;
    struct buf out;

    buf_init(&out, records_bytes(text.len));
    fcgi_record_stdout(&out, NGINX_REQUEST_ID, text);
    if (buf_check(&out) == ERR_OK)
        record = malloc(sizeof(*record) + out.len);
    if (record != NULL) {
        atomic_init(&record->users, 1);
        record->len = out.len;
        memcpy(record->bytes, out.ptr, out.len);
    }
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
