#include "hub_private.h"

#include <stdlib.h>

#include "parley/core/limits.h"

enum { ID_MAX_BYTES = 64 };

struct signal_item {
    struct inbox_item item;
    struct live_event event;
    size_t len;
    char text[];
};

static void signal_run(struct hub *hub, struct inbox_item *item)
{
    struct signal_item *signal = (struct signal_item *)item;
    struct buf text;

    atomic_fetch_sub(&hub->signal_count, 1);
    buf_init(&text, signal->len + ID_MAX_BYTES);
    buf_add(&text, (struct str){ signal->text, signal->len });
    buf_addf(&text, "id: %s-%lld\n\n", hub->epoch, (long long)hub->position);
    if (buf_check(&text) == ERR_OK)
        signal->event.record = live_record_new(buf_str(&text));
    if (signal->event.record != NULL)
        deliver_signal(hub, &signal->event);
    live_record_drop(signal->event.record);
    buf_release(&text);
    free(signal);
}

static struct signal_item *signal_new(const struct live_event *event, struct str text)
{
    size_t ids_bytes = event->member_count * sizeof(event->member_ids[0]);
    size_t ids_at = (text.len + sizeof(int64_t) - 1) / sizeof(int64_t) * sizeof(int64_t);
    struct signal_item *signal = malloc(sizeof(*signal) + ids_at + ids_bytes);

    if (signal == NULL)
        return NULL;
    *signal = (struct signal_item){ .item.run = signal_run, .event = *event, .len = text.len };
    memcpy(signal->text, text.ptr, text.len);
    if (ids_bytes > 0)
        memcpy(signal->text + ids_at, event->member_ids, ids_bytes);
    signal->event.member_ids = (const int64_t *)(const void *)(signal->text + ids_at);
    signal->event.record = NULL;
    return signal;
}

void hub_signal(struct hub *hub, const struct live_event *event, struct str text)
{
    struct signal_item *signal = NULL;

    atomic_fetch_add_explicit(&hub->counters.signal_count, 1, memory_order_relaxed);
    if (atomic_load(&hub->counters.stream_count) == 0)
        return;
    if (atomic_fetch_add(&hub->signal_count, 1) < HUB_SIGNALS_MAX)
        signal = signal_new(event, text);
    if (signal != NULL && hub_post(hub, &signal->item))
        return;
    free(signal);
    atomic_fetch_sub(&hub->signal_count, 1);
    atomic_fetch_add_explicit(&hub->counters.dropped_count, 1, memory_order_relaxed);
}
