/* What the rows say of somebody's presence. Private to the folder. */
#ifndef PARLEY_APP_DOMAIN_PRESENCE_STATE_H
#define PARLEY_APP_DOMAIN_PRESENCE_STATE_H

#include <stdbool.h>

#include "parley/db/db.h"
#include "parley/domain/talk/presence.h"

enum { PRESENCE_BATCH = 20 }; /* as many as the statements have places for */

/* All zero: nothing is known. */
struct presence_state {
    bool is_here;               /* a living process has a stream of theirs */
    int64_t active_us, left_us; /* 0: not known */
};

/* Adds a row: its columns active_us, left_us and beat_us, in this order from `first` on. */
void presence_state_add(const struct ctx *ctx, const struct db_row *row, int first, struct presence_state *state);
enum presence_status presence_state_status(const struct presence_state *state, int64_t now_us);
/* The states of up to PRESENCE_BATCH users, by their places. Errors of the database. */
enum err presence_states_load(struct ctx *ctx, const int64_t *user_ids, size_t count,
                              struct presence_state *ret_states) MUST_CHECK;
/* The values of a statement: up to two first ones, then the users' places, those that are not taken NULL. */
struct presence_args {
    struct db_value values[2 + PRESENCE_BATCH];
};
struct db_args presence_args_fill(struct presence_args *args, const struct db_value *first, size_t first_count,
                                  const int64_t *user_ids, size_t count);

#endif
