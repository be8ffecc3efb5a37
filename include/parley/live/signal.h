/*
 * What is told to those who have a stream open now and is never stored: typing, presence, pieces of an answer. It goes to the
 * hubs of all processes over the bus, as far as they hear each other; nobody is told later what they missed.
 */
#ifndef PARLEY_LIVE_SIGNAL_H
#define PARLEY_LIVE_SIGNAL_H

#include "parley/bus/bus.h"
#include "parley/live/hub.h"

/* From now on this process's hub hears what any process sends. Once, at the start. ERR_LIMIT: bus_subscribe. */
enum err signal_listen(struct bus *bus, struct hub *hub) MUST_CHECK;
/*
 * To all hubs, this process's too. event and text: as for hub_signal; at most SIGNAL_MEMBERS_MAX members. Where there is no
 * memory nobody is told. Any thread but the bus's.
 */
void signal_send(struct bus *bus, const struct live_event *event, struct str text);

/* For tests and fuzzing: what goes over the bus, and back. ERR_INVALID: nothing of ours. ids: room for the members. */
void signal_write(const struct live_event *event, struct str text, struct buf *out);
enum err signal_read(struct str payload, int64_t *ids, struct live_event *ret_event, struct str *ret_text) MUST_CHECK;

#endif
