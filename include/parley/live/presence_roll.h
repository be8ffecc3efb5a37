/*
 * Who has an event stream open in this process, when they did something last, and what of that somebody else has still to
 * be told: the hub's thread and workers write it down, one other thread (domain/talk/ephemeral.h) takes what is due. A
 * stream by an API key makes nobody present: it is a program's.
 */
#ifndef PARLEY_LIVE_PRESENCE_ROLL_H
#define PARLEY_LIVE_PRESENCE_ROLL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/core/attrs.h"
#include "parley/core/wake.h"

struct presence_roll;

/* wake: signalled where something has become due; borrowed. NULL without memory. */
struct presence_roll *presence_roll_new(struct wake *wake);
/* NULL is fine. */
void presence_roll_free(struct presence_roll *roll);

/* ---- for those who see it; any thread; a NULL roll takes no notice ---- */

/* A stream of the user has been opened, and one has ended. Without memory they are not counted. */
void presence_roll_came(struct presence_roll *roll, int64_t user_id);
void presence_roll_left(struct presence_roll *roll, int64_t user_id);
/*
 * The user has done something, with or without a stream. Noted once in PRESENCE_ACTIVE_S; more than PRESENCE_STEP_MAX at once
 * are not noted.
 */
void presence_roll_active(struct presence_roll *roll, int64_t user_id);

/* ---- for the one who takes it ---- */

enum presence_due {
    PRESENCE_COMES, /* has a stream, and is not written down yet */
    PRESENCE_GOES,  /* is written down, or was due to be, and has had none for PRESENCE_LEAVES_S */
    PRESENCE_RESTS, /* is written down as active, and has done nothing here for PRESENCE_AWAY_S */
};
/*
 * Up to max users for whom it is due. They stay so until one of the three functions below, or, who COMES, until their last
 * stream has ended; whoever was never due is forgotten with theirs. now_us: wall clock.
 */
size_t presence_roll_due(struct presence_roll *roll, enum presence_due due, int64_t now_us, int64_t *ret_ids,
                         size_t max);
/* They are written down now. */
void presence_roll_entered(struct presence_roll *roll, int64_t user_id);
/* They are not any more; whoever has come back meanwhile COMES. */
void presence_roll_gone(struct presence_roll *roll, int64_t user_id);
/*
 * When they were active at last, as all processes know it. Nothing where they are not on the roll. True: they were known here as
 * active, and are away by that.
 */
bool presence_roll_note(struct presence_roll *roll, int64_t user_id, int64_t active_us, int64_t now_us);
/* Nobody is written down any more: all who have a stream COME. By the one who takes what is due. */
void presence_roll_renew(struct presence_roll *roll);

/* Takes up to max of those who were active. */
size_t presence_roll_take_active(struct presence_roll *roll, int64_t *ret_ids, size_t max);
/* Nobody has a stream, and nobody is to be struck out. */
bool presence_roll_is_empty(struct presence_roll *roll);

#endif
