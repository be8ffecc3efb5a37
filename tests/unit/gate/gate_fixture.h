/* A gate without a database: who is signed in and who is a member of what is said by the token and the id. */
#ifndef PARLEY_TESTS_GATE_FIXTURE_H
#define PARLEY_TESTS_GATE_FIXTURE_H

#include "../http/fake_request.h"
#include "parley/core/config.h"
#include "parley/core/limits.h"
#include "parley/domain/talk/chat.h"
#include "parley/domain/talk/webhook.h"
#include "parley/domain/trust/api_key_text.h"
#include "parley/domain/trust/api_key_use.h"
#include "parley/domain/trust/second_factor.h"
#include "parley/domain/trust/session.h"
#include "parley/gate/gate.h"

#define FIX_WORKSPACE "0a000000-0000-0000-0000-000000000000" /* the caller's */
#define FIX_FOREIGN "0b000000-0000-0000-0000-000000000000"
#define FIX_OTHER "0e000000-0000-0000-0000-000000000000" /* the caller's too, not that of their key */
#define FIX_CHAT "0c000000-0000-0000-0000-000000000000"

/* Stands for the real one at link time. "user", "guest", "admin", "anonymous"; others are worth nothing. */
enum err session_authenticate(struct ctx *ctx, struct str token, struct principal *ret_principal)
{
    *ret_principal = (struct principal){ .user_id = 7 };
    if (str_eq_c(token, "admin"))
        ret_principal->role = USER_ROLE_ADMIN;
    else if (str_eq_c(token, "anonymous"))
        ret_principal->kind = USER_KIND_ANONYMOUS;
    else if (str_eq_c(token, "guest"))
        ret_principal->user_id = 8;
    else if (!str_eq_c(token, "user"))
        return fail(ctx, ERR_TOKEN);
    ret_principal->user.bytes[0] = (uint8_t)ret_principal->user_id;
    return ERR_OK;
}

/* This too: "user" alone is good. */
enum err session_authenticate_cookie(struct ctx *ctx, struct str text, struct principal *ret_principal)
{
    return str_eq_c(text, "user") ? session_authenticate(ctx, text, ret_principal) : fail(ctx, ERR_TOKEN);
}

/* These too: keys of user 7, "parley_r", "parley_w", "parley_a" and others by the first letter of their scopes. */
bool api_key_looks_like(struct str text)
{
    return str_starts_with(text, STR("parley_"));
}

enum err api_key_authenticate(struct ctx *ctx, struct str text, struct principal *ret_principal)
{
    static const struct {
        char letter;
        enum key_scope scope;
    } scopes[] = { { 'r', KEY_SCOPE_READ }, { 'w', KEY_SCOPE_WRITE }, { 'a', KEY_SCOPE_ADMIN } };
    struct str letters = str_tail(text, sizeof("parley_") - 1);

    if (!api_key_looks_like(text))
        return fail(ctx, ERR_KEY);
    *ret_principal = (struct principal){ .user_id = 7, .credential = CREDENTIAL_API_KEY, .key.bytes = { 'k' } };
    if (uuid_parse(STR(FIX_WORKSPACE), &ret_principal->key_workspace) != ERR_OK)
        return ERR_INTERNAL;
    for (size_t i = 0; i < COUNT_OF(scopes); i++)
        if (str_index(letters, scopes[i].letter) != SIZE_MAX)
            ret_principal->key_scopes |= scopes[i].scope;
    return ERR_OK;
}

enum err member_find(struct ctx *ctx, const struct uuid *workspace, int64_t user_id, struct membership *ret_membership)
{
    if (workspace->bytes[0] != 0x0A && workspace->bytes[0] != 0x0E)
        return fail(ctx, ERR_WORKSPACE_NOT_FOUND);
    *ret_membership = (struct membership){ .workspace_id = 1, .workspace = *workspace };
    ret_membership->role = user_id == 8 ? MEMBER_ROLE_GUEST : MEMBER_ROLE_MEMBER;
    return ERR_OK;
}

enum err chat_access_load(struct ctx *ctx, const struct uuid *workspace, const struct uuid *chat, int64_t user_id,
                          struct membership *ret_membership)
{
    (void)chat;
    return member_find(ctx, workspace, user_id, ret_membership);
}

enum err webhook_door_find(struct ctx *ctx, struct str token, struct webhook_door *ret_door)
{
    (void)token;
    (void)ret_door;
    return fail(ctx, ERR_WEBHOOK_NOT_FOUND);
}

enum err second_factor_ask(struct ctx *ctx, int64_t user_id)
{
    (void)user_id;
    return fail(ctx, ERR_SECOND_FACTOR);
}

struct gate_fixture {
    struct app app;
    const struct route_table *tables[1];
    struct gate *gate;
    struct fake_request fake;
    struct reply reply;
    struct handover taken; /* the last connection that was handed over */
};

static inline void fixture_take(void *arg, const struct handover *handover)
{
    struct gate_fixture *f = arg;

    f->taken = *handover;
}

static inline struct config_box *fixture_config(const char *const *settings)
{
    struct config_load_opts opts = { .environment = (char *const *)(uintptr_t)settings, .env_file = "/dev/null" };
    struct config *config = NULL;
    struct buf faults;

    buf_init(&faults, 10000);
    if (config_load(&opts, &faults, &config) != ERR_OK)
        fprintf(stderr, "%s\n", faults.ptr);
    buf_release(&faults);
    return config_box_new(config);
}

/* settings: "NAME=value", …, NULL */
static inline void fixture_open(struct gate_fixture *f, const char *const *settings, const struct route_table *table)
{
    struct gate_opts opts = { .app = &f->app, .tables = f->tables, .table_count = 1, .taker = { fixture_take, f } };
    struct buf faults;

    *f = (struct gate_fixture){ .tables = { table } };
    f->app.config = fixture_config(settings);
    buf_init(&faults, 10000);
    if (gate_new(&opts, &faults, &f->gate) != ERR_OK)
        fprintf(stderr, "%s", faults.ptr);
    buf_release(&faults);
    buf_init(&f->reply.body, MIB);
}

static inline void fixture_close(struct gate_fixture *f)
{
    gate_free(f->gate);
    config_box_free(f->app.config);
    buf_release(&f->reply.body);
}

/* For cmocka: a gate of its own for each test, in *state, and its end. */
static inline int fixture_setup(void **state, const char *const *settings, const struct route_table *table)
{
    struct gate_fixture *f = calloc(1, sizeof(*f));

    if (f == NULL)
        return -1;
    fixture_open(f, settings, table);
    *state = f;
    return f->gate != NULL ? 0 : -1;
}

static inline int fixture_teardown(void **state)
{
    fixture_close(*state);
    free(*state);
    return 0;
}

/* After fake_init, fake_param, fake_body on f->fake. Release f->fake when the reply has been looked at. */
static inline void fixture_handle(struct gate_fixture *f)
{
    reply_init(&f->reply);
    gate_handle(f->gate, fake_ready(&f->fake), f->fake.arena, &f->reply);
}

/* "" where there is none. */
static inline const char *fixture_header(const struct gate_fixture *f, const char *name)
{
    for (size_t i = 0; i < f->reply.header_count; i++)
        if (strcasecmp(f->reply.headers[i].name, name) == 0)
            return f->reply.headers[i].value;
    return "";
}

/* A request without body; token NULL: no credential. Release f->fake when the reply has been looked at. */
static inline int ask(struct gate_fixture *f, const char *method, const char *uri, const char *token)
{
    char authorization[100];

    fake_init(&f->fake, method, str_from(uri));
    snprintf(authorization, sizeof(authorization), "Bearer %s", token != NULL ? token : "");
    if (token != NULL)
        fake_param(&f->fake, "HTTP_AUTHORIZATION", str_from(authorization));
    fixture_handle(f);
    return f->reply.status;
}

/* The same with one more parameter. */
static inline int ask_with(struct gate_fixture *f, const char *method, const char *uri, const char *name,
                           const char *value)
{
    fake_init(&f->fake, method, str_from(uri));
    fake_param(&f->fake, name, str_from(value));
    fixture_handle(f);
    return f->reply.status;
}

static inline int post(struct gate_fixture *f, const char *uri, const char *type, const char *body)
{
    fake_init(&f->fake, "POST", str_from(uri));
    fake_param(&f->fake, "HTTP_AUTHORIZATION", STR("Bearer user"));
    fake_body(&f->fake, type, str_from(body));
    fixture_handle(f);
    return f->reply.status;
}

static inline void forget(struct gate_fixture *f)
{
    fake_release(&f->fake);
}

#endif
