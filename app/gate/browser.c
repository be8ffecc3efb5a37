#include "parley/gate/browser.h"

#include <inttypes.h>

#include "browser_check.h"
#include "cors.h"
#include "parley/domain/trust/session.h"
#include "parley/http/cookie.h"

/* ---- what came ---- */

/* As sent: a header that is misspelt is not passed over. */
static enum err header_read(struct exchange *p)
{
    struct str wanted = http_header(p->call.request, BROWSER_HEADER);

    if (wanted.ptr == NULL)
        return ERR_OK;
    if (!str_eq_c(wanted, "cookie"))
        return problem_add(&p->problem,
                           (struct fault){ "header", BROWSER_HEADER, "value_error.const", "must be \"cookie\"" });
    p->call.in_cookie = true;
    return ERR_OK;
}

enum err browser_read(struct exchange *p)
{
    enum route_cookie use = p->call.route->cookie;

    if (use == COOKIE_SESSION || use == COOKIE_READ)
        p->cookie_is_double = http_cookie(p->call.request, BROWSER_COOKIE, &p->call.cookie) > 1;
    return use == COOKIE_SESSION || use == COOKIE_BEGIN ? header_read(p) : ERR_OK;
}

/* ---- from where ---- */

/*
 * Browsers say it in Sec-Fetch-Site; of one that does not, the origin must. What changes something asks for the header too, which no
 * form of another site can send.
 */
static bool is_own_page(const struct exchange *p)
{
    bool reads = p->call.route->cookie == COOKIE_READ;
    struct str origin = http_header(p->call.request, "Origin");
    struct str site = http_header(p->call.request, "Sec-Fetch-Site");

    if (!reads && !p->call.in_cookie)
        return false;
    if (origin.ptr != NULL && !cors_is_own(&p->ctx, p->call.request, origin))
        return false;
    if (site.ptr == NULL)
        return origin.ptr != NULL;
    return str_eq_c(site, "same-origin") || (reads && str_eq_c(site, "none"));
}

enum err browser_authenticate(struct exchange *p)
{
    p->cookie_is_used = p->call.cookie.ptr != NULL;
    if (!p->cookie_is_used || !is_own_page(p))
        return ERR_UNAUTHORIZED;
    if (p->cookie_is_double)
        return fail(&p->ctx, ERR_TWO_CREDENTIALS);
    return session_authenticate_cookie(&p->ctx, p->call.cookie, &p->principal);
}

enum err browser_check(struct exchange *p)
{
    if (!p->cookie_is_used && !p->call.in_cookie)
        return ERR_OK;
    if (!is_own_page(p))
        return fail(&p->ctx, ERR_CROSS_SITE);
    return p->cookie_is_double ? fail(&p->ctx, ERR_TWO_CREDENTIALS) : ERR_OK;
}

/* ---- what is sent ---- */

#define ATTRIBUTES "; Path=/; Secure; HttpOnly; SameSite=Strict"

void browser_cookie_set(struct ctx *ctx, struct str value, int64_t life_s, struct reply *reply)
{
    const char *text = arena_printf(ctx->arena, BROWSER_COOKIE "=%.*s" ATTRIBUTES, STR_FMT(value));

    if (text != NULL && life_s > 0)
        text = arena_printf(ctx->arena, "%s; Max-Age=%" PRId64, text, life_s);
    reply_header(reply, "Set-Cookie", text);
}

void browser_sign_out(struct reply *reply)
{
    reply_header(reply, "Set-Cookie", BROWSER_COOKIE "=" ATTRIBUTES "; Max-Age=0");
    reply_header(reply, "Clear-Site-Data", "\"cache\", \"storage\"");
}
