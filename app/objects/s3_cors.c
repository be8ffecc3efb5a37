/* Whether the bucket lets pages of an origin in, asked as a browser asks (Fetch standard, "CORS-preflight fetch"). */
#include "parley/core/limits.h"
#include "parley/core/origin.h"
#include "s3_private.h"

/* What clients send with a PUT beyond what any page may send (s3_presign_put). */
#define SENT_HEADERS "content-type,x-amz-checksum-sha256"

/* What the bucket allows; absent where it did not say. */
struct permission {
    struct arena *arena;
    struct str origin, methods, headers;
};

static void on_header(void *arg, struct str name, struct str value)
{
    struct permission *permission = arg;

    if (str_eq_nocase(name, STR("access-control-allow-origin")))
        permission->origin = arena_str(permission->arena, value);
    else if (str_eq_nocase(name, STR("access-control-allow-methods")))
        permission->methods = arena_str(permission->arena, value);
    else if (str_eq_nocase(name, STR("access-control-allow-headers")))
        permission->headers = arena_str(permission->arena, value);
}

static bool list_has(struct str list, struct str wanted)
{
    struct str one;

    while (str_split(&list, ',', &one)) {
        one = str_trim(one);
        if (str_eq_c(one, "*") || str_eq_nocase(one, wanted))
            return true;
    }
    return false;
}

static bool list_has_all(struct str list, struct str wanted)
{
    struct str one;

    while (str_split(&wanted, ',', &one)) {
        if (!list_has(list, one))
            return false;
    }
    return true;
}

static bool is_enough(const struct permission *permission, struct str origin, const char *method)
{
    return (str_eq_c(permission->origin, "*") || str_eq(permission->origin, origin)) &&
           list_has(permission->methods, str_from(method)) &&
           (strcmp(method, "PUT") != 0 || list_has_all(permission->headers, STR(SENT_HEADERS)));
}

/* Browsers ask about addresses that are signed, and nginx passes no others on to a store behind its name (STORE_PROXY). */
#define SIGNED_QUERY "?X-Amz-Signature=preflight"

/* ERR_UNAVAILABLE: nobody answered. */
static enum err preflight(struct s3 *s3, struct arena *a, const struct s3_endpoint *endpoint, struct str origin,
                          const char *method, bool *ret_allowed)
{
    struct permission permission = { .arena = a };
    struct egress_request request = { .method = "OPTIONS",
                                      .header = on_header,
                                      .header_arg = &permission,
                                      .connect_timeout_ms = STORE_PING_MAX_MS,
                                      .total_timeout_ms = STORE_PING_MAX_MS,
                                      .trust = EGRESS_OPERATOR };
    const char *headers[] = { arena_printf(a, "Origin: %.*s", STR_FMT(origin)),
                              arena_printf(a, "Access-Control-Request-Method: %s", method),
                              strcmp(method, "PUT") == 0 ? "Access-Control-Request-Headers: " SENT_HEADERS : NULL,
                              NULL };
    struct egress_reply reply;
    struct s3_place place;
    enum err e;

    TRY(s3_place(s3, a, endpoint, STR("workspace_0/preflight"), &place));
    request.url = arena_printf(a, "%s://%.*s%.*s" SIGNED_QUERY, endpoint->scheme, STR_FMT(place.host),
                               STR_FMT(place.path));
    request.headers = headers;
    TRY(arena_check(a));
    egress_reply_init(&reply);
    e = egress_run(s3->egress, &request, &reply);
    if (e == ERR_OK)
        *ret_allowed = reply.status / 100 == 2 && is_enough(&permission, origin, method);
    egress_reply_release(&reply);
    TRY(e);
    return arena_check(a);
}

static enum err ask(struct s3 *s3, struct arena *a, const struct s3_endpoint *endpoint, struct str origin,
                    bool *ret_allowed)
{
    TRY(preflight(s3, a, endpoint, origin, "PUT", ret_allowed));
    return *ret_allowed ? preflight(s3, a, endpoint, origin, "GET", ret_allowed) : ERR_OK;
}

/* The address that clients get may be none that this machine reaches; the bucket behind it is the same one. */
static enum err ask_either(struct s3 *s3, struct arena *a, struct str origin, bool *ret_allowed)
{
    const char *outer = arena_printf(a, "%s://%s", s3->outer.scheme, s3->outer.host);
    enum err e;

    if (outer == NULL)
        return ERR_NO_MEMORY;
    *ret_allowed = origin_is(origin, str_from(outer));
    if (*ret_allowed)
        return ERR_OK;
    e = ask(s3, a, &s3->outer, origin, ret_allowed);
    return e == ERR_UNAVAILABLE ? ask(s3, a, &s3->inner, origin, ret_allowed) : e;
}

enum err s3_check_origin(const struct config *config, struct str origin, bool *ret_allowed)
{
    struct arena *a = arena_new(MIB);
    struct buf error_text;
    struct s3 *s3 = NULL;
    enum err e;

    if (a == NULL)
        return ERR_NO_MEMORY;
    buf_init(&error_text, STORE_FAULT_BYTES);
    e = s3_new(config, &error_text, &s3);
    if (e == ERR_OK)
        e = ask_either(s3, a, origin, ret_allowed);
    s3_free(s3);
    buf_release(&error_text);
    arena_free(a);
    return e;
}
