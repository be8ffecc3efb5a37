#include "route_check.h"

#include "parley/core/limits.h"
#include "route_private.h"

const char *method_name(enum method method)
{
    static const char *const names[] = { "?", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" };

    return names[method];
}

bool access_reads_credential(enum access access)
{
    return access == ACCESS_SIGNED_IN || access == ACCESS_ADMIN || access == ACCESS_METRICS;
}

bool access_is_in_url(enum access access)
{
    return access == ACCESS_SIGNED_URL || access == ACCESS_TOKEN_URL;
}

bool method_changes(enum method method)
{
    return method != GET && method != HEAD && method != OPTIONS;
}

struct placeholders {
    size_t workspace_count, id_count, number_count, word_count;
    bool malformed;
};

static struct placeholders placeholders_count(const struct route *route)
{
    struct placeholders found = { .malformed = route->path[0] != '/' };
    struct str rest = str_tail(str_from(route->path), 1);
    struct str piece;

    if (rest.len == 0)
        return found;
    while (str_split(&rest, '/', &piece)) {
        enum piece kind = route_piece(route, piece);
        if (piece.len == 0 || (kind != PIECE_LITERAL) != str_ends_with(piece, STR("}")))
            found.malformed = true;
        found.workspace_count += kind == PIECE_WORKSPACE;
        found.id_count += kind == PIECE_ID;
        found.number_count += kind == PIECE_INT;
        found.word_count += kind == PIECE_WORD;
    }
    return found;
}

/* What a row leaves out. */
static const char *omission(const struct route *route)
{
    if (route->method == METHOD_NONE)
        return "has no method";
    if (route->handler == NULL)
        return "has no handler";
    if (route->access == ACCESS_NOT_SAID_)
        return "does not say who may";
    if (route->role == ROLE_NOT_SAID_)
        return "does not say which role in the workspace";
    if (route->scope == SCOPE_NOT_SAID_)
        return "does not say which scope a key needs";
    if (route_rate(route) == RATE_NOT_SAID_)
        return "does not say its class of rate";
    if (route->status == 0)
        return "does not say the status of success";
    if (route->summary == NULL || route->tag == NULL)
        return "has no summary or no tag";
    return NULL;
}

/* What the row of a dialect leaves out. */
static const char *dialect_omission(const struct dialect *dialect)
{
    if (dialect->on == DIALECT_ON_NOT_SAID_)
        return "is of a dialect that does not say when it is on";
    if (dialect->rate == RATE_NOT_SAID_)
        return "is of a dialect that does not say its class of rate";
    if (dialect->ids == DIALECT_IDS_NOT_SAID_)
        return "is of a dialect that does not say what its ids are";
    if (dialect->page == NULL || dialect->limit_default <= 0 || dialect->limit_max < dialect->limit_default)
        return "is of a dialect that does not say how its lists are paged and how many rows they give";
    if (dialect->error_name == NULL || dialect->schema == NULL || dialect->error_write == NULL)
        return "is of a dialect that does not say what its errors are";
    return NULL;
}

/* What a row says of a browser's cookie that contradicts something else in it. */
static const char *cookie_contradiction(const struct route *route)
{
    if (route->cookie == COOKIE_READ && (method_changes(route->method) || !access_reads_credential(route->access)))
        return "takes a cookie for reading but does not read as somebody signed in";
    if ((route->cookie == COOKIE_BEGIN || route->cookie == COOKIE_SESSION) &&
        (route->method != POST || route->role != ROLE_NO_WORKSPACE))
        return "begins or ends a session but is no POST outside of workspaces";
    if (route->cookie != COOKIE_BEGIN && route->cookie_reply != NULL)
        return "answers with a cookie of which the row says nothing";
    return NULL;
}

/* What in a row contradicts something else in it. */
static const char *contradiction(const struct route *route)
{
    struct placeholders in_path = placeholders_count(route);
    bool signed_in = access_reads_credential(route->access);

    if (in_path.malformed || in_path.workspace_count > 1 || in_path.id_count > PATH_IDS_MAX ||
        in_path.number_count > PATH_IDS_MAX || in_path.word_count > PATH_IDS_MAX ||
        in_path.workspace_count + in_path.id_count + in_path.number_count + in_path.word_count > PATH_PARAMS_MAX)
        return "has a path that cannot be meant";
    if ((in_path.workspace_count == 1) != (route->role != ROLE_NO_WORKSPACE))
        return "names a workspace without a role in it, or a role without a workspace";
    if (route->role != ROLE_NO_WORKSPACE && !signed_in)
        return "asks for a role in a workspace but for nobody signed in";
    if (method_changes(route->method) &&
        (route->scope == SCOPE_READ || route->scope == SCOPE_METRICS || route->scope == SCOPE_ANY))
        return "changes something under the scope read, metrics or any";
    if ((route->access == ACCESS_METRICS) != (route->scope == SCOPE_METRICS))
        return "is for whoever reads figures but not for keys with the scope metrics, or the other way round";
    if ((route->access == ACCESS_TOKEN_URL) != (route_rate(route) == RATE_HOOK) ||
        (route->access == ACCESS_TOKEN_URL && in_path.word_count != 1))
        return "has a token in its path but no rate of its own, or the other way round";
    if ((route->flags & ROUTE_PAYLOAD_FORM) && (route->body == NULL || (route->flags & ROUTE_MULTIPART)))
        return "takes its body as a form's field, but has none or another form";
    if (method_changes(route->method) && route_rate(route) == RATE_READ)
        return "changes something in the class of rate read";
    if ((route->flags & ROUTE_IDEMPOTENT) && (route->method != POST || !signed_in))
        return "takes an Idempotency-Key but is no POST of somebody signed in";
    if ((route->flags & ROUTE_PROVES_ACCESS) && in_path.workspace_count != 1)
        return "proves what is recalled of a workspace but names none";
    if ((route->flags & ROUTE_PAGED) && (route->method != GET || route->reply == NULL))
        return "is paged but no GET with a reply";
    if ((route->flags & ROUTE_MULTIPART) && (route->form == NULL || route->form_name == NULL))
        return "takes a form and does not say which";
    if ((route->flags & ROUTE_RAW_BODY) && (route->body != NULL || (route->flags & ROUTE_MULTIPART)))
        return "reads a raw body and another one";
    if (!method_changes(route->method) && route->body != NULL)
        return "reads a body with a method that has none";
    if (route->errors != NULL && route->dialect == NULL)
        return "has words for errors but no dialect";
    if (route->failed_status != 0 &&
        (route->reply == NULL || route->reply_shape != REPLY_ONE || route->dialect != NULL))
        return "has a reply to a failure but none, a list or a dialect's to success";
    if (route->other_status == 0 && route->other_reply != NULL)
        return "describes a further reply without its status";
    if ((route->status == 204 || route->status == 302) && route->reply != NULL)
        return "describes a reply to a status that has none";
    return cookie_contradiction(route);
}

enum err route_check(const struct route *route, struct buf *ret_faults)
{
    const char *path = route->path != NULL ? route->path : "(without a path)";
    const char *error_text = route->path == NULL ? "has no path" : omission(route);
    enum err e = ERR_OK;

    if (error_text == NULL && route->dialect != NULL)
        error_text = dialect_omission(route->dialect);
    if (error_text == NULL)
        error_text = contradiction(route);
    if (error_text != NULL) {
        buf_addf(ret_faults, "route %s %s: %s\n", method_name(route->method), path, error_text);
        return ERR_INVALID;
    }
    if (route->body != NULL && spec_check(route->body, route_body_use(route), ret_faults) != ERR_OK)
        e = ERR_INVALID;
    if (route->query != NULL && spec_check(route->query, SPEC_QUERY, ret_faults) != ERR_OK)
        e = ERR_INVALID;
    if (route_page_spec(route) != NULL && spec_check(route_page_spec(route), SPEC_QUERY, ret_faults) != ERR_OK)
        e = ERR_INVALID;
    if (route->reply != NULL && spec_check(route->reply, SPEC_REPLY, ret_faults) != ERR_OK)
        e = ERR_INVALID;
    if (route->other_reply != NULL && spec_check(route->other_reply, SPEC_REPLY, ret_faults) != ERR_OK)
        e = ERR_INVALID;
    if (route->cookie_reply != NULL && spec_check(route->cookie_reply, SPEC_REPLY, ret_faults) != ERR_OK)
        e = ERR_INVALID;
    return e;
}
