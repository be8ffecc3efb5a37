#include "route_private.h"

#include "parley/gate/page.h"

enum rate route_rate(const struct route *route)
{
    if (route->rate == RATE_NOT_SAID_ && route->dialect != NULL)
        return route->dialect->rate;
    return route->rate;
}

enum spec_use route_body_use(const struct route *route)
{
    return route->dialect != NULL && route->dialect->ignores_unknown ? SPEC_OPEN_BODY : SPEC_BODY;
}

const struct spec *route_page_spec(const struct route *route)
{
    if (!(route->flags & ROUTE_PAGED))
        return NULL;
    return route->dialect != NULL ? route->dialect->page : &page_spec;
}

enum piece route_piece(const struct route *route, struct str piece)
{
    if (!str_starts_with(piece, STR("{")))
        return PIECE_LITERAL;
    if (str_eq_c(piece, "{workspace}"))
        return PIECE_WORKSPACE;
    if (str_ends_with(piece, STR(":int}")))
        return PIECE_INT;
    if (str_ends_with(piece, STR(":word}")))
        return PIECE_WORD;
    return route->dialect != NULL && route->dialect->ids == DIALECT_IDS_INTEGER ? PIECE_INT : PIECE_ID;
}

struct str route_piece_name(struct str piece)
{
    struct str inner = str_head(str_tail(piece, 1), piece.len - 2);

    return str_head(inner, str_index(inner, ':'));
}
