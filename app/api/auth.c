#include "parley/api/routes.h"
#include "parley/api/users.h"
#include "parley/core/limits.h"
#include "parley/domain/lifecycle/account.h"
#include "parley/domain/lifecycle/setup.h"
#include "parley/domain/lifecycle/user_create.h"
#include "parley/domain/trust/session.h"
#include "parley/shapes/session.h"
#include "parley/shapes/user.h"
#include "second_factor_code_body.h"

/* A password that is offered, of any length; whether it fits is not the spec's to say. */
enum { OFFERED_MAX_BYTES = 1024, TOKEN_TEXT_MAX = 200 };

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
};
#define NEWCOMER_FIELD(member) .offset = offsetof(struct newcomer_body, member)
static const struct field setup_fields[] = {
    { SPEC_INLINE(&person_spec), NEWCOMER_FIELD(person) },
    { "setup_token", FIELD_STR, FIELD_NULLABLE, 0, TOKEN_TEXT_MAX, NEWCOMER_FIELD(token),
      .doc = "Where SETUP_TOKEN is set" },
};
static const struct spec setup_spec = { SPEC_INIT("Setup", struct newcomer_body, setup_fields),
    .doc = "The first administrator" };
static const struct field register_fields[] = {
    { SPEC_INLINE(&person_spec), NEWCOMER_FIELD(person) },
    { "invite", FIELD_STR, FIELD_NULLABLE, 0, TOKEN_TEXT_MAX, NEWCOMER_FIELD(token),
      .doc = "Token of an invitation to this address" },
};
static const struct spec register_spec = { SPEC_INIT("Registration", struct newcomer_body, register_fields),
    .doc = "A new account" };

struct login_body {
    struct body body;
    struct str email, password;
};
static const struct field login_fields[] = {
    { "email", FIELD_EMAIL, FIELD_REQUIRED, .offset = offsetof(struct login_body, email),
      .example = "\"ada@example.org\"", .doc = "That of the account" },
    { "password", FIELD_PASSWORD, FIELD_REQUIRED, 0, OFFERED_MAX_BYTES, .offset = offsetof(struct login_body, password),
      .example = "\"a long enough secret\"", .doc = "That of the account" },
};
static const struct spec login_spec = { SPEC_INIT("Login", struct login_body, login_fields), .doc = "Who signs in" };

struct tokens {
    struct str access_token, refresh_token, token_type;
    int64_t expires_in_s;
};
static const struct field tokens_fields[] = {
    { "access_token", FIELD_STR, .offset = offsetof(struct tokens, access_token),
      .example = "\"eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.e30.c2ln\"",
      .doc = "For the header Authorization, for as long as expires_in says" },
    { "refresh_token", FIELD_STR, .offset = offsetof(struct tokens, refresh_token),
      .example = "\"eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.e30.c2ln\"", .doc = "Good for one use" },
    { "token_type", FIELD_STR, .offset = offsetof(struct tokens, token_type), .example = "\"bearer\"",
      .doc = "Always `bearer`" },
    { "expires_in", FIELD_INT, .offset = offsetof(struct tokens, expires_in_s), .example = "900",
      .doc = "Life of the access token in seconds" },
};
static const struct spec tokens_spec = { SPEC_INIT("Tokens", struct tokens, tokens_fields),
    .doc = "Tokens of a sign-in session" };

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
static const struct spec login_answer_spec = { .name = "LoginAnswer", .size_bytes = sizeof(struct login_answer),
    .one_of = login_answers, .doc = "Who is signed in, or what the second step is done with" };

struct login_second_body {
    struct body body;
    struct str challenge_token;
    struct second_factor_code_body code;
};
static const struct field login_second_fields[] = {
    { "challenge_token", FIELD_STR, FIELD_REQUIRED, 1, TOKEN_MAX_BYTES,
      .offset = offsetof(struct login_second_body, challenge_token),
      .example = "\"eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.e30.c2ln\"", .doc = "As the first step answered it" },
    { SPEC_INLINE(&second_factor_code_spec), .offset = offsetof(struct login_second_body, code) },
};
static const struct spec login_second_spec = {
    SPEC_INIT("LoginSecondStep", struct login_second_body, login_second_fields),
    .doc = "The second step of a sign-in" };

struct refresh_body {
    struct body body;
    struct str refresh_token;
};
static const struct field refresh_fields[] = {
    { "refresh_token", FIELD_STR, FIELD_REQUIRED, 1, TOKEN_MAX_BYTES,
      .offset = offsetof(struct refresh_body, refresh_token),
      .example = "\"eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.e30.c2ln\"", .doc = "The newest one that was answered" },
};
static const struct spec refresh_spec = { SPEC_INIT("Refresh", struct refresh_body, refresh_fields),
    .doc = "A refresh token" };

#define CHANGE_FIELD(member) .offset = offsetof(struct user_change_body, member)
static const struct field me_change_fields[] = {
    { "first_name", FIELD_STR, FIELD_NULLABLE | FIELD_LINE, 0, PERSON_NAME_MAX_CHARS, CHANGE_FIELD(first_name),
      .example = "\"Ada\"", .doc = "As they write it" },
    { "last_name", FIELD_STR, FIELD_NULLABLE | FIELD_LINE, 0, PERSON_NAME_MAX_CHARS, CHANGE_FIELD(last_name),
      .example = "\"Lovelace\"", .doc = "As they write it" },
    { "tos_accepted", FIELD_BOOL, CHANGE_FIELD(tos_accepted), .doc = "The terms of service were accepted" },
};
static const struct spec me_change_spec = { SPEC_INIT("MeChange", struct user_change_body, me_change_fields),
    .doc = "What is to be changed of one's own account" };

struct password_body {
    struct body body;
    struct str current, next;
};
static const struct field password_fields[] = {
    { "current_password", FIELD_PASSWORD, FIELD_REQUIRED, 0, OFFERED_MAX_BYTES,
      .offset = offsetof(struct password_body, current), .example = "\"a long enough secret\"",
      .doc = "The one that counts now" },
    { "new_password", FIELD_PASSWORD, FIELD_REQUIRED, PASSWORD_MIN_BYTES, PASSWORD_MAX_BYTES,
      .offset = offsetof(struct password_body, next), .example = "\"another long secret\"",
      .doc = "Bytes of UTF-8 are counted, not letters" },
};
static const struct spec password_spec = { SPEC_INIT("PasswordChange", struct password_body, password_fields),
    .doc = "The password that counts now, and the new one" };
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

static enum err setup_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct newcomer_body *body = call->body;
    struct user_create_opts opts = person_opts(&body->person);
    struct user user;

    TRY(setup_complete(ctx, &opts, body->token, &user));
    users_reply_created(ctx, call, &user, reply);
    return ERR_OK;
}

static enum err register_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct newcomer_body *body = call->body;
    struct user_create_opts opts = person_opts(&body->person);
    struct user user;

    TRY(account_register(ctx, &opts, body->token, &user));
    users_reply_created(ctx, call, &user, reply);
    return ERR_OK;
}

static struct tokens tokens_of(const struct session_tokens *tokens)
{
    return (struct tokens){ .access_token = tokens->access_token,
                            .refresh_token = tokens->refresh_token,
                            .token_type = STR("bearer"),
                            .expires_in_s = tokens->expires_in_s };
}

static struct session_origin origin_of(const struct call *call)
{
    return (struct session_origin){
        .ip = http_param(call->request, "REMOTE_ADDR"),
        .user_agent = http_header(call->request, "User-Agent"),
    };
}

static void login_reply(const struct sign_in_result *result, struct reply *reply)
{
    static const struct str methods[] = { STR_INIT("totp"), STR_INIT("recovery_code") };
    const struct tokens tokens = tokens_of(&result->tokens);
    struct login_answer answer = { .requires_2fa = result->challenge_token.ptr != NULL };

    if (answer.requires_2fa) {
        answer.challenge_token = result->challenge_token;
        answer.methods = (struct list){ (void *)(uintptr_t)methods, COUNT_OF(methods) };
        answer.message = STR("2FA verification required");
    } else {
        answer.tokens = &tokens;
        answer.user = &result->user;
    }
    spec_encode(&reply->json, answer.requires_2fa ? &second_step_spec : &signed_in_spec, &answer);
}

static enum err login_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct login_body *body = call->body;
    struct session_origin origin = origin_of(call);
    struct sign_in_result result;

    TRY(account_sign_in(ctx, body->email, body->password, &origin, &result));
    login_reply(&result, reply);
    return ERR_OK;
}

static enum err login_second_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct login_second_body *body = call->body;
    const struct second_factor_code code = second_factor_code_of(&body->code);
    struct session_origin origin = origin_of(call);
    struct sign_in_result result;

    TRY(account_sign_in_second(ctx, body->challenge_token, &code, &origin, &result));
    login_reply(&result, reply);
    return ERR_OK;
}

static enum err refresh_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct refresh_body *body = call->body;
    struct session_tokens tokens;
    struct tokens answer;

    TRY(session_refresh(ctx, body->refresh_token, &tokens));
    answer = tokens_of(&tokens);
    spec_encode(&reply->json, &tokens_spec, &answer);
    return ERR_OK;
}

static enum err logout_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)reply;
    return session_end(ctx, call->principal->user_id, &call->principal->user, &call->principal->session);
}

static enum err sessions_list(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct list sessions;

    TRY(session_list(ctx, call->principal->user_id, &sessions));
    spec_encode_list(&reply->json, &session_spec, sessions.items, sessions.count);
    return ERR_OK;
}

static enum err sessions_delete_one(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)reply;
    return session_end(ctx, call->principal->user_id, &call->principal->user, &call->ids[0]);
}

static enum err sessions_delete_others(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)reply;
    return session_end_all(ctx, call->principal->user_id, &call->principal->user);
}

static enum err me_get(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct user user;

    TRY(user_get(ctx, call->principal->user_id, &user));
    users_reply_one(&user, reply);
    return ERR_OK;
}

static enum err me_put(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    return users_change(ctx, call, &call->principal->user, reply);
}

static enum err password_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct password_body *body = call->body;

    (void)reply;
    return account_change_password(ctx, call->principal, body->current, body->next);
}

/* clang-format off */
static const struct route routes[] = {
    { GET, "/auth/setup", setup_get,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_NOBODY,
      .reply = &setup_state_spec, .status = 200,
      .id = "getSetupState", .summary = "Does the server still need its first administrator?", .tag = "Sign-in" },
    { POST, "/auth/setup", setup_post,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_CREDENTIAL,
      .body = &setup_spec, .reply = &user_spec, .status = 201,
      .id = "completeSetup",
      .fails = { ERR_SETUP_DONE, ERR_SETUP_TOKEN, ERR_PASSWORD_RULES, ERR_EMAIL_TAKEN, ERR_USERNAME_TAKEN },
      .doc = "Of many that try at once exactly one wins. Where SETUP_TOKEN is set on the server, it must come "
              "along.",
      .summary = "Make the first administrator; works once", .tag = "Sign-in" },
    { POST, "/auth/register", register_post,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_CREDENTIAL,
      .body = &register_spec, .reply = &user_spec, .status = 201,
      .id = "register",
      .fails = { ERR_REGISTRATION_CLOSED, ERR_INVITATION, ERR_PASSWORD_RULES, ERR_EMAIL_TAKEN, ERR_USERNAME_TAKEN,
                 ERR_ALREADY_MEMBER, ERR_LIMIT, ERR_WORKSPACE_NOT_FOUND, ERR_PERSONAL_WORKSPACE },
      .doc = "With an invitation to this address the account is at once a member of its workspace.",
      .summary = "Make an account for oneself, as far as REGISTRATION allows", .tag = "Sign-in" },
    { POST, "/auth/login", login_post,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_CREDENTIAL,
      .body = &login_spec, .reply = &login_answer_spec, .status = 200,
      .id = "signIn", .fails = { ERR_LOGIN, ERR_USER_INACTIVE },
      .doc = "An unknown address and a wrong password get the same answer in the same time. Where a second factor "
              "is on, the answer has a `challenge_token` for `POST /auth/login/2fa` in the place of tokens.",
      .summary = "Sign in with address and password; the first of two steps where a second factor is on",
      .tag = "Sign-in" },
    { POST, "/auth/login/2fa", login_second_post,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_CREDENTIAL,
      .body = &login_second_spec, .reply = &login_answer_spec, .status = 200,
      .id = "signInSecondStep",
      .fails = { ERR_CHALLENGE, ERR_CODE_WRONG, ERR_LOCKED, ERR_SECOND_FACTOR_OFF, ERR_USER_INACTIVE, ERR_LOGIN },
      .doc = "Send the challenge token of the first step with a code, or with a recovery code. Five wrong codes "
              "end the challenge; a code that was used never works again.",
      .summary = "The second step of a sign-in: a code of the authenticator or a recovery code", .tag = "Sign-in" },
    { POST, "/auth/refresh", refresh_post,
      .access = ACCESS_ANYONE, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_CREDENTIAL,
      .body = &refresh_spec, .reply = &tokens_spec, .status = 200,
      .id = "refreshTokens", .fails = { ERR_TOKEN, ERR_USER_INACTIVE },
      .doc = "A refresh token is good for one use. Two tabs that use it within 10 seconds get the same pair; later "
              "its use ends the whole session, since somebody else may have it.",
      .summary = "Take a refresh token for a new pair; used again later than 10 s after, it ends the session",
      .tag = "Sign-in" },
    { POST, "/auth/logout", logout_post,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_WRITE, .status = 204,
      .id = "signOut", .fails = { ERR_SESSION_NOT_FOUND },
      .summary = "End this sign-in session", .tag = "Sign-in" },
    { GET, "/auth/sessions", sessions_list,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_READ,
      .reply = &session_spec, .reply_shape = REPLY_LIST, .status = 200,
      .id = "listSessions", .summary = "List one's sign-in sessions, newest first", .tag = "Sign-in" },
    { DELETE, "/auth/sessions", sessions_delete_others,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_WRITE, .status = 204,
      .id = "endOtherSessions", .summary = "End all sign-in sessions but this one", .tag = "Sign-in" },
    { DELETE, "/auth/sessions/{session}", sessions_delete_one,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_WRITE, .status = 204,
      .id = "endSession", .fails = { ERR_SESSION_NOT_FOUND },
      .summary = "End one sign-in session", .tag = "Sign-in" },
    { GET, "/auth/me", me_get,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_READ, .rate = RATE_READ,
      .flags = ROUTE_TAGGED,
      .reply = &user_spec, .status = 200,
      .id = "getMe", .fails = { ERR_USER_NOT_FOUND },
      .summary = "Read one's own account", .tag = "Sign-in" },
    { PUT, "/auth/me", me_put,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_WRITE,
      .flags = ROUTE_TAGGED,
      .body = &me_change_spec, .reply = &user_spec, .status = 200,
      .id = "updateMe", .fails = { ERR_USER_NOT_FOUND }, .doc = "What is not sent stays as it is.",
      .summary = "Change one's own account", .tag = "Sign-in" },
    { POST, "/auth/password", password_post,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_CREDENTIAL,
      .body = &password_spec, .status = 204,
      .id = "changePassword", .fails = { ERR_PASSWORD_WRONG, ERR_PASSWORD_RULES, ERR_LOGIN, ERR_NO_PASSWORD },
      .summary = "Change one's password and end the other sign-in sessions", .tag = "Sign-in" },
};
/* clang-format on */
const struct route_table auth_routes = { routes, COUNT_OF(routes) };
