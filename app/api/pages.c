/*
 * Pages for people who open an address of this server in a browser: the documents of the API without anything to be installed
 * (nginx serves better ones under /docs/ where they were built), and what stands at /app/ where there is no web app.
 */
#include "parley/api/routes.h"
#include "parley/gate/location.h"

enum { STATUS_FIRST = 400, STATUS_END = 600 };

#define STYLE \
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1f2325;" \
    "background:#fbfaf8}a{color:#0b6b5e}table{border-collapse:collapse;width:100%}th,td{text-align:left;" \
    "vertical-align:top;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #e3dfd7;overflow-wrap:anywhere}" \
    "th:first-child,td:first-child{white-space:nowrap}" \
    "@media(prefers-color-scheme:dark){body{color:#e6e8e9;background:#16181a}a{color:#5cc8b5}" \
    "th,td{border-color:#2d3236}}"
/* The hash is that of STYLE; test_pages_of_people.py tells another one. */
#define POLICY \
    "default-src 'none'; style-src 'sha256-cumWCmcn2xP6uJr406MlvPIMjhFSEtuZBKS2jkT5Wts='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

static void text_add(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        switch (text.ptr[i]) {
        case '&': buf_add_c(out, "&amp;"); break;
        case '<': buf_add_c(out, "&lt;"); break;
        case '>': buf_add_c(out, "&gt;"); break;
        case '"': buf_add_c(out, "&quot;"); break;
        default: buf_add_byte(out, text.ptr[i]);
        }
}

static void link_add(struct ctx *ctx, struct buf *out, const char *path, const char *text)
{
    buf_add_c(out, "<a href=\"");
    text_add(out, location_public_path(ctx->config));
    buf_addf(out, "%s\">%s</a>", path, text);
}

static void page_open(struct ctx *ctx, struct reply *reply, const char *title)
{
    reply->content_type = "text/html; charset=utf-8";
    reply_header(reply, "Content-Security-Policy", POLICY);
    buf_add_c(&reply->body, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                            "<meta name=\"viewport\" content=\"width=device-width\"><title>");
    text_add(&reply->body, str_from(ctx->config->app_name));
    buf_addf(&reply->body, " – %s</title><style>", title);
    buf_add_c(&reply->body, STYLE "</style></head>\n<body><h1>");
    text_add(&reply->body, str_from(ctx->config->app_name));
    buf_addf(&reply->body, " – %s</h1>\n", title);
}

static void page_close(struct reply *reply)
{
    buf_add_c(&reply->body, "<p>Parley " PARLEY_VERSION "</p>\n</body></html>\n");
}

/* ---- handlers ---- */

static enum err docs_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct buf *out = &reply->body;

    (void)call;
    page_open(ctx, reply, "documents of the API");
    buf_add_c(out, "<ul>\n<li>");
    link_add(ctx, out, "/openapi.json", "openapi.json");
    buf_add_c(
        out,
        ": every operation, as OpenAPI 3.1. Makers of clients read it, and so does any viewer of OpenAPI.</li>\n<li>");
    link_add(ctx, out, "/docs/errors", "Error codes");
    buf_add_c(out, ": what each <code>code</code> of an error means.</li>\n</ul>\n"
                   "<p>A page on which operations can be tried out stands here where it was built: by <code>./dev build"
                   "</code> with nodejs and npm, served by nginx from <code>WEB_DIR</code>.</p>\n");
    page_close(reply);
    return ERR_OK;
}

static void errors_row_add(struct buf *out, enum err e)
{
    const struct err_info *info = err_info(e);

    buf_addf(out, "<tr id=\"%s\"><td>%d</td><td><code>%s</code></td><td>%s</td></tr>\n", info->code, info->http_status,
             info->code, info->sentence);
}

/* In the order of their statuses. Sentences of errors.def hold no markup. */
static enum err docs_errors_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct buf *out = &reply->body;

    (void)call;
    page_open(ctx, reply, "error codes");
    buf_add_c(out,
              "<p>An error is <code>application/problem+json</code>. A program looks at its <code>code</code>, which"
              " never changes its meaning; <code>detail</code> is a sentence for a person. ");
    link_add(ctx, out, "/docs", "The documents");
    buf_add_c(out, " say which operation can answer with which.</p>\n<table>\n"
                   "<tr><th>status</th><th>code</th><th>meaning</th></tr>\n");
    for (int status = STATUS_FIRST; status < STATUS_END; status++)
        for (enum err e = ERR_OK; e < ERR_COUNT_; e++)
            if (err_info(e)->http_status == status && e != ERR_CLIENT_GONE)
                errors_row_add(out, e);
    buf_add_c(out, "</table>\n");
    page_close(reply);
    return ERR_OK;
}

static enum err app_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct buf *out = &reply->body;

    (void)call;
    page_open(ctx, reply, "a private chat server");
    buf_add_c(out, "<p>The server works. There is no web app on it: programs talk to it by its API, and ");
    link_add(ctx, out, "/docs", "the documents of the API");
    buf_add_c(
        out,
        " tell how.</p>\n<p>Whoever runs it: nginx serves the files of <code>WEB_DIR</code> here once there are any"
        " (<code>nginx/README.md</code>); <code>./dev run</code> prints the first lines to try.</p>\n");
    page_close(reply);
    return ERR_OK;
}

/* People follow links to which others have added something. */
#define PAGE_OF_PEOPLE \
    .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_NOBODY, \
    .flags = ROUTE_OPEN_QUERY, .status = 200, .media = "text/html", .tag = "Server"
static const struct route routes[] = {
    { GET, "/docs", docs_get, PAGE_OF_PEOPLE, .id = "getDocs", .summary = "Show where the documents of the API are",
      .doc =
          "A page for people. Where the server has a page on which operations can be tried out, nginx serves that one." },
    { GET, "/docs/errors", docs_errors_get, PAGE_OF_PEOPLE, .id = "getErrorCodes", .summary = "Show all error codes",
      .doc = "A page for people." },
    { GET, "/app", app_get, PAGE_OF_PEOPLE, .id = "getAppPage",
      .summary = "Say where one is, where there is no web app",
      .doc = "A page for people. Where the server has a web app, nginx serves it here." },
};
const struct route_table pages_routes = { routes, COUNT_OF(routes) };
