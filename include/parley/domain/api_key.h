/*
 * API keys. A key acts for one user (its owner) in one workspace, as far as its scopes go, until it expires, from the
 * addresses that it allows. Its text is shown once, when it is made; kept is its SHA-256. Rows are made and changed by
 * administrators; the caller checks that. A change is dead or alive at once in this process, in others within
 * CACHE_MAX_MS.
 *
 * No change of a key leaves the server without a working administrator (domain/administrator.h): ERR_LAST_ADMIN.
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
#include "parley/domain/principal.h"

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
    int64_t expires_us;     /* 0: never */
    bool is_active;
    int64_t last_used_us;    /* 0: never; a minute old at most while it is used */
    struct str last_used_ip; /* absent: never used */
    int64_t created_by_user; /* integer key; 0: nobody (bootstrap) */
    int64_t created_by_key;  /* the key that was used for it; 0: none */
    int64_t replaced_by;     /* its successor after a rotation; 0: none */
    int64_t grace_until_us;  /* a replaced key ends then; 0: no such time */
    int64_t created_us, updated_us;
};

/* A key that was just made. */
struct api_key_made {
    struct api_key key;
    struct str text; /* the key itself, for the one time that it is shown */
};

/* What a key begins with, so that it is told from other tokens and found by scanners. */
enum api_key_prefix { API_KEY_PREFIX_PARLEY, API_KEY_PREFIX_OCTOPUS };

struct api_key_new {
    enum api_key_prefix prefix;
    struct str name;              /* 1 … NAME_MAX_CHARS code points */
    struct str description;       /* absent: none */
    unsigned scopes;              /* enum key_scope, at least one */
    struct str allowed_ips;       /* as typed (core/cidr.h); absent or blank: any address */
    int64_t expires_us;           /* 0: never; may lie in the past */
    const struct uuid *workspace; /* NULL: the caller's personal one, or that of the caller's key */
};
/*
 * Makes a key of the caller (ctx->actor). ERR_WORKSPACE_NOT_FOUND: not a workspace of the caller, or, where a key asks,
 * another than its own; ERR_INVALID: no scope, or allowed_ips, with the fault listed; ERR_LIMIT: API_KEYS_PER_USER_MAX.
 */
enum err api_key_create(struct ctx *ctx, const struct api_key_new *opts, struct api_key_made *ret_made) MUST_CHECK;

/* ERR_KEY_NOT_FOUND. One statement. */
enum err api_key_get(struct ctx *ctx, int64_t id, struct api_key *ret_key) MUST_CHECK;

enum api_keys_which { API_KEYS_ACTIVE, API_KEYS_ALL };
struct api_key_list_opts {
    enum api_keys_which which;
    int64_t skip_count, limit;
};
/* The server's keys (struct api_key), oldest first. One statement. */
enum err api_key_list(struct ctx *ctx, const struct api_key_list_opts *opts, struct list *ret_list) MUST_CHECK;
/* Active keys that expire after now and within `days`, the soonest first, at most `limit`. One statement. */
enum err api_key_list_expiring(struct ctx *ctx, int64_t days, int64_t limit, struct list *ret_list) MUST_CHECK;
/* How many keys there are, active or not. One statement. */
enum err api_key_count(struct ctx *ctx, int64_t *ret_count) MUST_CHECK;

/* What is changed, as bits of api_key_change.what. */
enum api_key_change_what {
    API_KEY_CHANGE_NAME = 1,
    API_KEY_CHANGE_DESCRIPTION = 2,
    API_KEY_CHANGE_SCOPES = 4,
    API_KEY_CHANGE_ACTIVE = 8,
    API_KEY_CHANGE_EXPIRY = 16,
    API_KEY_CHANGE_IPS = 32,
};
struct api_key_change {
    unsigned what;
    struct str name, description; /* as in struct api_key_new */
    unsigned scopes;
    bool is_active; /* true: a rotation that had ended the key is forgotten */
    int64_t expires_us;
    struct str allowed_ips;
};
/*
 * ERR_KEY_NOT_FOUND, ERR_INVALID (as for api_key_create), ERR_KEY_IN_USE (a key that switches itself off),
 * ERR_LAST_ADMIN. What is the same as before is no change and not audited.
 */
enum err api_key_change(struct ctx *ctx, int64_t id, const struct api_key_change *change,
                        struct api_key *ret_key) MUST_CHECK;
/* Switches off; a key that is off stays off. ERR_KEY_NOT_FOUND, ERR_KEY_IN_USE, ERR_LAST_ADMIN. */
enum err api_key_deactivate(struct ctx *ctx, int64_t id, struct api_key *ret_key) MUST_CHECK;
/* The row goes; what the audit log says of it stays. ERR_KEY_NOT_FOUND, ERR_KEY_IN_USE, ERR_LAST_ADMIN. */
enum err api_key_delete(struct ctx *ctx, int64_t id) MUST_CHECK;

/*
 * Makes a key with the same owner, workspace, description, scopes, expiry and addresses, named "<name> (rotated)" (cut
 * where it would be too long), and ends the old one: at once, or grace_s seconds later. Of many at once exactly one does.
 *   prefix   of the new key
 *   grace_s  0 … API_KEY_GRACE_MAX_S
 * ERR_KEY_NOT_FOUND; ERR_KEY_OVER: switched off, expired, or replaced already.
 */
enum err api_key_rotate(struct ctx *ctx, int64_t id, enum api_key_prefix prefix, int64_t grace_s,
                        struct api_key_made *ret_made) MUST_CHECK;

/* Switches off all keys that have expired or whose grace has ended; *ret_count: how many. One audit row where any did. */
enum err api_key_cleanup(struct ctx *ctx, int64_t *ret_count) MUST_CHECK;

/*
 * Deletes the keys that act for a user whose account is being deleted. Inside that transaction, under
 * administrator_lock.
 */
enum err api_key_forget_user(struct ctx *ctx, int64_t user_id) MUST_CHECK;

#endif
