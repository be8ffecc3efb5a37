/* Tells the streams of this process who is there. Private to the folder; one thread. */
#ifndef PARLEY_APP_DOMAIN_PRESENCE_TELL_H
#define PARLEY_APP_DOMAIN_PRESENCE_TELL_H

#include <stddef.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/live/presence_roll.h"

/*
 * Tells each workspace of up to PRESENCE_MEMBERS_MAX members, in one event, which of these users are there now, as the rows say;
 * whoever was told last was told the truth, then, in whatever order processes say that something has changed. The roll notes
 * it, too. PRESENCE_TOLD_MAX users at most. *ret_count: events. Errors of the database.
 */
enum err presence_tell(struct ctx *ctx, struct presence_roll *roll, const int64_t *user_ids, size_t count,
                       int64_t *ret_count) MUST_CHECK;

#endif
