/*
 * The event log: one row for each change that somebody with an open stream may see, or that decides whether the stream may
 * stay open. It is written in the transaction of the change, so there is no change without its event and no event without
 * its change; readers of the log (event_reader.h, event_replay.h) see committed rows in the order of their positions.
 *
 * Nobody forgets: a statement that changes a live table names the kinds (`-- event:`, sql/README.md). Where it has changed a
 * row, each kind is due in its transaction until event_add or event_skip has named it. A transaction that would commit
 * with one due aborts the program in builds for tests and is logged in what is shipped.
 */
#ifndef PARLEY_DOMAIN_EVENT_H
#define PARLEY_DOMAIN_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/str.h"

#define EVENT(identifier, name, audience, access, sentence) EVENT_##identifier,
/* Stored as these numbers. */
enum event_kind {
#include "parley/domain/events/events.def"
    EVENT_KINDS
};
#undef EVENT

enum { EVENT_DETAIL_MAX_BYTES = 64 };

/* What is not set stays empty. */
struct event {
    enum event_kind kind;
    int64_t workspace_id; /* integer keys: where it happened, … */
    int64_t chat_id;
    int64_t
        user_id; /* … and whom it concerns, where it is about a person: who came or left, whose session, whose state */
    struct uuid subject; /* public id of the thing itself, so that it can be told of once its row is gone */
    int64_t actor_id;    /* who did it; 0: ctx->actor */
    struct str detail;   /* what the kind needs besides, up to EVENT_DETAIL_MAX_BYTES; event_number writes it */
};

/*
 * Writes the event; inside the transaction of the change, behind it, once the row of what it changes is locked (events of a
 * chat: the chat's row): then events of one thing are in the order of its changes. One INSERT. Errors of the database.
 */
enum err event_add(struct ctx *ctx, const struct event *event) MUST_CHECK;
/* In place of event_add, for a kind that is told only in some cases: this is none of them. */
void event_skip(struct ctx *ctx, enum event_kind kind);
/* A number as detail, in the request's arena. Absent without memory, which event_add notices. */
struct str event_number(struct ctx *ctx, int64_t number);

/* The kind's public name ("message.created"); and whether clients are told at all. */
struct str event_name(enum event_kind kind);
bool event_is_public(enum event_kind kind);

#endif
