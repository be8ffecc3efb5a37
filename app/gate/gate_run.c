/* The handler, and what surrounds its call: uploads' places, requests that are repeated, credentials that are tried. */
#include "gate_private.h"
#include "limiter.h"
#include "parley/core/limits.h"
#include "parley/gate/precondition.h"
#include "rights.h"
#include "route_private.h"

static enum err handler_call(struct exchange *p, struct reply *reply)
{
    enum err e;

    reply->status = p->call.route->status;
    e = p->call.route->handler(&p->ctx, &p->call, reply);
    if (rights_is_refused_guess(p, e)) {
        TRY(rights_check_again(p));
        e = p->call.route->handler(&p->ctx, &p->call, reply);
    }
    TRY(e);
    TRY(buf_check(&reply->body));
    precondition_reply(&p->ctx, &p->call, reply);
    return ERR_OK;
}

static bool is_handlers_to_read(const struct exchange *p)
{
    return (p->call.route->flags & (ROUTE_MULTIPART | ROUTE_RAW_BODY)) != 0 && p->call.body == NULL &&
           http_content_length(p->call.request) > 0;
}

static enum err upload_call(struct gate *gate, struct exchange *p, struct reply *reply)
{
    enum upload_pace pace = p->call.route->flags & ROUTE_RAW_BODY ? UPLOAD_AS_IT_COMES : UPLOAD_TAKEN_IN;
    enum err e;

    if (route_rate(p->call.route) == RATE_EXPORT)
        TRY(export_slots_enter(&gate->exports, &p->ctx));
    if (!is_handlers_to_read(p))
        return handler_call(p, reply);
    if (upload_slots_enter(&gate->uploads, &p->ctx, pace, &p->hold.slot)) {
        p->hold.uploads = &gate->uploads;
        return handler_call(p, reply);
    }
    e = failf(&p->ctx, ERR_BUSY, "Too many uploads are under way at the moment");
    p->problem.retry_after_s = UPLOAD_RETRY_AFTER_S;
    return e;
}

static enum err handler_run(struct gate *gate, struct exchange *p, struct reply *reply)
{
    enum err e;

    if (p->call.claim == NULL)
        return upload_call(gate, p, reply);
    e = in_flight_enter(&gate->in_flight, p->call.claim, &p->hold.entry);
    if (e != ERR_OK)
        return fail(&p->ctx, e);
    p->hold.in_flight = &gate->in_flight;
    return upload_call(gate, p, reply);
}

/* Where a credential is tried: whether it may be is asked before anything is hashed. */
static enum err guess_run(struct gate *gate, struct exchange *p, struct reply *reply)
{
    struct limiter_guess guess = { .account = exchange_account(p) };
    enum err e;

    TRY(limiter_guess_begin(gate->limiter, &p->ctx, &guess, &p->quota));
    e = handler_run(gate, p, reply);
    if (route_rate(p->call.route) == RATE_CREDENTIAL)
        limiter_guess_end(gate->limiter, &p->ctx, &guess, e);
    return e;
}

enum err gate_run(struct gate *gate, struct exchange *p, struct reply *reply)
{
    return limiter_is_guess(route_rate(p->call.route)) ? guess_run(gate, p, reply) : handler_run(gate, p, reply);
}
