#include "parley/domain/events/event_position.h"

#include "parley/core/buf.h"
#include "parley/core/rand.h"
#include "parley/db/db.h"

enum { EPOCH_LEN = EVENT_EPOCH_BYTES - 1, EPOCH_RAW_BYTES = EPOCH_LEN / 2 };

static bool is_epoch(struct str text)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < text.len; i++)
        if (memchr(digits, text.ptr[i], sizeof(digits) - 1) == NULL)
            return false;
    return text.len == EPOCH_LEN;
}

enum err event_position_parse(struct str text, struct event_position *ret_position)
{
    struct str number = str_cut(&text, '-');
    struct event_position position;

    if (!is_epoch(text) || number.ptr == NULL || number.len == 0 || number.ptr[0] == '-' ||
        (number.ptr[0] == '0' && number.len > 1) || str_to_int64(number, &position.number) != ERR_OK)
        return ERR_INVALID;
    memcpy(position.epoch, text.ptr, EPOCH_LEN);
    position.epoch[EPOCH_LEN] = '\0';
    *ret_position = position;
    return ERR_OK;
}

void event_position_epoch(struct str bytes, char ret_epoch[EVENT_EPOCH_BYTES])
{
    static const char digits[] = "0123456789abcdef";

    memset(ret_epoch, '0', EPOCH_LEN);
    ret_epoch[EPOCH_LEN] = '\0';
    for (size_t i = 0; i < bytes.len && i < EPOCH_RAW_BYTES; i++) {
        ret_epoch[2 * i] = digits[(unsigned char)bytes.ptr[i] >> 4];
        ret_epoch[2 * i + 1] = digits[(unsigned char)bytes.ptr[i] & 0x0F];
    }
}

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
    char bytes[EPOCH_RAW_BYTES];

    rand_bytes(bytes, sizeof(bytes));
    return db_exec(ctx, SQL_EVENT_EPOCH_SET, DB_ARGS(DB_BLOB(((struct str){ bytes, sizeof(bytes) }))), NULL);
}
