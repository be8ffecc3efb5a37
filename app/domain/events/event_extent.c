#include "parley/domain/events/event_extent.h"

#include "parley/core/rand.h"
#include "parley/db/db.h"

static enum err extent_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct event_extent *extent = arg;

    (void)ctx;
    event_position_epoch(db_row_str(row, EVENT_LOG_EXTENT_EPOCH), extent->last.epoch);
    extent->last.number = db_row_int(row, EVENT_LOG_EXTENT_LAST_POSITION);
    extent->first_number = db_row_int(row, EVENT_LOG_EXTENT_FIRST_POSITION);
    return ERR_OK;
}

enum err event_extent_read(struct ctx *ctx, struct event_extent *ret_extent)
{
    return db_one(ctx, SQL_EVENT_LOG_EXTENT, DB_NO_ARGS, extent_read, ret_extent);
}

bool event_extent_covers(const struct event_extent *extent, const struct event_position *position)
{
    if (strcmp(extent->last.epoch, position->epoch) != 0 || position->number > extent->last.number)
        return false;
    return position->number == extent->last.number ||
           (extent->first_number != 0 && position->number >= extent->first_number - 1);
}

enum err event_epoch_renew(struct ctx *ctx)
{
    char bytes[EVENT_EPOCH_RAW_BYTES];

    rand_bytes(bytes, sizeof(bytes));
    return db_exec(ctx, SQL_EVENT_EPOCH_SET, DB_ARGS(DB_BLOB(((struct str){ bytes, sizeof(bytes) }))), NULL);
}
