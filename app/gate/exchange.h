/* One request on its way through the gate: what the steps find out, in the request arena. */
#ifndef PARLEY_APP_GATE_EXCHANGE_H
#define PARLEY_APP_GATE_EXCHANGE_H

#include "hold.h"
#include "limiter.h"
#include "parley/domain/talk/webhook.h"
#include "parley/gate/route.h"
#include "parley/gate/tally.h"
#include "router.h"

/* nginx asks about a large body before it takes it in: everything is checked but the body itself. */
enum purpose { PURPOSE_ANSWER, PURPOSE_UPLOAD_CHECK };

struct exchange {
    struct ctx ctx;
    struct problem problem;
    struct call call;
    struct principal principal;
    struct webhook_door door; /* ACCESS_TOKEN_URL */
    struct route_match match;
    enum method method;
    enum purpose purpose;
    bool cookie_is_double;      /* two of the name came */
    bool cookie_is_used;        /* nothing else said who it is */
    bool logs_address;          /* LOG_ADDRESSES, when the request began */
    struct limiter_quota quota; /* as the headers of the reply show it */
    enum err outcome;
    struct hold hold;         /* until the answer is made; then with whoever goes on with it */
    struct handover handover; /* where the connection is handed over */
};

/* Query, body and Idempotency-Key as the route's row says, into call.query, call.body and call.claim. */
enum err exchange_input(struct exchange *p) MUST_CHECK;
/* The account at stake: its e-mail address, the caller's own, else the one that the body names; absent: none. */
struct str exchange_account(const struct exchange *p);
/* Sets call.path: a base address with a slash at its end makes two of one. ERR_NO_MEMORY. */
enum err exchange_path(struct exchange *p) MUST_CHECK;
/* Bodies are never compressed (RFC 9110 §8.4): ERR_MEDIA_TYPE for one that says it is. A signed address is the store's to judge. */
enum err exchange_encoding(struct exchange *p) MUST_CHECK;
/* The declared length against what the route takes. */
enum err exchange_size(struct exchange *p) MUST_CHECK;

/* nginx has asked, and the request itself comes later, with a line of its own. */
bool exchange_is_let_through(const struct exchange *p);
/* What is logged and counted of it. sent: whether the answer could be sent. */
struct access_line exchange_line(const struct exchange *p, const struct reply *reply, enum err sent);
struct tally_request exchange_tally(const struct exchange *p, const struct reply *reply, enum err sent);

#endif
