#include "parley/live/signal.h"

#include "parley/core/limits.h"

#define CHANNEL "signal"

enum { NUMBERS = 6, SIGNAL_MAX_BYTES = 128 * 1024 };

/* A line of numbers: audience, delta, workspace, chat, user, how many members, their ids; then the text. */
void signal_write(const struct live_event *event, struct str text, struct buf *out)
{
    const int64_t numbers[NUMBERS] = { event->audience, event->is_delta, event->workspace_id,
                                       event->chat_id,  event->user_id,  (int64_t)event->member_count };

    for (size_t i = 0; i < NUMBERS; i++) {
        buf_add_int(out, numbers[i]);
        buf_add_byte(out, ' ');
    }
    for (size_t i = 0; i < event->member_count; i++) {
        buf_add_int(out, event->member_ids[i]);
        buf_add_byte(out, ' ');
    }
    buf_add_byte(out, '\n');
    buf_add(out, text);
}

static enum err number_read(struct str *line, int64_t *ret_number)
{
    struct str piece;

    if (!str_split(line, ' ', &piece))
        return ERR_INVALID;
    return str_to_int64(piece, ret_number);
}

static enum err members_read(struct str *line, int64_t count, int64_t *ids)
{
    if (count < 0 || count > SIGNAL_MEMBERS_MAX)
        return ERR_INVALID;
    for (int64_t i = 0; i < count; i++)
        TRY(number_read(line, &ids[i]));
    return line->len == 0 ? ERR_OK : ERR_INVALID;
}

enum err signal_read(struct str payload, int64_t *ids, struct live_event *ret_event, struct str *ret_text)
{
    size_t end = str_index(payload, '\n');
    struct str line = str_head(payload, end);
    int64_t numbers[NUMBERS];

    if (end == SIZE_MAX)
        return ERR_INVALID;
    for (size_t i = 0; i < NUMBERS; i++)
        TRY(number_read(&line, &numbers[i]));
    if (numbers[0] < LIVE_TO_NOBODY || numbers[0] > LIVE_TO_USER)
        return ERR_INVALID;
    TRY(members_read(&line, numbers[5], ids));
    *ret_event = (struct live_event){ .audience = (enum live_audience)numbers[0],
                                      .is_delta = numbers[1] != 0,
                                      .workspace_id = numbers[2],
                                      .chat_id = numbers[3],
                                      .user_id = numbers[4],
                                      .member_ids = ids,
                                      .member_count = (size_t)numbers[5] };
    *ret_text = str_tail(payload, end + 1);
    return ERR_OK;
}

static void hear(void *arg, struct str channel, struct str payload)
{
    int64_t ids[SIGNAL_MEMBERS_MAX];
    struct live_event event;
    struct str text;

    (void)channel;
    if (signal_read(payload, ids, &event, &text) == ERR_OK)
        hub_signal(arg, &event, text);
}

enum err signal_listen(struct bus *bus, struct hub *hub)
{
    return bus_subscribe(bus, CHANNEL, hear, hub);
}

void signal_send(struct bus *bus, const struct live_event *event, struct str text)
{
    struct buf payload;

    buf_init(&payload, SIGNAL_MAX_BYTES);
    signal_write(event, text, &payload);
    if (buf_check(&payload) == ERR_OK)
        bus_publish(bus, CHANNEL, buf_str(&payload));
    buf_release(&payload);
}
