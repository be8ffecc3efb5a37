#include "router.h"

#include "route_private.h"

enum { METHOD_COUNT = OPTIONS + 1 };

struct node {
    struct node *next;     /* sibling */
    struct node *children; /* literals first */
    enum piece kind;
    struct str literal; /* as in the row: a placeholder with its braces */
    const struct route *by_method[METHOD_COUNT];
    bool names_chat; /* of the whole path; decided once, at start */
};

struct router {
    struct node root;
};

/* What the placeholders on the way to a node took. */
struct capture {
    size_t count;
    const struct node *nodes[PATH_PARAMS_MAX];
    struct str texts[PATH_PARAMS_MAX];
};

/* Where a child of this kind belongs: literals before the placeholder. */
static struct node **child_place(struct node *parent, enum piece kind)
{
    struct node **place = &parent->children;

    while (*place != NULL && (kind != PIECE_LITERAL || (*place)->kind == PIECE_LITERAL))
        place = &(*place)->next;
    return place;
}

static struct node *child_find(struct node *parent, enum piece kind, struct str literal)
{
    for (struct node *child = parent->children; child != NULL; child = child->next)
        if (child->kind == kind && (kind != PIECE_LITERAL || str_eq(child->literal, literal)))
            return child;
    return NULL;
}

static bool has_other_placeholder(const struct node *parent, enum piece kind)
{
    for (const struct node *child = parent->children; child != NULL; child = child->next)
        if (child->kind != PIECE_LITERAL && child->kind != kind)
            return true;
    return false;
}

static enum err child_add(struct node *parent, struct str piece, enum piece kind, struct node **ret_child)
{
    struct node *child = child_find(parent, kind, piece);
    struct node **place;

    if (child == NULL) {
        if (kind != PIECE_LITERAL && has_other_placeholder(parent, kind))
            return ERR_CONFLICT;
        child = calloc(1, sizeof(*child));
        if (child == NULL)
            return ERR_NO_MEMORY;
        child->kind = kind;
        child->literal = piece;
        place = child_place(parent, kind);
        child->next = *place;
        *place = child;
    }
    *ret_child = child;
    return ERR_OK;
}

/* The pieces of "/a/b" are "a" and "b", those of "/" none. */
static struct str pieces_of(struct str path)
{
    struct str pieces = str_tail(path, 1);

    if (pieces.len > 1 && str_ends_with(pieces, STR("/")))
        pieces = str_head(pieces, pieces.len - 1);
    return pieces.len > 0 ? pieces : (struct str){ NULL, 0 };
}

static enum err route_add(struct router *router, const struct route *route, struct buf *faults)
{
    struct str rest = pieces_of(str_from(route->path));
    struct node *node = &router->root;
    struct str piece;

    while (str_split(&rest, '/', &piece)) {
        enum err e = child_add(node, piece, route_piece(route, piece), &node);
        if (e == ERR_CONFLICT) {
            buf_addf(faults, "route %s: another route has a placeholder of another kind at %.*s\n", route->path,
                     STR_FMT(piece));
            return ERR_INVALID;
        }
        if (e != ERR_OK)
            return e;
    }
    if (node->by_method[route->method] != NULL) {
        buf_addf(faults, "route %s: is listed twice for one method\n", route->path);
        return ERR_INVALID;
    }
    node->by_method[route->method] = route;
    node->names_chat = str_starts_with(str_from(route->path), STR("/workspaces/{workspace}/chat/{chat}"));
    return ERR_OK;
}

enum err router_new(const struct route_table *const *tables, size_t table_count, struct buf *ret_faults,
                    struct router **ret_router)
{
    struct router *router = calloc(1, sizeof(*router));
    enum err kept = ERR_OK;

    if (router == NULL)
        return ERR_NO_MEMORY;
    for (size_t t = 0; t < table_count; t++)
        for (size_t r = 0; r < tables[t]->count; r++) {
            enum err e = route_add(router, &tables[t]->routes[r], ret_faults);
            kept = e != ERR_OK ? e : kept;
        }
    if (kept != ERR_OK) {
        router_free(router);
        return kept;
    }
    *ret_router = router;
    return ERR_OK;
}

static void nodes_free(struct node *node)
{
    while (node != NULL) {
        struct node *next = node->next;
        nodes_free(node->children);
        free(node);
        node = next;
    }
}

void router_free(struct router *router)
{
    if (router == NULL)
        return;
    nodes_free(router->root.children);
    free(router);
}

static const struct dialect *dialect_of(const struct node *node)
{
    for (unsigned m = 0; m < METHOD_COUNT; m++)
        if (node->by_method[m] != NULL)
            return node->by_method[m]->dialect;
    return NULL;
}

static unsigned methods_of(const struct node *node)
{
    unsigned methods = 0;

    for (unsigned m = 0; m < METHOD_COUNT; m++)
        if (node->by_method[m] != NULL)
            methods |= 1U << m;
    if (methods & (1U << GET))
        methods |= 1U << HEAD;
    return methods;
}

/* The node that takes all the pieces, with what the placeholders took. As deep as the deepest route. */
static const struct node *node_find(const struct node *node, struct str rest, struct capture *capture)
{
    struct str piece;

    if (!str_split(&rest, '/', &piece))
        return methods_of(node) != 0 ? node : NULL;
    for (const struct node *child = node->children; child != NULL; child = child->next) {
        size_t count_before = capture->count;
        const struct node *found;

        if (child->kind == PIECE_LITERAL ? !str_eq(child->literal, piece) : piece.len == 0)
            continue;
        if (child->kind != PIECE_LITERAL) {
            capture->nodes[capture->count] = child;
            capture->texts[capture->count++] = piece;
        }
        found = node_find(child, rest, capture);
        if (found != NULL)
            return found;
        capture->count = count_before;
    }
    return NULL;
}

static const struct node *path_find(const struct router *router, struct str path, struct capture *capture)
{
    const struct node *found;

    *capture = (struct capture){ .count = 0 };
    if (!str_starts_with(path, STR("/")))
        return NULL;
    found = node_find(&router->root, pieces_of(path), capture);
    if (found != NULL)
        return found;
    *capture = (struct capture){ .count = 0 };
    /* Paths that have /api in their rows are not served under a second one. */
    if (str_starts_with(path, STR("/api/")) && !str_starts_with(path, STR("/api/api/")))
        return node_find(&router->root, pieces_of(str_tail(path, 4)), capture);
    return str_eq_c(path, "/api") ? node_find(&router->root, pieces_of(STR("/")), capture) : NULL;
}

static enum err number_parse(struct arena *a, const struct node *node, struct str text, struct route_match *match)
{
    if (str_to_int64(text, &match->numbers[match->number_count++]) == ERR_OK)
        return ERR_OK;
    match->bad_number = arena_cstr(a, route_piece_name(node->literal));
    return match->bad_number != NULL ? ERR_INVALID : ERR_NO_MEMORY;
}

static enum err captures_parse(struct arena *a, const struct capture *capture, struct route_match *match)
{
    for (size_t i = 0; i < capture->count; i++) {
        struct str text = capture->texts[i];

        switch (capture->nodes[i]->kind) {
        case PIECE_WORKSPACE:
            TRY(uuid_parse(text, &match->workspace));
            match->has_workspace = true;
            break;
        case PIECE_ID: TRY(uuid_parse(text, &match->ids[match->id_count++])); break;
        case PIECE_INT: TRY(number_parse(a, capture->nodes[i], text, match)); break;
        case PIECE_WORD: TRY(http_decode(a, text, PLUS_LITERAL, &match->words[match->word_count++])); break;
        case PIECE_LITERAL: break;
        }
    }
    return ERR_OK;
}

enum err router_find(const struct router *router, struct arena *a, enum method method, struct str path,
                     struct route_match *ret_match)
{
    struct route_match match = { .route = NULL };
    struct capture capture;
    const struct node *node;

    if (path.len > PATH_MAX_BYTES)
        return ERR_URI_TOO_LONG;
    node = path_find(router, path, &capture);
    if (node == NULL)
        return ERR_NOT_FOUND;
    match.methods = methods_of(node);
    match.dialect = dialect_of(node);
    match.names_chat = node->names_chat;
    match.route = node->by_method[method == HEAD && node->by_method[HEAD] == NULL ? GET : method];
    *ret_match = match;
    if (match.route == NULL)
        return method == OPTIONS ? ERR_OK : ERR_METHOD;
    return captures_parse(a, &capture, ret_match);
}
