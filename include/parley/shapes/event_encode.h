/* What clients are told of events, as JSON: API.md, "Live events". */
#ifndef PARLEY_SHAPES_EVENT_ENCODE_H
#define PARLEY_SHAPES_EVENT_ENCODE_H

#include "parley/domain/events/event_row.h"

/*
 * An event_content_fn: the data of the rows, which is the same for whoever reads it. What they tell of is read as it is now:
 * a statement or a few for all of the messages, chats and statuses, and one for each row about somebody's own state of a chat. A
 * message or state whose data would be longer than EVENT_DATA_MAX_BYTES is told without its text, with "truncated":true.
 */
enum err event_encode(struct ctx *ctx, struct event_row *rows, size_t count) MUST_CHECK;

#endif
