/* What a row says, with what it leaves to its dialect. Private to the room. */
#ifndef PARLEY_APP_GATE_ROUTE_PRIVATE_H
#define PARLEY_APP_GATE_ROUTE_PRIVATE_H

#include "parley/gate/route.h"

/* RATE_NOT_SAID_ where neither says it. */
enum rate route_rate(const struct route *route);

/* How the route reads its body. */
enum spec_use route_body_use(const struct route *route);

/* The parameters of a paged list; NULL: it is not paged, or its dialect does not say how. */
const struct spec *route_page_spec(const struct route *route);

/* A piece of a path: "chat", "{workspace}", "{chat}", "{key:int}", "{name:word}". */
enum piece { PIECE_LITERAL, PIECE_WORKSPACE, PIECE_ID, PIECE_INT, PIECE_WORD };
enum piece route_piece(const struct route *route, struct str piece);
/* "{name:word}" → "name" */
struct str route_piece_name(struct str piece);

#endif
