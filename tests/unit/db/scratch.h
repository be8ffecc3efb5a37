/*
 * A database of its own for each test: a file in a temporary folder, or a fresh database on the server of
 * PARLEY_TEST_MYSQL_URL. The tests of the room use the statements on schema_migrations, over a table of that name
 * whose columns the test chooses.
 */
#ifndef PARLEY_TESTS_DB_SCRATCH_H
#define PARLEY_TESTS_DB_SCRATCH_H

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../../app/db/driver.h"
#include "parley/core/clock.h"
#include "parley/core/rand.h"
#include "parley/db/db.h"
#include "unit.h"

struct scratch {
    struct config config;
    struct app app;
    struct db *db;
    struct buf error_text;
    char folder[256];
    char url[512];
    char name[64]; /* of the database on a server; "" for SQLite */
};

/* A context as a worker has one; any thread, one each. */
struct work {
    struct ctx ctx;
    struct problem problem;
};

static inline void work_init(struct work *w, struct scratch *s)
{
    *w = (struct work){ .ctx = { .app = &s->app, .config = &s->config } };
    w->ctx.arena = arena_new(MIB);
    w->ctx.problem = &w->problem;
}

static inline void work_release(struct work *w)
{
    arena_free(w->ctx.arena);
}

static inline const char *scratch_server(void)
{
    const char *url = getenv("PARLEY_TEST_MYSQL_URL");
    return url != NULL && url[0] != '\0' ? url : NULL;
}

static inline void scratch_config(struct scratch *s)
{
    s->config = (struct config){ .database_url = s->url,
                                 .mysql_host = "",
                                 .mysql_ssl_ca = "",
                                 .var_dir = s->folder,
                                 .db_pool_min_size = 2,
                                 .db_pool_max_size = 8,
                                 .db_connection_timeout_s = 5,
                                 .db_query_timeout_s = 10 };
}

/* Runs one fixed text on a connection of its own; the driver's error. */
static inline enum err scratch_text(struct db *db, const char *text)
{
    struct buf error_text;
    buf_init(&error_text, 1000);
    struct db_conn *conn = NULL;
    enum err e = db->ops->open(db, CONN_FOR_MIGRATING, &error_text, &conn);
    if (e == ERR_OK) {
        e = db->ops->run_text(conn, text);
        if (e != ERR_OK)
            print_error("%s: %s\n", text, conn->message);
        db->ops->close(conn);
    } else {
        print_error("%s\n", error_text.ptr);
    }
    buf_release(&error_text);
    return e;
}

static inline void scratch_open_db(struct scratch *s)
{
    s->app.db = NULL;
    assert_ok(db_open(&s->config, DB_UNCHECKED, &s->error_text, &s->db));
    s->app.db = s->db;
}

static inline void scratch_sqlite(struct scratch *s)
{
    *s = (struct scratch){ .db = NULL };
    buf_init(&s->error_text, 4000);
    const char *tmp = getenv("TMPDIR");
    snprintf(s->folder, sizeof(s->folder), "%s/parley-db-XXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(s->folder));
    snprintf(s->url, sizeof(s->url), "sqlite:///%s/test.db", s->folder);
    scratch_config(s);
    scratch_open_db(s);
}

/* The address of a database beside the one that the URL names. */
static inline void scratch_url(const char *name, char ret_url[512])
{
    const char *server = scratch_server();
    const char *options = strchr(server, '?');
    size_t len = options != NULL ? (size_t)(options - server) : strlen(server);
    while (len > 0 && server[len - 1] != '/')
        len--;
    snprintf(ret_url, 512, "%.*s%s%s", (int)len, server, name, options != NULL ? options : "");
}

static inline void scratch_server_text(const char *text)
{
    struct config config = { .database_url = scratch_server(),
                             .mysql_ssl_ca = "",
                             .db_pool_max_size = 1,
                             .db_connection_timeout_s = 5,
                             .db_query_timeout_s = 10 };
    struct buf error_text;
    buf_init(&error_text, 1000);
    struct db *db = NULL;
    assert_ok(db_open(&config, DB_UNCHECKED, &error_text, &db));
    assert_ok(scratch_text(db, text));
    db_close(db);
    buf_release(&error_text);
}

static inline void scratch_mysql(struct scratch *s)
{
    *s = (struct scratch){ .db = NULL };
    buf_init(&s->error_text, 4000);
    snprintf(s->name, sizeof(s->name), "parley_unit_%d_%08x", (int)getpid(), (unsigned)rand_below(UINT32_MAX));
    char text[200];
    snprintf(text, sizeof(text), "CREATE DATABASE %s CHARACTER SET utf8mb4", s->name);
    scratch_server_text(text);
    scratch_url(s->name, s->url);
    scratch_config(s);
    scratch_open_db(s);
}

static inline void scratch_remove_folder(const char *folder)
{
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir))
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    assert_int_equal(rmdir(folder), 0);
}

static inline void scratch_release(struct scratch *s)
{
    db_close(s->db);
    if (s->name[0] != '\0') {
        char text[200];
        snprintf(text, sizeof(text), "DROP DATABASE %s", s->name);
        scratch_server_text(text);
    } else {
        scratch_remove_folder(s->folder);
    }
    buf_release(&s->error_text);
}

/*
 * Fixtures: the test runs on SQLite, and again on the server where there is one.
 *   DB_TESTS(test_db__x) gives two rows for cmocka.
 */
static inline int scratch_setup_sqlite(void **state)
{
    *state = calloc(1, sizeof(struct scratch));
    assert_non_null(*state);
    scratch_sqlite(*state);
    return 0;
}

static inline int scratch_setup_mysql(void **state)
{
    *state = NULL;
    if (scratch_server() == NULL)
        return 0;
    *state = calloc(1, sizeof(struct scratch));
    assert_non_null(*state);
    scratch_mysql(*state);
    return 0;
}

static inline int scratch_teardown(void **state)
{
    if (*state == NULL)
        return 0;
    scratch_release(*state);
    free(*state);
    return 0;
}

/* The test's own; skips where the test wants a server and there is none. */
static inline struct scratch *scratch_of(void **state)
{
    if (*state == NULL)
        skip();
    return *state;
}

#define SQLITE_TEST(test) \
    { \
#test " (sqlite)", test, scratch_setup_sqlite, scratch_teardown, NULL \
    }
#define MYSQL_TEST(test) \
    { \
#test " (mysql)", test, scratch_setup_mysql, scratch_teardown, NULL \
    }

/* One of several threads that work on the same database, and what it found wrong. */
struct scratch_thread {
    struct scratch *s;
    int number;
    int wrong_count;
};

enum { SCRATCH_THREADS_MAX = 64 };

/* Runs work(struct scratch_thread *) on `count` threads at once; nothing may be wrong on any. */
static inline void scratch_threads(struct scratch *s, int count, void *(*work)(void *))
{
    pthread_t threads[SCRATCH_THREADS_MAX];
    struct scratch_thread tasks[SCRATCH_THREADS_MAX];

    assert_true(count <= SCRATCH_THREADS_MAX);
    for (int i = 0; i < count; i++) {
        tasks[i] = (struct scratch_thread){ .s = s, .number = i };
        assert_int_equal(pthread_create(&threads[i], NULL, work, &tasks[i]), 0);
    }
    for (int i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(tasks[i].wrong_count, 0);
    }
}

#endif
