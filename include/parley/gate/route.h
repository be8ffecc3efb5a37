/*
 * Routes: one row per endpoint. From the rows come the router, the gate's checks, the OpenAPI document and the access
 * matrix of the tests. A row that leaves out its access, role, scope or rate refuses to start
 * (the rate of a dialect's row may be the dialect's).
 */
#ifndef PARLEY_GATE_ROUTE_H
#define PARLEY_GATE_ROUTE_H

#include "parley/domain/record/idempotency.h"
#include "parley/domain/record/principal.h"
#include "parley/domain/workspaces/member.h"
#include "parley/gate/dialect.h"
#include "parley/gate/rate.h"
#include "parley/gate/spec.h"
#include "parley/http/reply.h"
#include "parley/http/request.h"

enum access {
    ACCESS_NOT_SAID_,
    ACCESS_ANYONE,     /* no credential needed; one that is sent is not looked at */
    ACCESS_SIGNED_IN,  /* a person (not an anonymous visitor) */
    ACCESS_ADMIN,      /* global role ADMIN */
    ACCESS_METRICS,    /* global role ADMIN, or a key with the scope metrics */
    ACCESS_SIGNED_URL, /* the handler checks the URL's own signature (/objects) */
    ACCESS_TOKEN_URL,  /* whoever has the token that is the path's only word (/hooks); ERR_WEBHOOK_NOT_FOUND */
};

/* The least role in the workspace that the path names. */
enum route_role {
    ROLE_NOT_SAID_,
    ROLE_NO_WORKSPACE, /* the path names none */
    ROLE_GUEST,
    ROLE_MEMBER,
    ROLE_OWNER,
};

/* What a key must have. NONE: no key is enough; ANY: every key is. */
enum scope { SCOPE_NOT_SAID_, SCOPE_NONE, SCOPE_READ, SCOPE_WRITE, SCOPE_ADMIN, SCOPE_METRICS, SCOPE_ANY };

/*
 * What the cookie of a browser's session (gate/browser.h) counts for. It is looked at where no other credential came, and only for
 * a page of this server's own origin.
 */
enum route_cookie {
    COOKIE_NONE, /* it is not looked at */
    COOKIE_BEGIN, /* a session may begin, in the cookie where X-Parley-Session asks for it; one that came is not looked at */
    COOKIE_SESSION, /* renews or ends the cookie's session, where X-Parley-Session says so */
    COOKIE_READ,    /* it is as good as a bearer, for what a browser fetches by itself: pictures, downloads */
};

enum route_flags {
    ROUTE_IDEMPOTENT = 1, /* takes Idempotency-Key */
    ROUTE_MULTIPART = 2,  /* takes multipart/form-data as well; the handler reads the body when call->body is NULL */
    ROUTE_RAW_BODY = 4,   /* the handler reads the body and judges its size */
    ROUTE_PAGED = 8,      /* takes limit and cursor, answers with Link */
    /*
     * The handler's statements prove what the gate recalls (access_cache.h). Where it refuses, it is run again on what the
     * database says then. A body that comes as a form cannot be read twice: there nothing is recalled.
     */
    ROUTE_PROVES_ACCESS = 16,
    /* Names one thing that has a version: answers with its ETag; If-None-Match and If-Match count (precondition.h). */
    ROUTE_TAGGED = 32,
    ROUTE_NO_LOCATION = 64, /* 201 for something that has no address */
    /* {user} leaves: done to oneself, it asks for no second factor, or whoever has none could not even go. */
    ROUTE_LEAVES = 128,
    /* The JSON body may also come as the field `payload` of a form (application/x-www-form-urlencoded), as Slack took it first. The OpenAPI
     * document does not say so: makers of clients would make a second call of it. */
    ROUTE_PAYLOAD_FORM = 512,
    ROUTE_OPEN_QUERY = 256, /* passes over query parameters that it does not know, as a dialect's routes do */
};

enum { PATH_IDS_MAX = 3, ROUTE_FAILS_MAX = 16 };

struct webhook_door;

/* What a handler is given. Borrowed until it returns. */
struct call {
    const struct route *route;
    struct http_request *request;
    struct str path;                   /* as sent: not decoded; slashes that stand together are one */
    const struct principal *principal; /* NULL when nobody is signed in */
    const struct webhook_door *door;   /* ACCESS_TOKEN_URL: what the path's token is for; else NULL */
    struct membership workspace;       /* filled in when the path names {workspace}; the caller's membership */
    struct uuid ids[PATH_IDS_MAX];     /* the path's other UUIDs, in order */
    int64_t numbers[PATH_IDS_MAX];     /* the path's numbers, in order */
    struct str words[PATH_IDS_MAX];    /* the path's {name:word} pieces, decoded, in order */
    const void *body;                  /* struct of route->body, decoded; NULL where the body is multipart or raw */
    const void *query;                 /* struct of route->query, decoded; NULL where the route has none */
    bool in_cookie;                    /* COOKIE_BEGIN, COOKIE_SESSION: the header asks for it, and the page is ours */
    struct str cookie;                 /* the value that came, of whatever worth; absent: none, or not looked at */
    const struct idempotency_claim *claim;   /* pass it on to the domain; NULL when no Idempotency-Key was sent */
    const struct route_table *const *tables; /* all of the server, for the OpenAPI document */
    size_t table_count;
};

typedef enum err (*route_fn)(struct ctx *ctx, const struct call *call, struct reply *reply);

struct route {
    enum method method;
    /*
     * "/workspaces/{workspace}/chat/{chat}"; {workspace} is checked by the gate. A path is served under /api too, unless it
     * begins with it: /api/v1/… are the dialects' own. {name} is a UUID, or what the dialect's ids are; {name:int} and
     * {name:word} are what they say.
     */
    const char *path;
    route_fn handler;
    enum access access;
    enum route_role role;
    enum scope scope;
    enum rate rate; /* NOT_SAID: that of the dialect */
    int flags;
    enum route_cookie cookie;
    const struct spec *body;                    /* NULL: no JSON body is read; one that comes is passed over */
    const struct spec *query;                   /* NULL: none is known but those of a paged list; others are refused */
    const struct spec *reply;                   /* NULL: no JSON body is answered */
    enum { REPLY_ONE, REPLY_LIST } reply_shape; /* reply is one object or a bare array of them */
    int status;                                 /* of success: 200, 201, 202, 204, 302 */
    int other_status;                           /* of a further success; 0: there is none */
    const struct spec *other_reply;             /* … its JSON body; NULL: there is none */
    const struct spec
        *cookie_reply; /* 200, in the place of the above, where X-Parley-Session asked for the cookie; or NULL */
    int failed_status; /* of an answer that is no success and has the same body; 0: none */
    const char *summary;
    const char *tag; /* group in the OpenAPI document */
    /* For the OpenAPI document: */
    const char *id;  /* of the operation, "sendMessage"; names a function in generated clients */
    const char *doc; /* what else is to be known, as sentences; NULL: the summary tells all */
    enum err
        fails[ROUTE_FAILS_MAX]; /* what the handler gives beyond what the gate does by this row; ends with ERR_OK */
    const char *form;           /* ROUTE_MULTIPART: JSON Schema of the form */
    const char *form_name;      /* … and that schema's name */
    const char *media;          /* types of answers that are not JSON, "text/html", with commas; NULL: there is none */
    const struct dialect *dialect;      /* in whose shape errors are answered; NULL: RFC 9457 */
    const struct dialect_error *errors; /* what this route says in other words than its dialect; NULL: nothing */
};

/* A table of one file. */
struct route_table {
    const struct route *routes;
    size_t count;
};

#endif
