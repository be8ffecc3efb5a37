/*
 * A row of the event log as its readers have it: the row itself, what it points to, and what clients are told of it. Texts
 * are in the arena of the ctx that read them.
 */
#ifndef PARLEY_DOMAIN_EVENT_ROW_H
#define PARLEY_DOMAIN_EVENT_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/buf.h"
#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/core/str.h"
#include "parley/domain/events/event.h"

struct db_row;

/*
 * enum chat_join of domain/talk/chat.h, which stands above; a chat that was erased, or has left the workspace since; and, as
 * the detail of chat.deleted alone, a chat that goes on without those who are not in it: it is gone for them only.
 */
enum event_join { EVENT_JOIN_GONE = -1, EVENT_JOIN_WORKSPACE, EVENT_JOIN_OPEN, EVENT_JOIN_INVITE, EVENT_JOIN_OTHERS };

struct event_row {
    int64_t position;
    enum event_kind kind; /* EVENT_KINDS: one that a newer version has written; it is passed over */
    int64_t workspace_id, chat_id, user_id, actor_id; /* integer keys; 0: none */
    struct uuid subject;                              /* zero: none */
    struct str detail;                                /* absent: none */
    int64_t at_us;
    /* As they are now; zero where there is none, or no more. */
    struct uuid workspace, chat, user, actor;
    enum event_join join; /* of chat_id */
    int role;             /* of user_id in workspace_id: enum member_role; 0: none */
    struct str data;      /* JSON of one line; absent: clients are told nothing */
};

/*
 * Fills in `data` of up to EVENT_BATCH_MAX rows, in few statements (shapes/event_encode.h); what is gone meanwhile stays absent. No
 * field depends on who reads it. ERR_NO_MEMORY: fewer rows may do. runtime has the one that there is.
 */
typedef enum err (*event_content_fn)(struct ctx *ctx, struct event_row *rows, size_t count);

/* The columns of {event_row} from `first` on (sql/queries/events.sql). ERR_NO_MEMORY. */
enum err event_row_read(struct ctx *ctx, const struct db_row *row, int first, struct event_row *ret_row) MUST_CHECK;
/* What event_number has written as detail; 0 where there is none. */
int64_t event_row_number(const struct event_row *row);
/* Appends the event as clients get it: "event: …\ndata: …\nid: <epoch>-<position>\n\n". */
void event_row_write(const struct event_row *row, const char *epoch, struct buf *out);

#endif
