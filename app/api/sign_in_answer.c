#include "sign_in_answer.h"

#include "parley/gate/browser.h"
#include "parley/shapes/user.h"

/* clang-format off */
struct tokens {
    struct str access_token, refresh_token, token_type;
    int64_t expires_in_s;
    struct str storage_key;
};
static const struct field tokens_fields[] = {
    { "access_token", FIELD_STR, .offset = offsetof(struct tokens, access_token),
      .example = "\"eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.e30.c2ln\"",
      .doc = "For the header Authorization, for as long as expires_in says" },
    { "refresh_token", FIELD_STR, FIELD_OMIT, .offset = offsetof(struct tokens, refresh_token),
      .example = "\"eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.e30.c2ln\"",
      .doc = "Good for one use; not where the session is in a browser's cookie" },
    { "token_type", FIELD_STR, .offset = offsetof(struct tokens, token_type), .example = "\"bearer\"",
      .doc = "Always `bearer`" },
    { "expires_in", FIELD_INT, .offset = offsetof(struct tokens, expires_in_s), .example = "900",
      .doc = "Life of the access token in seconds" },
    { "storage_key", FIELD_STR, FIELD_OMIT, .offset = offsetof(struct tokens, storage_key),
      .example = "\"q83vEjRWeJq83vEjRWeJq83vEjRWeJq83vEjRWeJq80\"",
      .doc = "Beside the cookie: 32 bytes in base64url, with which a page encrypts what it keeps on the machine; another one "
             "once the password was changed" },
};
const struct spec tokens_spec = { SPEC_INIT("Tokens", struct tokens, tokens_fields), .doc = "Tokens of a sign-in session" };

/* Either who is signed in, or what the second step is done with. */
struct login_answer {
    bool requires_2fa;
    const struct tokens *tokens;
    const struct user *user;
    struct str challenge_token;
    struct list methods;
    struct str message;
};
#define LOGIN_FIELD(member) .offset = offsetof(struct login_answer, member)
static const struct field signed_in_fields[] = {
    { "requires_2fa", FIELD_BOOL, LOGIN_FIELD(requires_2fa), .constant = "false", .doc = "No second step is needed" },
    { "tokens", FIELD_REF, LOGIN_FIELD(tokens), .spec = &tokens_spec, .doc = "Those of the new sign-in session" },
    { "user", FIELD_REF, LOGIN_FIELD(user), .spec = &user_spec, .doc = "Who is signed in" },
};
static const struct spec signed_in_spec = { SPEC_INIT("SignedIn", struct login_answer, signed_in_fields),
    .doc = "Somebody is signed in" };
static const struct field second_step_fields[] = {
    { "requires_2fa", FIELD_BOOL, LOGIN_FIELD(requires_2fa), .constant = "true", .doc = "A second step is needed" },
    { "challenge_token", FIELD_STR, LOGIN_FIELD(challenge_token),
      .example = "\"eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.e30.c2ln\"", .doc = "For /auth/login/2fa, within five minutes" },
    { "methods", FIELD_LIST, LOGIN_FIELD(methods), .element = FIELD_STR, .doc = "totp, recovery_code" },
    { "message", FIELD_STR, LOGIN_FIELD(message), .doc = "A sentence for a person" },
};
static const struct spec second_step_spec = { SPEC_INIT("SecondStepNeeded", struct login_answer, second_step_fields),
    .doc = "The password was right; a code is asked for" };
static const struct spec *const login_answers[] = { &signed_in_spec, &second_step_spec, NULL };
const struct spec login_answer_spec = { .name = "LoginAnswer", .size_bytes = sizeof(struct login_answer),
    .one_of = login_answers, .doc = "Who is signed in, or what the second step is done with" };
/* clang-format on */

static struct tokens tokens_of(const struct session_tokens *tokens)
{
    return (struct tokens){ .access_token = tokens->access_token,
                            .refresh_token = tokens->refresh_token,
                            .token_type = STR("bearer"),
                            .expires_in_s = tokens->expires_in_s,
                            .storage_key = tokens->storage_key };
}

struct session_origin sign_in_origin(const struct call *call, bool stays)
{
    return (struct session_origin){
        .ip = http_param(call->request, "REMOTE_ADDR"),
        .user_agent = http_header(call->request, "User-Agent"),
        .in_cookie = call->in_cookie,
        .stays = stays,
    };
}

static void cookie_give(struct ctx *ctx, const struct session_tokens *tokens, struct reply *reply)
{
    if (tokens->cookie.ptr != NULL)
        browser_cookie_set(ctx, tokens->cookie, tokens->cookie_life_s, reply);
}

void tokens_reply(struct ctx *ctx, const struct session_tokens *given, struct reply *reply)
{
    const struct tokens tokens = tokens_of(given);

    cookie_give(ctx, given, reply);
    spec_encode(&reply->json, &tokens_spec, &tokens);
}

void sign_in_reply(struct ctx *ctx, const struct sign_in_result *result, struct reply *reply)
{
    static const struct str methods[] = { STR_INIT("totp"), STR_INIT("recovery_code") };
    const struct tokens tokens = tokens_of(&result->tokens);
    struct login_answer answer = { .requires_2fa = result->challenge_token.ptr != NULL };

    if (answer.requires_2fa) {
        answer.challenge_token = result->challenge_token;
        answer.methods = (struct list){ (void *)(uintptr_t)methods, COUNT_OF(methods) };
        answer.message = STR("2FA verification required");
    } else {
        cookie_give(ctx, &result->tokens, reply);
        answer.tokens = &tokens;
        answer.user = &result->user;
    }
    spec_encode(&reply->json, answer.requires_2fa ? &second_step_spec : &signed_in_spec, &answer);
}
