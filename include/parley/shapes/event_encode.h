/* What clients are told of events, as JSON: API.md, "Live events". */
#ifndef PARLEY_SHAPES_EVENT_ENCODE_H
#define PARLEY_SHAPES_EVENT_ENCODE_H

#include "parley/domain/events/event_row.h"

/*
 * An event_content_fn: the data of the rows, which is the same for whoever reads it. Messages and chats are read as they are
 * now, a statement or two for all of them. A message whose data would be longer than EVENT_DATA_MAX_BYTES is told without its
 * content, with "truncated":true.
 */
enum err event_encode(struct ctx *ctx, struct event_row *rows, size_t count) MUST_CHECK;

#endif
