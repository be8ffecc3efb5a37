/* What every way of signing in answers with: tokens, or, for a browser that asked for it, the cookie. */
#ifndef PARLEY_APP_API_SIGN_IN_ANSWER_H
#define PARLEY_APP_API_SIGN_IN_ANSWER_H

#include "parley/domain/trust/sign_in.h"
#include "parley/gate/route.h"

/* A password that is offered, of any length; whether it fits is not the spec's to say. */
enum { PASSWORD_OFFERED_MAX_BYTES = 1024 };

extern const struct spec tokens_spec;
extern const struct spec login_answer_spec;

/* The field of every body with which a session may begin. */
#define STAY_FIELD(offset_) \
    { \
        "stay", FIELD_BOOL, .offset = (offset_), \
                            .doc = "With X-Parley-Session: the cookie stays when the browser is closed" \
    }

/* From where the request comes, and whether the session is to be in the cookie. stays: the body's `stay`. */
struct session_origin sign_in_origin(const struct call *call, bool stays);
/* The tokens of a session, and its cookie. */
void tokens_reply(struct ctx *ctx, const struct session_tokens *given, struct reply *reply);
/* Who is signed in, or what the second step is done with. */
void sign_in_reply(struct ctx *ctx, const struct sign_in_result *result, struct reply *reply);

#endif
