/*
 * API keys: making and reading them. Changing is in domain/trust/api_key_change.h, using in domain/trust/api_key_use.h, what is
 * written in and about them in domain/trust/api_key_text.h.
 *
 * A key acts for one user (its owner) in one workspace, as far as its scopes go, until it expires, from the addresses
 * that it allows. Its text is shown once, when it is made; kept is its SHA-256.
 *
 * Who asks is ctx->actor. An ADMIN, signed in or by a key with the scope admin, sees, makes and changes all keys with every
 * scope (so does who is nobody: the command line). Anybody else who is signed in does so with keys of their own and the
 * scopes read and write: others are ERR_KEY_NOT_FOUND, the scope admin is ERR_FORBIDDEN. A key whose owner is no ADMIN sees
 * itself and is ERR_SCOPE for the rest.
 *
 * Every function here: any thread; errors besides those named: what db_run and db_one return. Texts of results are in
 * the request arena.
 */
#ifndef PARLEY_DOMAIN_API_KEY_H
#define PARLEY_DOMAIN_API_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/list.h"
#include "parley/core/str.h"
#include "parley/domain/record/principal.h"
#include "parley/domain/trust/api_key_text.h"

/* A key's row without what is secret. */
struct api_key {
    int64_t id;       /* integer key, never given out again; a dialect speaks it */
    struct uuid uuid; /* as in the audit log */
    int64_t user_id;  /* the owner */
    struct uuid workspace;
    int64_t workspace_id;
    struct str name;
    struct str description; /* absent: none */
    unsigned scopes;        /* enum key_scope */
    struct str allowed_ips; /* as core/cidr.h prints it; absent: any address */
    int64_t expires_us;     /* 0: never; of a replaced key the end of its grace at the latest */
    bool is_active;
    int64_t last_used_us;    /* 0: never; a minute old at most while it is used */
    struct str last_used_ip; /* absent: never used */
    int64_t created_by_user; /* integer key; 0: nobody (bootstrap) */
    int64_t created_by_key;  /* the key that was used for it; 0: none */
    int64_t replaced_by;     /* its successor after a rotation; 0: none */
    int64_t created_us, updated_us;
};

/* A key that was just made. */
struct api_key_made {
    struct api_key key;
    struct str text; /* the key itself, for the one time that it is shown */
};

struct api_key_new {
    enum api_key_prefix prefix;
    struct str name;              /* 1 … NAME_MAX_CHARS code points */
    struct str description;       /* at most KEY_NOTE_MAX_CHARS; absent: none */
    unsigned scopes;              /* enum key_scope, at least one */
    struct str allowed_ips;       /* as typed (core/cidr.h); absent or blank: any address */
    int64_t expires_us;           /* 0: never; may lie in the past */
    const struct uuid *workspace; /* NULL: the caller's personal one, or that of the caller's key */
};
/*
 * Makes a key of the caller (ctx->actor), with scopes that they may give. ERR_WORKSPACE_NOT_FOUND: not a workspace of the
 * caller, or, where a key asks, another than its own; ERR_KEY_BOUNDS: where a key asks, more than it has itself (an expiry and
 * addresses that were not asked for are its own); ERR_INVALID: allowed_ips, with the fault listed; ERR_LIMIT: API_KEYS_PER_USER_MAX.
 */
enum err api_key_create(struct ctx *ctx, const struct api_key_new *opts, struct api_key_made *ret_made) MUST_CHECK;

/*
 * For other parts of the domain. allowed_ips as typed → as kept (absent: any address). ERR_INVALID with the fault
 * listed, ERR_NO_MEMORY.
 */
enum err api_key_ips_normalise(struct ctx *ctx, struct str typed, struct str *ret_kept) MUST_CHECK;
/*
 * Inserts the row of a key with this text and writes the audit row; inside db_run, under administrator_lock. Taken from
 * `key`: owner, workspace, name, description, scopes, allowed_ips, expiry, made by whom; what the row gets besides is
 * filled in. ERR_LIMIT.
 */
enum err api_key_add(struct ctx *ctx, struct api_key *key, struct str text) MUST_CHECK;

/*
 * May the key become so? What a key makes or changes has at most its own scopes, addresses, expiry and workspace; a
 * session is not bound. ERR_KEY_BOUNDS.
 */
enum err api_key_bounds_check(struct ctx *ctx, const struct api_key *key) MUST_CHECK;
/*
 * May the caller give a person what the caller's key could not take along: the role ADMIN, a way into an account? Not where
 * that key has an expiry or addresses, since no person has these. A session is not bound. ERR_KEY_BOUNDS. One statement for
 * a key, else none.
 */
enum err api_key_unbound_check(struct ctx *ctx) MUST_CHECK;

/* ERR_KEY_NOT_FOUND. One statement. */
enum err api_key_get(struct ctx *ctx, int64_t id, struct api_key *ret_key) MUST_CHECK;
/* The same for whoever wants to change or end it. ERR_SCOPE. */
enum err api_key_get_for_change(struct ctx *ctx, int64_t id, struct api_key *ret_key) MUST_CHECK;
/* May the caller give a key these scopes? ERR_FORBIDDEN, ERR_SCOPE. */
enum err api_key_scopes_check(struct ctx *ctx, unsigned scopes) MUST_CHECK;
/* What of a key's scopes the caller may give on to another: for an ADMIN all, else without admin what that stands for. */
unsigned api_key_scopes_capped(const struct ctx *ctx, unsigned scopes);

enum api_keys_which { API_KEYS_ACTIVE, API_KEYS_ALL };
struct api_key_list_opts {
    enum api_keys_which which;
    int64_t skip_count, limit;
};
/* Keys (struct api_key), oldest first: an ADMIN's are the server's, anybody else's their own. One statement. */
enum err api_key_list(struct ctx *ctx, const struct api_key_list_opts *opts, struct list *ret_list) MUST_CHECK;
/* Active keys that expire after now and within `days`, the soonest first, at most `limit`. One statement. */
enum err api_key_list_expiring(struct ctx *ctx, int64_t days, int64_t limit, struct list *ret_list) MUST_CHECK;

#endif
