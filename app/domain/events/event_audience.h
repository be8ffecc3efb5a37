/*
 * Who hears of an event, and what becomes of streams by it. Chats that are not for a whole workspace have their members
 * remembered: ids in ascending order, loaded by one statement and then changed by the log's own events, in its order. What a
 * statement loads may be ahead of the log; the events in between come to the same in the end. Private to the folder; one
 * thread.
 */
#ifndef PARLEY_APP_DOMAIN_EVENT_AUDIENCE_H
#define PARLEY_APP_DOMAIN_EVENT_AUDIENCE_H

#include "parley/domain/events/event_row.h"
#include "parley/live/event.h"

struct event_audience;

/* NULL without memory. */
struct event_audience *event_audience_new(void);
/* NULL is fine. */
void event_audience_free(struct event_audience *audience);
/* Forgets all members: the log does not go on from where it was. */
void event_audience_clear(struct event_audience *audience);

/*
 * Fills in all of *ret_event but its record. Rows come in the order of the log, each once. member_ids are borrowed until the
 * next call. In db_follow; one statement where a chat's members are not known. On an error nothing has been followed.
 */
enum err event_audience_of(struct ctx *ctx, struct event_audience *audience, const struct event_row *row,
                           struct live_event *ret_event) MUST_CHECK;
/* Behind the telling: who has left hears it, and nothing after it. */
void event_audience_told(struct event_audience *audience, const struct event_row *row);

/* Whether one user may hear of the row; is_in_chat: they are in its chat. For a replay, which has no streams. */
bool event_audience_has(const struct event_row *row, int64_t user_id, bool is_in_chat);

#endif
