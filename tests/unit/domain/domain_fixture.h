/*
 * What functions of the domain stand on: a migrated SQLite database, keys and hashing threads in a folder of their own,
 * and callers with a context each. Time stands still until a test moves ctx.now_us.
 */
#ifndef PARLEY_TESTS_DOMAIN_FIXTURE_H
#define PARLEY_TESTS_DOMAIN_FIXTURE_H

#include "unit.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "parley/auth/hasher.h"
#include "parley/auth/keys.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/db/migrate.h"
#include "parley/domain/lifecycle/user_create.h"
#include "parley/domain/people/author_cache.h"
#include "parley/domain/people/user.h"
#include "parley/domain/trust/auth_cache.h"
#include "parley/domain/trust/revocation.h"
#include "parley/domain/trust/session.h"
#include "parley/domain/workspaces/member.h"
#include "parley/domain/workspaces/workspace_row.h"

struct domain_fixture {
    char dir[64];
    char url[128], keys_dir[96], private_path[128], public_path[128];
    struct config config;
    struct app app;
};

/* A context as a worker has one. */
struct caller {
    struct problem problem;
    struct ctx ctx;
};

static inline void caller_init(struct caller *c, struct domain_fixture *f)
{
    *c = (struct caller){ .problem = { .err = ERR_OK } };
    c->ctx = (struct ctx){ .app = &f->app, .config = &f->config, .problem = &c->problem, .now_us = clock_now_us() };
    c->ctx.arena = arena_new(4 * MIB);
    assert_non_null(c->ctx.arena);
}

/* A new request at the same time. */
static inline void caller_next(struct caller *c)
{
    c->problem = (struct problem){ .err = ERR_OK };
}

static inline void caller_release(struct caller *c)
{
    arena_free(c->ctx.arena);
}

/* What the last commit that left anything has left, and how many did. */
struct settled {
    struct outcome outcome;
    enum outcome_commit commit;
    int count;
};
static _Thread_local struct settled settled;

static inline void settled_note(void *arg, struct ctx *ctx, const struct outcome *outcome, enum outcome_commit commit)
{
    (void)arg;
    settled = (struct settled){ .outcome = *outcome, .commit = commit, .count = settled.count + 1 };
    revocation_forget(ctx->app, outcome);
}

static const struct after_commit settled_after_commit = { settled_note, NULL };

static inline void fixture_open(struct domain_fixture *f)
{
    struct buf error_text;
    int steps;

    buf_init(&error_text, 4000);
    if (keys_open(&f->config, &error_text, &f->app.keys) != ERR_OK ||
        db_open(&f->config, DB_UNCHECKED, &error_text, &f->app.db) != ERR_OK ||
        migrate_up(f->app.db, MIGRATE_NEWEST, &error_text, &steps) != ERR_OK ||
        db_check_statements(f->app.db, &error_text) != ERR_OK)
        fail_msg("%s", error_text.ptr);
    buf_release(&error_text);
    settled = (struct settled){ .count = 0 };
    f->app.after_commit = &settled_after_commit;
    f->app.hasher = hasher_new(NULL);
    assert_non_null(f->app.hasher);
}

static inline void fixture_init(struct domain_fixture *f)
{
    *f = (struct domain_fixture){ .dir = "/tmp/parley-domain-XXXXXX" };
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->url, sizeof(f->url), "sqlite:///%s/test.db", f->dir);
    (void)snprintf(f->keys_dir, sizeof(f->keys_dir), "%s/keys", f->dir);
    (void)snprintf(f->private_path, sizeof(f->private_path), "%s/private.pem", f->keys_dir);
    (void)snprintf(f->public_path, sizeof(f->public_path), "%s/public.pem", f->keys_dir);
    f->config = (struct config){
        .var_dir = f->dir,
        .keys_dir = f->keys_dir,
        .jwt_private_key_path = f->private_path,
        .jwt_public_key_path = f->public_path,
        .database_url = f->url,
        .mysql_host = "",
        .mysql_ssl_ca = "",
        .db_pool_min_size = 2,
        .db_pool_max_size = 8,
        .db_connection_timeout_s = 5,
        .db_query_timeout_s = 10,
        .setup_token = "",
        .master_api_key = "",
        .registration = REGISTRATION_OPEN,
        .access_token_expire_minutes = 15,
        .refresh_token_expire_days = 30,
        .bcrypt_rounds = 4,
        .worker_threads = 128,
        .app_name = "Parley",
    };
    fixture_open(f);
    f->app.author_cache = author_cache_new();
    assert_non_null(f->app.author_cache);
}

static inline int fixture_remove(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static inline void fixture_release(struct domain_fixture *f)
{
    keyed_cache_free(f->app.author_cache);
    keyed_cache_free(f->app.cache);
    hasher_free(f->app.hasher);
    db_close(f->app.db);
    keys_free(f->app.keys);
    (void)nftw(f->dir, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
}

#define GOOD_PASSWORD STR("correct horse")

/* An account with GOOD_PASSWORD. */
static inline struct user fixture_user(struct caller *c, const char *email, enum user_role role)
{
    struct user_create_opts opts = { .email = str_from(email), .password = GOOD_PASSWORD, .role = role };
    struct user user;

    assert_ok(user_create(&c->ctx, &opts, &user));
    return user;
}

/* The one that the tests of a file share, and its beginning and end for cmocka. */
static struct domain_fixture fixture;

static inline int fixture_setup(void **state)
{
    (void)state;
    fixture_init(&fixture);
    return 0;
}

static inline int fixture_teardown(void **state)
{
    (void)state;
    fixture_release(&fixture);
    return 0;
}

/* Somebody comes into a workspace. */
struct fixture_joining {
    int64_t workspace_id, user_id;
    enum member_role role;
};

static inline enum err fixture_join_in_transaction(struct ctx *ctx, void *arg)
{
    const struct fixture_joining *joining = arg;
    int64_t count;

    TRY(workspace_row_lock(ctx, joining->workspace_id, &count));
    return member_add(ctx, joining->workspace_id, count, joining->user_id, joining->role);
}

static inline void fixture_join(struct ctx *ctx, int64_t workspace_id, int64_t user_id, enum member_role role)
{
    assert_ok(db_run(ctx, fixture_join_in_transaction, &(struct fixture_joining){ workspace_id, user_id, role }));
}

#endif
