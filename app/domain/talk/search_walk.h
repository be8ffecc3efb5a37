/* The search of one workspace. Private to the folder. */
#ifndef PARLEY_APP_DOMAIN_SEARCH_WALK_H
#define PARLEY_APP_DOMAIN_SEARCH_WALK_H

#include "parley/db/db.h"
#include "parley/domain/talk/search.h"

/* A message that has been proved; what else is shown of it is read for those alone that are on the page. */
struct search_found {
    int64_t id, version;
    struct uuid uuid, workspace;
    struct str chat_title, highlights;
    struct str content; /* absent where it is short enough to be read with the rest */
};

/* One request. */
struct search_run {
    const struct search_opts *opts;
    int64_t until_us; /* monotonic */
    int64_t rows_left;
    bool shortened; /* a beginning was looked for as a word */
};

/*
 * Adds what it finds below opts->below_id and above stop_id to *found (struct search_found, newest first), limit + 1 at most.
 * *ret_reached: everything above it has been looked at; 0: everything that is wanted has. It looks at some rows at least,
 * whatever is left.
 */
enum err search_walk(struct ctx *ctx, struct search_run *run, int64_t workspace_id, int64_t stop_id, struct list *found,
                     int64_t *ret_reached) MUST_CHECK;

#endif
