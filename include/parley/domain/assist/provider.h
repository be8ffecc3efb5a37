/*
 * Providers: whoever serves models. The server's are made by administrators, or stand in the environment (then they are only
 * read here); a workspace's are made by its OWNERs where WORKSPACE_PROVIDERS is on. A key is sealed (auth/seal.h) and never shown
 * again but for its end. A chat names a provider by its name: the workspace's own comes first, then the server's, then the
 * environment's.
 *
 * Every function here: any thread, no transaction open unless it says so; errors of the database (parley/db/db.h) besides those
 * that are named. Texts and lists of all results are in the request arena. That an ADMIN asks for the server's is the
 * caller's to check; that an OWNER does for a workspace's is asked again inside the transaction.
 */
#ifndef PARLEY_DOMAIN_PROVIDER_H
#define PARLEY_DOMAIN_PROVIDER_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/core/str.h"
#include "parley/domain/workspaces/member.h"

/* What a provider speaks. Stored as these numbers. */
enum provider_kind { PROVIDER_OPENAI, PROVIDER_VLLM, PROVIDER_GEMINI, PROVIDER_ANTHROPIC, PROVIDER_KIND_COUNT_ };
/* "openai", "vllm" …, in the order of the enum, NULL-ended. */
extern const char *const provider_kind_names[];

/* In the place of a workspace's integer key. */
enum { PROVIDER_OF_SERVER = 0, PROVIDER_OF_ENVIRONMENT = -1 };

struct provider {
    int64_t id; /* integer key */
    struct uuid uuid;
    int64_t workspace_id; /* or PROVIDER_OF_… */
    struct str name;
    enum provider_kind kind;
    struct str base_url;   /* without a slash at its end */
    struct str key_sealed; /* absent: no key is sent, or it is of the environment */
    struct str key_last4;  /* absent: there is none, or it is too short to show a part */
    bool has_key, http1, is_inner, remote_images, enabled;
    bool read_only; /* of the environment */
    int64_t max_parallel;
    int64_t connect_s, first_token_s, idle_s, total_s;
    int64_t version, created_us, updated_us;
};

/* Whose providers are meant. */
struct provider_owner {
    const struct membership *m; /* of the workspace; NULL: the server */
    int64_t user_id;            /* who asks */
};

/* As sent. What is not in `fields` is left as it is (when made: its default). */
enum provider_field {
    PROVIDER_NAME = 1,
    PROVIDER_KIND = 2,
    PROVIDER_BASE_URL = 4,
    PROVIDER_KEY = 8,
    PROVIDER_HTTP1 = 16,
    PROVIDER_INNER = 32,
    PROVIDER_REMOTE_IMAGES = 64,
    PROVIDER_MAX_PARALLEL = 128,
    PROVIDER_CONNECT_S = 256,
    PROVIDER_FIRST_TOKEN_S = 512,
    PROVIDER_IDLE_S = 1024,
    PROVIDER_TOTAL_S = 2048,
    PROVIDER_ENABLED = 4096,
};
struct provider_settings {
    unsigned fields; /* enum provider_field */
    struct str name;
    enum provider_kind kind;
    struct str base_url; /* absent: that of the kind, where it has one */
    struct str key;      /* absent: none */
    bool http1, inner, remote_images, enabled;
    int64_t max_parallel, connect_s, first_token_s, idle_s, total_s;
};

/* struct provider, the oldest first; for the server those of the environment before them. */
enum err provider_list(struct ctx *ctx, const struct provider_owner *owner, struct list *ret_list) MUST_CHECK;

/* ERR_PROVIDER_NOT_FOUND: none such, somebody else's, or no longer in the environment. Inside a transaction too. */
enum err provider_get(struct ctx *ctx, const struct provider_owner *owner, const struct uuid *provider,
                      struct provider *ret_provider) MUST_CHECK;

/*
 * Makes one. ERR_INVALID with its faults: an address that is none, or that a workspace may not name; ERR_CONFLICT: the name is
 * taken; ERR_LIMIT: PROVIDERS_MAX; ERR_FORBIDDEN.
 */
enum err provider_create(struct ctx *ctx, const struct provider_owner *owner, const struct provider_settings *settings,
                         struct provider *ret_provider) MUST_CHECK;

/*
 * Changes one. Where the address comes to name another host the key must be sent along, or whoever changes it could have it
 * sent to themselves. if_version 0: any. Errors as of provider_create; ERR_PROVIDER_NOT_FOUND, ERR_PRECONDITION,
 * ERR_PROVIDER_READ_ONLY: it is of the environment.
 */
enum err provider_update(struct ctx *ctx, const struct provider_owner *owner, const struct uuid *provider,
                         int64_t if_version, const struct provider_settings *settings,
                         struct provider *ret_provider) MUST_CHECK;

/* Deletes one with its models. ERR_PROVIDER_NOT_FOUND, ERR_PRECONDITION, ERR_PROVIDER_READ_ONLY, ERR_FORBIDDEN. */
enum err provider_delete(struct ctx *ctx, const struct provider_owner *owner, const struct uuid *provider,
                         int64_t if_version) MUST_CHECK;

/* Its key, "" where there is none; in the arena, to be wiped by the caller. ERR_UNAVAILABLE: this host cannot open it. */
enum err provider_key_open(struct ctx *ctx, const struct provider *provider, struct str *ret_key) MUST_CHECK;

/*
 * Inside db_run, first of all: whoever changes providers or models does it one after the other, and what processes remember of
 * them is no longer good. ERR_FORBIDDEN, ERR_WORKSPACE_NOT_FOUND: the caller is no OWNER (any more).
 */
enum err providers_lock(struct ctx *ctx, const struct provider_owner *owner) MUST_CHECK;

/* Inside the db_run that erases a workspace: its providers and their models go. */
enum err providers_forget_workspace(struct ctx *ctx, int64_t workspace_id) MUST_CHECK;

#endif
