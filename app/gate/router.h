/*
 * From a path to its row. Built once at start from all tables, read by all workers. A path is matched piece by piece, as
 * bytes, before anything is decoded; a literal piece beats a placeholder.
 */
#ifndef PARLEY_APP_GATE_ROUTER_H
#define PARLEY_APP_GATE_ROUTER_H

#include "parley/core/buf.h"
#include "parley/core/limits.h"
#include "parley/gate/route.h"

struct router;

struct route_match {
    const struct route *route;
    const struct dialect *dialect; /* of the path; known for ERR_METHOD too */
    unsigned methods; /* bit 1 << enum method: those that the path takes; known for ERR_METHOD and OPTIONS too */
    bool has_workspace;
    bool names_chat; /* ids[0] is a chat of the workspace: the caller's access to it is loaded along */
    struct uuid workspace;
    struct uuid ids[PATH_IDS_MAX];
    int64_t numbers[PATH_IDS_MAX];
    struct str words[PATH_IDS_MAX];
    size_t id_count, number_count, word_count;
    const char *bad_number; /* with ERR_INVALID: the name of the number that is none */
};

/* Rows must have passed route_check. ERR_INVALID: two rows for one method and path, or two kinds of placeholder. */
enum err router_new(const struct route_table *const *tables, size_t table_count, struct buf *ret_faults,
                    struct router **ret_router) MUST_CHECK;
/* NULL is fine. */
void router_free(struct router *router);

/*
 * Finds the row for a path as sent (with or without /api before it and '/' behind it). HEAD finds GET's row.
 * ret_match->methods is filled in whenever the path is known. OPTIONS: route is NULL unless a row has it.
 * Returns ERR_OK, ERR_NOT_FOUND, ERR_METHOD, ERR_BAD_ID, ERR_INVALID (a number that is no int64), ERR_BAD_REQUEST (a
 * word that does not decode), ERR_URI_TOO_LONG, ERR_NO_MEMORY.
 */
enum err router_find(const struct router *router, struct arena *a, enum method method, struct str path,
                     struct route_match *ret_match) MUST_CHECK;

#endif
