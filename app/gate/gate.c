#include "parley/gate/gate.h"

#include <ctype.h>

#include "browser_check.h"
#include "cors.h"
#include "credential.h"
#include "exchange.h"
#include "gate_private.h"
#include "openapi_schemas.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/domain/talk/presence.h"
#include "problem_reply.h"
#include "rights.h"
#include "route_check.h"
#include "route_private.h"
#include "router.h"
#include "scope.h"

enum err gate_new(const struct gate_opts *opts, struct buf *ret_faults, struct gate **ret_gate)
{
    const struct route_table *const *tables = opts->tables;
    size_t table_count = opts->table_count;
    struct gate *gate;
    struct router *router;
    enum err kept = ERR_OK;

    for (size_t t = 0; t < table_count; t++)
        for (size_t r = 0; r < tables[t]->count; r++)
            if (route_check(&tables[t]->routes[r], ret_faults) != ERR_OK)
                kept = ERR_INVALID;
    if (kept != ERR_OK)
        return kept;
    TRY(openapi_schemas_check(tables, table_count, ret_faults));
    TRY(router_new(tables, table_count, ret_faults, &router));
    gate = calloc(1, sizeof(*gate));
    if (gate == NULL || export_slots_init(&gate->exports) != ERR_OK) {
        free(gate);
        router_free(router);
        return ERR_NO_MEMORY;
    }
    gate->app = opts->app;
    gate->router = router;
    gate->tables = tables;
    gate->table_count = table_count;
    gate->dialects = dialects_find(tables, table_count);
    gate->taker = opts->taker;
    in_flight_init(&gate->in_flight);
    upload_slots_init(&gate->uploads);
    gate->limiter = limiter_new();
    gate->tally = tally_new(tables, table_count, opts->worker_count);
    if (gate->limiter == NULL || gate->tally == NULL) {
        gate_free(gate);
        return ERR_NO_MEMORY;
    }
    *ret_gate = gate;
    return ERR_OK;
}

void gate_free(struct gate *gate)
{
    if (gate == NULL)
        return;
    in_flight_release(&gate->in_flight);
    export_slots_release(&gate->exports);
    upload_slots_release(&gate->uploads);
    tally_free(gate->tally);
    limiter_free(gate->limiter);
    router_free(gate->router);
    free(gate);
}

static enum err route_find(const struct gate *gate, struct exchange *p)
{
    enum err e;

    TRY(exchange_path(p));
    e = router_find(gate->router, p->ctx.arena, p->method, p->call.path, &p->match);
    /* A path of this row that does not parse is still a path of this row: the log says which. */
    p->call.route = p->match.route;
    if (e == ERR_INVALID)
        return problem_add(&p->problem, (struct fault){ .where = "path",
                                                        .field = p->match.bad_number,
                                                        .type = "type_error.integer",
                                                        .message = "must be a whole number" });
    if (e == ERR_NOT_FOUND && cors_is_preflight(&p->ctx, p->call.request)) {
        p->match.methods = CORS_METHODS_ALL;
        return ERR_OK;
    }
    if (e != ERR_OK)
        return fail(&p->ctx, e);
    memcpy(p->call.ids, p->match.ids, sizeof(p->call.ids));
    memcpy(p->call.numbers, p->match.numbers, sizeof(p->call.numbers));
    memcpy(p->call.words, p->match.words, sizeof(p->call.words));
    return ERR_OK;
}

/*
 * Who asks. A request without a credential is not refused here: the rate limit comes first, so that it is counted. A route
 * that is open to anyone looks at no credential: client libraries send an old token with every request, and it must not stand
 * in the way of a new one.
 */
static enum err credential_check(struct gate *gate, struct exchange *p)
{
    enum err e;
    int status;

    if (!access_reads_credential(p->call.route->access))
        return ERR_OK;
    e = credential_read(&p->ctx, p->call.request, &gate->dialects, &p->principal);
    if (e == ERR_UNAUTHORIZED)
        e = browser_authenticate(p);
    status = err_info(e)->http_status;
    if (e == ERR_UNAUTHORIZED)
        return ERR_OK;
    if (e == ERR_OK)
        p->call.principal = p->ctx.actor = &p->principal;
    else if (status == 401 || status == 403)
        TRY(limiter_bad_token(gate->limiter, &p->ctx, &p->quota));
    return e;
}

static struct limiter_asked asked_of(const struct exchange *p)
{
    return (struct limiter_asked){ .class = route_rate(p->call.route), .token = p->call.words[0] };
}

static enum err rate_check(struct gate *gate, struct exchange *p)
{
    const struct limiter_asked asked = asked_of(p);

    return limiter_request(gate->limiter, &p->ctx, &asked, &p->quota);
}

/* The address is the credential: one that is not good costs what a bad token does, and nothing of its body is read. */
static enum err door_check(struct gate *gate, struct exchange *p)
{
    enum err e;

    if (p->call.route->access != ACCESS_TOKEN_URL)
        return ERR_OK;
    e = webhook_door_find(&p->ctx, p->call.words[0], &p->door);
    if (e == ERR_WEBHOOK_NOT_FOUND)
        TRY(limiter_bad_token(gate->limiter, &p->ctx, &p->quota));
    p->call.door = &p->door;
    return e;
}

static enum err access_check(struct exchange *p)
{
    enum access access = p->call.route->access;

    if (!access_reads_credential(access))
        return ERR_OK;
    if (p->call.principal == NULL)
        return fail(&p->ctx, ERR_UNAUTHORIZED);
    if (access == ACCESS_SIGNED_IN && p->principal.kind == USER_KIND_ANONYMOUS)
        return fail(&p->ctx, ERR_FORBIDDEN);
    if (access == ACCESS_ADMIN && p->principal.role != USER_ROLE_ADMIN)
        return fail(&p->ctx, ERR_FORBIDDEN);
    if (access == ACCESS_METRICS && p->principal.role != USER_ROLE_ADMIN &&
        (p->principal.key_scopes & KEY_SCOPE_METRICS) == 0)
        return fail(&p->ctx, ERR_FORBIDDEN);
    return ERR_OK;
}

/* Everything that stands before a handler, in this order and nowhere else. */
static enum err pass(struct gate *gate, struct exchange *p, struct reply *reply)
{
    TRY(route_find(gate, p));
    if (p->call.route == NULL) {
        cors_preflight(&p->ctx, p->call.request, p->match.methods, &gate->dialects, reply);
        return ERR_OK;
    }
    TRY(browser_read(p));
    TRY(credential_check(gate, p));
    TRY(rate_check(gate, p));
    TRY(door_check(gate, p));
    TRY(exchange_encoding(p));
    TRY(exchange_size(p));
    TRY(cors_cross_site_check(&p->ctx, &p->call));
    TRY(browser_check(p));
    TRY(scope_check(&p->ctx, p->call.principal, p->call.route));
    TRY(access_check(p));
    TRY(rights_check(p));
    if (p->purpose == PURPOSE_UPLOAD_CHECK) {
        const struct limiter_asked asked = asked_of(p);

        limiter_request_undo(gate->limiter, &p->ctx, &asked);
        reply->status = 204;
        return ERR_OK;
    }
    TRY(exchange_input(p));
    return gate_run(gate, p, reply);
}

/* nginx's id when it looks like one, so that a request has the same id in both logs. */
static void request_id_set(struct ctx *ctx, struct str given)
{
    bool sane = given.len >= 8 && given.len < REQUEST_ID_BYTES;
    struct uuid fresh;

    for (size_t i = 0; sane && i < given.len; i++)
        sane = isalnum((unsigned char)given.ptr[i]) || given.ptr[i] == '-';
    if (sane) {
        memcpy(ctx->request_id, given.ptr, given.len);
        ctx->request_id[given.len] = '\0';
        return;
    }
    fresh = uuid_new();
    uuid_format(&fresh, ctx->request_id);
}

static struct exchange *exchange_new(struct gate *gate, struct http_request *req, struct arena *a)
{
    struct exchange *p = arena_calloc(a, 1, sizeof(*p));

    if (p == NULL)
        return NULL;
    ctx_begin(&p->ctx, gate->app, a, &p->problem);
    /* A copy: the log's line is written when the parameters are gone. */
    p->ctx.ip = arena_str(a, http_param(req, "REMOTE_ADDR"));
    request_id_set(&p->ctx, http_param(req, "REQUEST_ID"));
    p->logs_address = p->ctx.config->log_addresses;
    p->call.request = req;
    p->call.tables = gate->tables;
    p->call.table_count = gate->table_count;
    p->method = http_method(req);
    p->purpose = str_eq_c(http_param(req, "PARLEY_CHECK"), "upload") ? PURPOSE_UPLOAD_CHECK : PURPOSE_ANSWER;
    return p;
}

static void headers_add(struct exchange *p, struct reply *reply)
{
    reply_header(reply, "X-Request-Id", p->ctx.request_id);
    if (!reply_has_header(reply, "Cache-Control"))
        reply_header(reply, "Cache-Control", "private, no-store");
    if (p->outcome == ERR_METHOD)
        reply_header(reply, "Allow", cors_methods(p->ctx.arena, p->match.methods | 1U << OPTIONS));
    limiter_headers(&p->ctx, &p->quota, reply);
    cors_headers(&p->ctx, p->call.request, reply);
}

/* What a connection takes along. Behind headers_add. */
static enum err handover_make(const struct gate *gate, struct exchange *p, struct reply *reply)
{
    struct tally_request counted;
    struct buf head;
    const char *copy;

    if (gate->taker.take == NULL)
        return ERR_INTERNAL;
    buf_init(&head, HEADERS_BYTES_MAX);
    if (reply->way == REPLY_PARKED)
        reply_header_lines(reply, &head);
    copy = arena_cstr(p->ctx.arena, buf_str(&head));
    p->handover = (struct handover){ .method = p->method, .head = { copy, head.len }, .subject = reply->subject };
    buf_release(&head);
    if (copy == NULL)
        return ERR_NO_MEMORY;
    TRY(hold_hand_over(&p->hold, &p->handover.hold));
    p->handover.line = exchange_line(p, reply, ERR_OK);
    counted = exchange_tally(p, reply, ERR_OK);
    tally_add_handed_over(gate->tally, &counted);
    reply->handover = &p->handover;
    return ERR_OK;
}

/* nginx tells the client the refusal in these words: of the answer to its question it can keep headers only. */
static void refusal_add(struct exchange *p, struct reply *reply)
{
    const char *words = arena_cstr(p->ctx.arena, buf_str(&reply->body));

    if (reply->body.len <= REFUSAL_MAX_BYTES)
        reply_header(reply, "X-Parley-Refusal", words);
}

static void answer_finish(const struct gate *gate, struct exchange *p, struct reply *reply)
{
    if (p->outcome == ERR_OK && reply_is_handed_over(reply)) {
        headers_add(p, reply);
        p->outcome = handover_make(gate, p, reply);
    } else if (p->outcome == ERR_OK) {
        headers_add(p, reply);
    }
    if (p->outcome != ERR_OK) {
        problem_reply(&p->ctx, &p->match, p->outcome, reply);
        headers_add(p, reply);
        if (p->purpose == PURPOSE_UPLOAD_CHECK)
            refusal_add(p, reply);
    }
}

/* Whoever changes something is there; a client that only looks may have been left open. */
static void note_active(const struct exchange *p)
{
    if (p->outcome == ERR_OK && p->call.principal != NULL && p->method != GET && p->method != HEAD &&
        p->purpose == PURPOSE_ANSWER)
        presence_active(p->ctx.app, p->call.principal);
}

void gate_handle(void *arg, struct http_request *req, struct arena *a, struct reply *reply)
{
    struct gate *gate = arg;
    struct exchange *p = exchange_new(gate, req, a);

    if (p == NULL) {
        reply->status = err_info(ERR_NO_MEMORY)->http_status;
        return;
    }
    http_note_set(req, p);
    p->outcome = pass(gate, p, reply);
    note_active(p);
    answer_finish(gate, p, reply);
    hold_release(&p->hold);
    if (reply->way != REPLY_PAGED)
        ctx_end(&p->ctx);
}

void gate_done(void *arg, struct http_request *req, struct arena *a, const struct reply *reply, enum err sent,
               int64_t took_us)
{
    const struct gate *gate = arg;
    struct exchange *p = http_note(req);
    struct access_line line;
    struct tally_request counted;

    if (p == NULL)
        return;
    (void)a;
    line = exchange_line(p, reply, sent);
    counted = exchange_tally(p, reply, sent);
    counted.took_us = took_us;
    if (!exchange_is_let_through(p))
        tally_add(gate->tally, &counted);
    access_line_log(&line, took_us);
    /* The pieces were made under the configuration with which the request began. */
    if (reply->way == REPLY_PAGED)
        ctx_end(&p->ctx);
    if (reply_is_handed_over(reply) && p->handover.hold.release != NULL)
        p->handover.hold.release(p->handover.hold.arg);
}

void gate_take(void *arg, const struct handover *handover)
{
    const struct gate *gate = arg;

    gate->taker.take(gate->taker.arg, handover);
}

const struct tally *gate_tally(const struct gate *gate)
{
    return gate->tally;
}

void gate_stats(struct gate *gate, struct gate_stats *ret_stats)
{
    const struct config *config = config_get(gate->app->config);

    upload_slots_stats(&gate->uploads, config->worker_threads, ret_stats);
    config_put(gate->app->config, config);
}
