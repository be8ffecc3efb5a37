#include "parley/domain/events/event_position.h"

#include <string.h>

enum { EPOCH_LEN = EVENT_EPOCH_BYTES - 1 };

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
    for (size_t i = 0; i < bytes.len && i < EVENT_EPOCH_RAW_BYTES; i++) {
        ret_epoch[2 * i] = digits[(unsigned char)bytes.ptr[i] >> 4];
        ret_epoch[2 * i + 1] = digits[(unsigned char)bytes.ptr[i] & 0x0F];
    }
}
