/* Addresses in answers: under what clients reach the server, however a proxy before it cuts their paths. */
#ifndef PARLEY_GATE_LOCATION_H
#define PARLEY_GATE_LOCATION_H

#include "parley/core/ctx.h"
#include "parley/gate/route.h"

/* PUBLIC_URL's path without a slash at its end: "/chat" of https://host/chat; "" where it has none. Borrowed. */
struct str location_public_path(const struct config *config);

/*
 * Sets Location to a path of ours ("/workspaces/…") under PUBLIC_URL's path, and under /api where that was asked under.
 *   path  in the arena; NULL: there was no memory, and nothing is set
 */
void location_set(struct ctx *ctx, const struct call *call, struct reply *reply, const char *path);

#endif
