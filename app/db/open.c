/* Opening and closing, checks, figures. */
#include <stdlib.h>
#include <string.h>

#include "group_commit.h"
#include "parley/core/clock.h"
#include "pool.h"

enum { URL_ARENA_BYTES = 16384, SQLITE_READERS_KEPT = 1 };

enum err conn_fail(struct db_conn *conn, enum err e, int code, const char *message)
{
    struct str text;
    conn->code = code;
    text = str_head(str_from(message != NULL ? message : ""), sizeof(conn->message) - 1);
    memcpy(conn->message, text.ptr, text.len);
    conn->message[text.len] = '\0';
    return e;
}

static struct pool *new_pool(struct db *db, enum conn_use use, int64_t min_count, int64_t max_count)
{
    const struct pool_opts opts = { .db = db, .use = use, .min_count = (int)min_count, .max_count = (int)max_count };
    return pool_new(&opts);
}

static enum err make_pools(struct db *db, const struct config *config)
{
    bool one_writer = db->ops->one_writer;
    int64_t max_count = config->db_pool_max_size;
    int64_t min_count = config->db_pool_min_size < max_count ? config->db_pool_min_size : max_count;
    if (one_writer && min_count > SQLITE_READERS_KEPT)
        min_count = SQLITE_READERS_KEPT; /* they are opened in no time, and each has a cache */
    db->pools[CONN_FOR_READING] = new_pool(db, CONN_FOR_READING, min_count, max_count);
    db->pools[CONN_FOR_WRITING] = one_writer ? new_pool(db, CONN_FOR_WRITING, 1, 1)
                                             : new_pool(db, CONN_FOR_WRITING, min_count, max_count);
    for (int use = CONN_FOR_PING; use < CONN_POOL_COUNT; use++)
        db->pools[use] = new_pool(db, (enum conn_use)use, 1, 1);
    for (int use = 0; use < CONN_POOL_COUNT; use++)
        if (db->pools[use] == NULL)
            return ERR_NO_MEMORY;
    if (one_writer)
        db->group_commit = group_commit_new();
    return !one_writer || db->group_commit != NULL ? ERR_OK : ERR_NO_MEMORY;
}

static enum err set_up(struct db *db, const struct config *config, struct buf *ret_error_text)
{
    const char *reason = "out of memory";
    enum err e;
    db->arena = arena_new(URL_ARENA_BYTES);
    e = db->arena != NULL ? db_url_from_config(db->arena, config, &db->url, &reason) : ERR_NO_MEMORY;
    if (e != ERR_OK) {
        buf_add_c(ret_error_text, reason);
        return e;
    }
    db->connect_timeout_s = (int)config->db_connection_timeout_s;
    db->query_timeout_s = (int)config->db_query_timeout_s;
    db->ops = db->url.kind == DB_URL_SQLITE ? &sqlite_ops : &mysql_ops;
    TRY(db->ops->init(db));
    return make_pools(db, config);
}

enum err db_open(const struct config *config, enum db_check check, struct buf *ret_error_text, struct db **ret_db)
{
    struct db *db = calloc(1, sizeof(*db));
    enum err e;
    if (db == NULL)
        return ERR_NO_MEMORY;
    e = set_up(db, config, ret_error_text);
    if (e == ERR_OK && check == DB_CHECKED)
        e = db_check_statements(db, ret_error_text);
    if (e != ERR_OK) {
        db_close(db);
        return e;
    }
    *ret_db = db;
    return ERR_OK;
}

void db_close(struct db *db)
{
    if (db == NULL)
        return;
    for (int use = 0; use < CONN_POOL_COUNT; use++)
        pool_free(db->pools[use]);
    group_commit_free(db->group_commit);
    if (db->has_thread_key)
        pthread_key_delete(db->thread_key);
    arena_free(db->arena);
    free(db);
}

static enum err check_on(struct db_conn *conn, struct buf *ret_error_text)
{
    for (enum sql id = SQL_NONE_ + 1; id < SQL_COUNT; id++) {
        enum err e = conn->db->ops->prepare(conn, id);
        if (e == ERR_OK)
            continue;
        buf_addf(ret_error_text, "the statement %s (%s) is refused by the database: %s", statements[id].name,
                 statements[id].place, conn->message);
        return e;
    }
    return ERR_OK;
}

/* On a connection of its own, so that no checked-out one keeps them all prepared. */
enum err db_check_statements(struct db *db, struct buf *ret_error_text)
{
    struct db_conn *conn = NULL;
    enum err e;
    TRY(db->ops->open(db, CONN_FOR_WRITING, ret_error_text, &conn));
    e = check_on(conn, ret_error_text);
    db->ops->close(conn);
    return e;
}

enum err db_ping(struct db *db)
{
    struct pool *pool = db->pools[CONN_FOR_PING];
    struct db_conn *conn = NULL;
    int64_t deadline_us = clock_monotonic_us() + DB_PING_MAX_S * US_PER_S;
    enum err e;
    if (atomic_load(&db->held))
        return ERR_DATABASE;
    TRY(pool_checkout(pool, deadline_us, NULL, &conn));
    e = db->ops->ping(conn);
    if (e != ERR_OK)
        conn->state = CONN_LOST;
    pool_return(pool, conn);
    return e;
}

const char *db_file(const struct db *db)
{
    return db->url.kind == DB_URL_SQLITE ? db->url.path : NULL;
}

void db_hold(struct db *db)
{
    atomic_store(&db->held, true);
}

void db_release(struct db *db)
{
    atomic_store(&db->held, false);
}

const char *db_kind(const struct db *db)
{
    return db->ops->kind;
}

bool db_pool_stats(struct db *db, size_t index, struct db_pool_stats *ret_stats)
{
    static const char *const names[CONN_POOL_COUNT] = { "read", "write", "ping", "follow", "relay" };
    if (index >= CONN_POOL_COUNT)
        return false;
    pool_stats(db->pools[index], ret_stats);
    ret_stats->name = names[index];
    return true;
}
