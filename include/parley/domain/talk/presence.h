/*
 * Who is there: online while they have an event stream open, away where they have done nothing for PRESENCE_AWAY_S, offline
 * PRESENCE_LEAVES_S after their last stream has ended. Told to whoever shares a workspace with them (event `presence`); in
 * workspaces of more than PRESENCE_MEMBERS_MAX nobody is told, and clients ask.
 *
 * How it is known, on however many processes: table `presence` has a row for each process at which somebody has a stream
 * (ephemeral.h writes it), table `nodes` says which processes live. Nothing is written while somebody just stays.
 */
#ifndef PARLEY_DOMAIN_PRESENCE_H
#define PARLEY_DOMAIN_PRESENCE_H

#include <stddef.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/domain/record/principal.h"
#include "parley/domain/workspaces/member.h"

enum presence_status { PRESENCE_ONLINE, PRESENCE_AWAY, PRESENCE_OFFLINE };

struct presence_seen {
    struct uuid user;
    int status;           /* enum presence_status */
    int64_t last_seen_us; /* when they were active at last or, offline, had a stream open; 0: never that we know */
};

/*
 * Those of the users who are in the caller's workspace, in the order in which they are asked for, each once: struct
 * presence_seen in the request arena. PRESENCE_ASKED_MAX at most. A statement for each 20. Errors of the database. Any thread.
 */
enum err presence_list(struct ctx *ctx, const struct membership *workspace, const struct uuid *users, size_t count,
                       struct list *ret_list) MUST_CHECK;
/*
 * Somebody has changed something, marked what they read, or is typing: a person who is signed in, not a program with a key.
 * Any thread; a look into memory.
 */
void presence_active(const struct app *app, const struct principal *principal);
/* All that is known of a user, who is deleted in this transaction. Errors of the database. */
enum err presence_forget(struct ctx *ctx, int64_t user_id) MUST_CHECK;

#endif
