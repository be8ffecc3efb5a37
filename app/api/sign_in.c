/* Getting in and out: set-up, registration, sign-in, renewal, sign-out. */
#include "parley/api/routes.h"
#include "parley/api/users.h"
#include "parley/core/limits.h"
#include "parley/domain/lifecycle/account.h"
#include "parley/domain/lifecycle/setup.h"
#include "parley/domain/trust/session_refresh.h"
#include "parley/gate/browser.h"
#include "parley/shapes/user.h"
#include "second_factor_code_body.h"
#include "sign_in_answer.h"

/* ---- what goes in and out ---- */
/* clang-format off */
struct setup_state {
    bool required;
};
static const struct field setup_state_fields[] = {
    { "required", FIELD_BOOL, .offset = offsetof(struct setup_state, required), .doc = "True while no user exists" },
};
static const struct spec setup_state_spec = { SPEC_INIT("SetupState", struct setup_state, setup_state_fields),
    .doc = "Whether the first administrator is still missing" };

/* Setup and registration: a new person, and the token that lets them in. */
struct person_body {
    struct body body;
    struct str email, password, first_name, last_name;
};
#define PERSON_FIELD(member) .offset = offsetof(struct person_body, member)
static const struct field person_fields[] = {
    { "email", FIELD_EMAIL, FIELD_REQUIRED, PERSON_FIELD(email), .example = "\"ada@example.org\"",
      .doc = "An address for mail" },
    { "password", FIELD_PASSWORD, FIELD_REQUIRED, PASSWORD_MIN_BYTES, PASSWORD_MAX_BYTES, PERSON_FIELD(password),
      .example = "\"a long enough secret\"", .doc = "Bytes of UTF-8 are counted, not letters" },
    { "first_name", FIELD_STR, FIELD_NULLABLE | FIELD_LINE, 0, PERSON_NAME_MAX_CHARS, PERSON_FIELD(first_name),
      .example = "\"Ada\"", .doc = "As they write it" },
    { "last_name", FIELD_STR, FIELD_NULLABLE | FIELD_LINE, 0, PERSON_NAME_MAX_CHARS, PERSON_FIELD(last_name),
      .example = "\"Lovelace\"", .doc = "As they write it" },
};
static const struct spec person_spec = { SPEC_INIT("Person", struct person_body, person_fields) };

struct newcomer_body {
    struct body body;
    struct person_body person;
    struct str token;
    bool stay;
};
#define NEWCOMER_FIELD(member) .offset = offsetof(struct newcomer_body, member)
static const struct field setup_fields[] = {
    { SPEC_INLINE(&person_spec), NEWCOMER_FIELD(person) },
    { "setup_token", FIELD_STR, FIELD_NULLABLE, 0, LINK_TOKEN_OFFERED_MAX_CHARS, NEWCOMER_FIELD(token),
      .doc = "Where SETUP_TOKEN is set" },
    STAY_FIELD(offsetof(struct newcomer_body, stay)),
};
static const struct spec setup_spec = { SPEC_INIT("Setup", struct newcomer_body, setup_fields),
    .doc = "The first administrator" };
static const struct field register_fields[] = {
    { SPEC_INLINE(&person_spec), NEWCOMER_FIELD(person) },
    { "invite", FIELD_STR, FIELD_NULLABLE, 0, LINK_TOKEN_OFFERED_MAX_CHARS, NEWCOMER_FIELD(token),
      .doc = "Token of an invitation to this address" },
    STAY_FIELD(offsetof(struct newcomer_body, stay)),
};
static const struct spec register_spec = { SPEC_INIT("Registration", struct newcomer_body, register_fields),
    .doc = "A new account" };

struct login_body {
    struct body body;
    struct str email, password;
    bool stay;
};
static const struct field login_fields[] = {
    { "email", FIELD_EMAIL, FIELD_REQUIRED, .offset = offsetof(struct login_body, email),
      .example = "\"ada@example.org\"", .doc = "That of the account" },
    { "password", FIELD_PASSWORD, FIELD_REQUIRED, 0, PASSWORD_OFFERED_MAX_BYTES,
      .offset = offsetof(struct login_body, password), .example = "\"a long enough secret\"",
      .doc = "That of the account" },
    STAY_FIELD(offsetof(struct login_body, stay)),
};
static const struct spec login_spec = { SPEC_INIT("Login", struct login_body, login_fields), .doc = "Who signs in" };

struct login_second_body {
    struct body body;
    struct str challenge_token;
    struct second_factor_code_body code;
    bool stay;
};
static const struct field login_second_fields[] = {
    { "challenge_token", FIELD_STR, FIELD_REQUIRED, 1, TOKEN_MAX_BYTES,
      .offset = offsetof(struct login_second_body, challenge_token),
      .example = "\"eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.e30.c2ln\"", .doc = "As the first step answered it" },
    { SPEC_INLINE(&second_factor_code_spec), .offset = offsetof(struct login_second_body, code) },
    STAY_FIELD(offsetof(struct login_second_body, stay)),
};
static const struct spec login_second_spec = {
    SPEC_INIT("LoginSecondStep", struct login_second_body, login_second_fields),
    .doc = "The second step of a sign-in" };

struct refresh_body {
    struct body body;
    struct str refresh_token;
};
static const struct field refresh_fields[] = {
    { "refresh_token", FIELD_STR, 0, 1, TOKEN_MAX_BYTES, .offset = offsetof(struct refresh_body, refresh_token),
      .example = "\"eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.e30.c2ln\"",
      .doc = "The newest one that was answered; needed, but with X-Parley-Session: there the cookie is in its place" },
};
static const struct spec refresh_spec = { SPEC_INIT("Refresh", struct refresh_body, refresh_fields),
    .doc = "A refresh token, or nothing beside the cookie" };
/* clang-format on */

/* ---- handlers ---- */

static enum err setup_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct setup_state state;

    (void)call;
    TRY(setup_required(ctx, &state.required));
    spec_encode(&reply->json, &setup_state_spec, &state);
    return ERR_OK;
}

static struct user_create_opts person_opts(const struct person_body *person)
{
    return (struct user_create_opts){
        .email = person->email,
        .password = person->password,
        .first_name = person->first_name,
        .last_name = person->last_name,
    };
}

/* Whoever asked for the cookie is signed in at once, and answered as at a sign-in. */
static void newcomer_reply(struct ctx *ctx, const struct call *call, const struct sign_in_result *result,
                           struct reply *reply)
{
    if (!call->in_cookie) {
        users_reply_created(ctx, call, &result->user, reply);
        return;
    }
    reply->status = 200;
    sign_in_reply(ctx, result, reply);
}

static enum err setup_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct newcomer_body *body = call->body;
    struct user_create_opts opts = person_opts(&body->person);
    struct session_origin origin = sign_in_origin(call, body->stay);
    struct sign_in_result result;

    TRY(setup_complete(ctx, &opts, body->token, call->in_cookie ? &origin : NULL, &result));
    newcomer_reply(ctx, call, &result, reply);
    return ERR_OK;
}

static enum err register_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct newcomer_body *body = call->body;
    struct user_create_opts opts = person_opts(&body->person);
    struct session_origin origin = sign_in_origin(call, body->stay);
    struct sign_in_result result;

    TRY(account_register(ctx, &opts, body->token, call->in_cookie ? &origin : NULL, &result));
    newcomer_reply(ctx, call, &result, reply);
    return ERR_OK;
}

static enum err login_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct login_body *body = call->body;
    struct session_origin origin = sign_in_origin(call, body->stay);
    struct sign_in_result result;

    TRY(account_sign_in(ctx, body->email, body->password, &origin, &result));
    sign_in_reply(ctx, &result, reply);
    return ERR_OK;
}

static enum err login_second_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct login_second_body *body = call->body;
    const struct second_factor_code code = second_factor_code_of(&body->code);
    struct session_origin origin = sign_in_origin(call, body->stay);
    struct sign_in_result result;

    TRY(account_sign_in_second(ctx, body->challenge_token, &code, &origin, &result));
    sign_in_reply(ctx, &result, reply);
    return ERR_OK;
}

/* What is missing is said as of a field that every client must send. */
static enum err refresh_missing(struct ctx *ctx, const struct call *call)
{
    if (call->cookie.ptr != NULL)
        return failf(ctx, ERR_CROSS_SITE, "The cookie counts only with " BROWSER_HEADER ": cookie");
    return problem_add(ctx->problem, (struct fault){ "body", "refresh_token", "value_error.missing", "is required" });
}

static enum err refresh_by_cookie(struct ctx *ctx, const struct call *call, const struct refresh_body *body,
                                  struct session_tokens *ret_tokens)
{
    if (body->refresh_token.ptr != NULL)
        return failf(ctx, ERR_TWO_CREDENTIALS, "Send the cookie or a refresh token, not both");
    if (call->cookie.ptr == NULL)
        return fail(ctx, ERR_UNAUTHORIZED);
    return session_refresh_cookie(ctx, call->cookie, ret_tokens);
}

static enum err refresh_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct refresh_body *body = call->body;
    struct session_tokens tokens;

    if (!call->in_cookie && body->refresh_token.ptr == NULL)
        return refresh_missing(ctx, call);
    TRY(call->in_cookie ? refresh_by_cookie(ctx, call, body, &tokens)
                        : session_refresh(ctx, body->refresh_token, &tokens));
    tokens_reply(ctx, &tokens, reply);
    return ERR_OK;
}

static enum err logout_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    TRY(session_end(ctx, call->principal->user_id, &call->principal->user, &call->principal->session));
    if (call->in_cookie)
        browser_sign_out(reply);
    return ERR_OK;
}

/* clang-format off */
static const struct route routes[] = {
    { GET, "/auth/setup", setup_get,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_NOBODY,
      .reply = &setup_state_spec, .status = 200,
      .id = "getSetupState", .summary = "Does the server still need its first administrator?", .tag = "Sign-in" },
    { POST, "/auth/setup", setup_post,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_CREDENTIAL,
      .cookie = COOKIE_BEGIN,
      .body = &setup_spec, .reply = &user_spec, .status = 201, .cookie_reply = &login_answer_spec,
      .id = "completeSetup",
      .fails = { ERR_SETUP_DONE, ERR_SETUP_TOKEN, ERR_PASSWORD_RULES, ERR_EMAIL_TAKEN, ERR_USERNAME_TAKEN },
      .doc = "Of many that try at once exactly one wins. Where SETUP_TOKEN is set on the server, it must come "
              "along.",
      .summary = "Make the first administrator; works once", .tag = "Sign-in" },
    { POST, "/auth/register", register_post,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_CREDENTIAL,
      .cookie = COOKIE_BEGIN,
      .body = &register_spec, .reply = &user_spec, .status = 201, .cookie_reply = &login_answer_spec,
      .id = "register",
      .fails = { ERR_REGISTRATION_CLOSED, ERR_INVITATION, ERR_PASSWORD_RULES, ERR_EMAIL_TAKEN, ERR_USERNAME_TAKEN,
                 ERR_ALREADY_MEMBER, ERR_LIMIT, ERR_WORKSPACE_NOT_FOUND, ERR_PERSONAL_WORKSPACE },
      .doc = "With an invitation to this address the account is at once a member of its workspace.",
      .summary = "Make an account for oneself, as far as REGISTRATION allows", .tag = "Sign-in" },
    { POST, "/auth/login", login_post,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_CREDENTIAL,
      .cookie = COOKIE_BEGIN,
      .body = &login_spec, .reply = &login_answer_spec, .status = 200,
      .id = "signIn", .fails = { ERR_LOGIN, ERR_USER_INACTIVE },
      .doc = "An unknown address and a wrong password get the same answer in the same time. Where a second factor "
              "is on, the answer has a `challenge_token` for `POST /auth/login/2fa` in the place of tokens.",
      .summary = "Sign in with address and password; the first of two steps where a second factor is on",
      .tag = "Sign-in" },
    { POST, "/auth/login/2fa", login_second_post,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_CREDENTIAL,
      .cookie = COOKIE_BEGIN,
      .body = &login_second_spec, .reply = &login_answer_spec, .status = 200,
      .id = "signInSecondStep",
      .fails = { ERR_CHALLENGE, ERR_CODE_WRONG, ERR_LOCKED, ERR_SECOND_FACTOR_OFF, ERR_USER_INACTIVE, ERR_LOGIN },
      .doc = "Send the challenge token of the first step with a code, or with a recovery code. Five wrong codes "
              "end the challenge; a code that was used never works again.",
      .summary = "The second step of a sign-in: a code of the authenticator or a recovery code", .tag = "Sign-in" },
    { POST, "/auth/refresh", refresh_post,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_CREDENTIAL,
      .cookie = COOKIE_SESSION,
      .body = &refresh_spec, .reply = &tokens_spec, .status = 200,
      .id = "refreshTokens", .fails = { ERR_TOKEN, ERR_USER_INACTIVE },
      .doc = "A refresh token is good for one use. Two tabs that use it within 10 seconds get the same pair; later "
              "its use ends the whole session, since somebody else may have it. A browser's cookie is renewed in the "
              "same way, with `X-Parley-Session: cookie` and an empty body.",
      .summary = "Take a refresh token for a new pair; used again later than 10 s after, it ends the session",
      .tag = "Sign-in" },
    { POST, "/auth/logout", logout_post,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_WRITE,
      .cookie = COOKIE_SESSION, .status = 204,
      .id = "signOut", .fails = { ERR_SESSION_NOT_FOUND },
      .summary = "End this sign-in session", .tag = "Sign-in" },
};
/* clang-format on */
const struct route_table sign_in_routes = { routes, COUNT_OF(routes) };
