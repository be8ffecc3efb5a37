#include "record.h"

#include <stdlib.h>
#include <string.h>

struct live_record *live_record_of(const struct buf *records)
{
    struct live_record *record;

    if (buf_check(records) != ERR_OK)
        return NULL;
    record = malloc(sizeof(*record) + records->len);
    if (record == NULL)
        return NULL;
    atomic_init(&record->users, 1);
    record->len = records->len;
    if (records->len > 0)
        memcpy(record->bytes, records->ptr, records->len);
    return record;
}
