#include "openapi_replies.h"

#include "parley/http/reply.h"
#include "route_private.h"

/* ---- headers ---- */

static bool is_tagged(const struct route *route, int status)
{
    return (route->flags & ROUTE_TAGGED) && status != 202 && status != 204;
}

/* A file, which nginx sends in parts where that is asked for. What is made as it is sent counts as an export, and is whole. */
static bool is_ranged(const struct route *route)
{
    return route->media != NULL && route_rate(route) != RATE_EXPORT &&
           !str_starts_with(str_from(route->media), STR("text/"));
}

/* A dialect pages by numbers, without a Link. */
static bool is_linked(const struct route *route, int status)
{
    return (route->flags & ROUTE_PAGED) && route->dialect == NULL && status == 200;
}

static bool is_located(const struct route *route, int status)
{
    return (status == 201 && !(route->flags & ROUTE_NO_LOCATION)) || status == 302;
}

static bool is_counted(const struct route *route, int status)
{
    (void)status;
    return route_rate(route) != RATE_FREE;
}

/* Where a session begins or is renewed; where it ends the cookie is taken away. */
static bool sets_cookie(const struct route *route, int status)
{
    if (route->cookie != COOKIE_BEGIN && route->cookie != COOKIE_SESSION)
        return false;
    return status == (route->cookie_reply != NULL ? 200 : route->status);
}

static bool clears_site(const struct route *route, int status)
{
    return route->cookie == COOKIE_SESSION && route->reply == NULL && status == route->status;
}

static bool is_any(const struct route *route, int status)
{
    (void)route;
    (void)status;
    return true;
}

static const struct {
    const char *header, *component;
    bool (*is_there)(const struct route *route, int status);
} headers[] = {
    { "Clear-Site-Data", "ClearSiteData", clears_site },
    { "ETag", "ETag", is_tagged },
    { "Link", "Link", is_linked },
    { "Location", "Location", is_located },
    { "RateLimit-Limit", "RateLimitLimit", is_counted },
    { "RateLimit-Remaining", "RateLimitRemaining", is_counted },
    { "RateLimit-Reset", "RateLimitReset", is_counted },
    { "Set-Cookie", "SetCookie", sets_cookie },
    { "X-Request-Id", "RequestId", is_any },
};

static void headers_write(struct json_out *out, const struct route *route, int status)
{
    json_out_key(out, "headers");
    json_out_object(out);
    for (size_t i = 0; i < COUNT_OF(headers); i++) {
        if (!headers[i].is_there(route, status))
            continue;
        json_out_key(out, headers[i].header);
        buf_addf(out->buf, "{\"$ref\":\"#/components/headers/%s\"}", headers[i].component);
        out->comma = true;
    }
    json_out_object_end(out);
}

/* ---- content ---- */

/* What a body of JSON is with that status; NULL: there is none. */
static const struct spec *json_of(const struct route *route, int status)
{
    if (status == route->status)
        return route->reply;
    if (status == route->other_status)
        return route->other_reply;
    return status == 200 ? route->cookie_reply : NULL;
}

static void json_write(struct json_out *out, const struct spec *spec, bool is_one)
{
    json_out_key(out, "application/json");
    buf_addf(out->buf,
             is_one ? "{\"schema\":{\"$ref\":\"#/components/schemas/%s\"}}"
                    : "{\"schema\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/%s\"}}}",
             spec->name);
    out->comma = true;
}

static bool is_text(struct str media)
{
    return str_starts_with(media, STR("text/")) || str_eq_c(media, "application/x-ndjson");
}

static void one_media_write(struct json_out *out, struct str media, const char *schema)
{
    if (out->comma)
        buf_add_byte(out->buf, ',');
    buf_addf(out->buf, "\"%.*s\":{\"schema\":{\"type\":\"string\"%s}}", STR_FMT(media), schema);
    out->comma = true;
}

/* Texts are there to be shown. Bytes have whatever type a file has; makers of clients know one name for them. */
static void media_write(struct json_out *out, const char *media)
{
    static const char bytes[] = ",\"format\":\"binary\"";
    struct str rest = str_from(media), one;

    if (!is_text(rest) && str_index(rest, ',') == SIZE_MAX)
        one_media_write(out, STR("application/octet-stream"), bytes);
    while (rest.len > 0 && str_split(&rest, ',', &one))
        one_media_write(out, one, is_text(one) ? "" : bytes);
}

static void content_write(struct json_out *out, const struct route *route, int status)
{
    const struct spec *json = json_of(route, status);
    bool is_other = route->media != NULL && (status == 200 || status == 206);

    if (json == NULL && !is_other)
        return;
    json_out_key(out, "content");
    json_out_object(out);
    if (json != NULL)
        json_write(out, json, status != route->status || route->reply_shape == REPLY_ONE);
    if (is_other)
        media_write(out, route->media);
    json_out_object_end(out);
}

static const char *description_of(const struct route *route, int status)
{
    const struct spec *json = json_of(route, status);

    if (status == 304)
        return "Nothing has changed since the answer with the tag of If-None-Match";
    if (status == 206)
        return "The part of it that Range asks for";
    if (status == 302)
        return "It is at the address in Location";
    if (status == 204)
        return "Done; there is nothing to answer";
    return json != NULL && json->doc != NULL ? json->doc : reply_reason(status);
}

static void reply_write(struct json_out *out, const struct route *route, int status)
{
    char text[12];

    snprintf(text, sizeof(text), "%d", status);
    json_out_key(out, text);
    json_out_object(out);
    json_out_kv_c(out, "description", description_of(route, status));
    headers_write(out, route, status);
    content_write(out, route, status);
    json_out_object_end(out);
}

void openapi_replies_write(struct json_out *out, const struct route *route)
{
    reply_write(out, route, route->status);
    if (route->cookie_reply != NULL)
        reply_write(out, route, 200);
    if (route->other_status != 0)
        reply_write(out, route, route->other_status);
    if (is_ranged(route))
        reply_write(out, route, 206);
    if ((route->flags & ROUTE_TAGGED) && route->method == GET)
        reply_write(out, route, 304);
}
