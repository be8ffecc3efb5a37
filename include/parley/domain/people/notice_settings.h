/*
 * What somebody wants to be told while they are away, and the hours in which they want nothing (notice.h). Any thread, one ctx each;
 * errors of the database (parley/db/db.h) besides those that are named. Texts in the request arena.
 */
#ifndef PARLEY_DOMAIN_NOTICE_SETTINGS_H
#define PARLEY_DOMAIN_NOTICE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/ctx.h"

enum { QUIET_NEVER = -1 };

/* From quiet_from until quiet_to of each day, past midnight where that is the smaller. */
struct quiet_hours {
    int from_minute, to_minute; /* of the day; QUIET_NEVER: none, both */
    struct str timezone;        /* core/time_zone.h */
};
struct notice_settings {
    bool push, mail;
    struct quiet_hours quiet;
    int64_t version;
};

/* Of somebody who has said nothing: all, at any time, in UTC. */
enum err notice_settings_get(struct ctx *ctx, int64_t user_id, struct notice_settings *ret_settings) MUST_CHECK;
/* In the place of what was there; if_version 0: whatever was there. ERR_PRECONDITION; ERR_INVALID: no such time zone. */
enum err notice_settings_put(struct ctx *ctx, int64_t user_id, const struct notice_settings *settings,
                             int64_t if_version, struct notice_settings *ret_settings) MUST_CHECK;

/* Of somebody who is erased. Inside db_run. */
enum err notice_settings_forget(struct ctx *ctx, int64_t user_id) MUST_CHECK;

/* When quiet hours that it is in end; the moment itself where it is in none, or the zone is not known (any more). */
int64_t quiet_until(const struct quiet_hours *quiet, int64_t at_us);

#endif
