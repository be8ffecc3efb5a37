/*
 * What the benchmark compares posting with: a client that does nothing but the transactions of a message, with the
 * statements of sql/queries, on connections of its own, durable as Parley's are.
 *
 *   bench_transactions sqlite FILE CONNECTIONS SECONDS WHAT
 *   bench_transactions mysql SOCKET_OR_PORT DATABASE USER PASSWORD CONNECTIONS SECONDS WHAT
 *
 * WHAT: "message" (the whole transaction) or "insert" (its one INSERT, committed by itself). It posts as the first user
 * into the chats of the database in turn and prints transactions per second.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include <mysql.h>
#include <sqlite3.h>

#include "parley/core/clock.h"
#include "parley/core/ids.h"
#include "parley/db/tables.h"
#include "parley/domain/events/event.h"

enum { CHATS_MAX = 1000, THREADS_MAX = 256 };

struct chat {
    int64_t id, workspace_id, version, workspace_version;
};

static struct {
    bool mysql, whole;
    const char *address, *database, *user, *password;
    long connections, seconds;
    struct chat chats[CHATS_MAX];
    size_t chat_count;
    int64_t user_id, people_version;
    _Atomic int64_t committed, turn;
    _Atomic bool stop;
} run;

static void die(const char *what, const char *why)
{
    fprintf(stderr, "bench_transactions: %s: %s\n", what, why);
    exit(1);
}

/* The values of one post, in the order in which the statements want them. */
struct post {
    struct chat chat;
    struct uuid id;
    int64_t now_us, seq;
};

static const char chats_sql[] =
    "SELECT c.id, c.workspace_id, c.version, w.version, c.created_by, p.version FROM chats c "
    "JOIN workspaces w ON w.id = c.workspace_id JOIN people_version p ON p.id = 1 LIMIT 1000";
static const char content[] = "A message of the benchmark, with a sentence or two in it.";

static struct post post_next(void)
{
    int64_t turn = atomic_fetch_add(&run.turn, 1);
    return (struct post){ .chat = run.chats[(size_t)turn % run.chat_count],
                          .id = uuid_new(),
                          .now_us = clock_now_us(),
                          .seq = INT64_C(1) << 40 | turn };
}

/* SQLite ------------------------------------------------------------------------------------------------------------ */

struct lite {
    sqlite3 *db;
    sqlite3_stmt *begin, *take, *insert, *event, *commit;
};

static sqlite3_stmt *lite_prepare(struct lite *c, const char *text)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v3(c->db, text, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK)
        die(text, sqlite3_errmsg(c->db));
    return stmt;
}

static void lite_open(struct lite *c)
{
    if (sqlite3_open(run.address, &c->db) != SQLITE_OK)
        die("open", sqlite3_errmsg(c->db));
    sqlite3_busy_timeout(c->db, 20000);
    sqlite3_exec(c->db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON", NULL, NULL, NULL);
    c->begin = lite_prepare(c, "BEGIN IMMEDIATE");
    c->take = lite_prepare(c, statements[SQL_CHAT_TAKE_SEQ].sqlite);
    c->insert = lite_prepare(c, statements[SQL_MESSAGE_INSERT].sqlite);
    c->event = lite_prepare(c, statements[SQL_EVENT_INSERT].sqlite);
    c->commit = lite_prepare(c, "COMMIT");
}

static void lite_step(struct lite *c, sqlite3_stmt *stmt)
{
    int code = sqlite3_step(stmt);
    if (code != SQLITE_DONE && code != SQLITE_ROW)
        die(sqlite3_sql(stmt), sqlite3_errmsg(c->db));
    sqlite3_reset(stmt);
}

static void lite_numbers(sqlite3_stmt *stmt, const int64_t *numbers, int count)
{
    for (int i = 0; i < count; i++)
        sqlite3_bind_int64(stmt, i + 1, numbers[i]);
}

static void lite_insert(struct lite *c, const struct post *p)
{
    const int64_t numbers[] = { 0,
                                p->chat.id,
                                p->seq,
                                0,
                                0,
                                0,
                                p->now_us,
                                p->now_us,
                                p->chat.workspace_id,
                                run.user_id,
                                p->chat.workspace_version,
                                run.people_version };

    lite_numbers(c->insert, numbers, 12);
    sqlite3_bind_blob(c->insert, 1, p->id.bytes, sizeof(p->id.bytes), SQLITE_STATIC);
    sqlite3_bind_text(c->insert, 4, content, -1, SQLITE_STATIC);
    sqlite3_bind_null(c->insert, 5);
    lite_step(c, c->insert);
}

static void lite_event(struct lite *c, const struct post *p)
{
    char detail[24];
    int len = snprintf(detail, sizeof(detail), "%lld", (long long)p->seq);
    const int64_t numbers[] = {
        EVENT_MESSAGE_CREATED, p->chat.workspace_id, p->chat.id, 0, 0, run.user_id, 0, p->now_us
    };

    lite_numbers(c->event, numbers, 8);
    sqlite3_bind_null(c->event, 4);
    sqlite3_bind_blob(c->event, 5, p->id.bytes, sizeof(p->id.bytes), SQLITE_STATIC);
    sqlite3_bind_blob(c->event, 7, detail, len, SQLITE_STATIC);
    lite_step(c, c->event);
}

static void lite_post(struct lite *c, struct post *p)
{
    lite_step(c, c->begin);
    lite_numbers(c->take, (int64_t[]){ p->now_us, p->now_us, p->chat.id, p->chat.workspace_id, p->chat.version }, 5);
    if (sqlite3_step(c->take) != SQLITE_ROW)
        die("take", sqlite3_errmsg(c->db));
    p->seq = sqlite3_column_int64(c->take, 0);
    lite_step(c, c->take);
    lite_insert(c, p);
    lite_event(c, p);
    lite_step(c, c->commit);
}

static void *lite_work(void *arg)
{
    struct lite c;
    (void)arg;
    lite_open(&c);
    while (!atomic_load(&run.stop)) {
        struct post p = post_next();
        if (run.whole)
            lite_post(&c, &p);
        else
            lite_insert(&c, &p);
        atomic_fetch_add(&run.committed, 1);
    }
    return NULL;
}

static void lite_chats(void)
{
    struct lite c;
    lite_open(&c);
    sqlite3_stmt *chats = lite_prepare(&c, chats_sql);
    while (sqlite3_step(chats) == SQLITE_ROW) {
        run.chats[run.chat_count++] = (struct chat){ sqlite3_column_int64(chats, 0), sqlite3_column_int64(chats, 1),
                                                     sqlite3_column_int64(chats, 2), sqlite3_column_int64(chats, 3) };
        run.user_id = sqlite3_column_int64(chats, 4);
        run.people_version = sqlite3_column_int64(chats, 5);
    }
    sqlite3_finalize(chats);
}

/* MySQL ------------------------------------------------------------------------------------------------------------- */

struct my {
    MYSQL *db;
    MYSQL_STMT *take, *insert, *event;
};

static MYSQL_STMT *my_prepare(struct my *c, const char *text)
{
    MYSQL_STMT *stmt = mysql_stmt_init(c->db);
    if (!stmt || mysql_stmt_prepare(stmt, text, strlen(text)) != 0)
        die(text, mysql_error(c->db));
    return stmt;
}

static void my_connect(struct my *c)
{
    long port = strtol(run.address, NULL, 10);
    c->db = mysql_init(NULL);
    if (!mysql_real_connect(c->db, port ? "127.0.0.1" : NULL, run.user, run.password, run.database, (unsigned)port,
                            port ? NULL : run.address, CLIENT_FOUND_ROWS))
        die("connect", mysql_error(c->db));
    if (mysql_query(c->db, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED") != 0)
        die("isolation", mysql_error(c->db));
    /* A transaction begins with its first statement, as on Parley's connections. */
    if (run.whole && mysql_query(c->db, "SET SESSION autocommit = 0") != 0)
        die("autocommit", mysql_error(c->db));
}

static void my_open(struct my *c)
{
    my_connect(c);
    c->take = my_prepare(c, statements[SQL_CHAT_TAKE_SEQ].mysql);
    c->insert = my_prepare(c, statements[SQL_MESSAGE_INSERT].mysql);
    c->event = my_prepare(c, statements[SQL_EVENT_INSERT].mysql);
}

static MYSQL_BIND my_int(int64_t *number)
{
    return (MYSQL_BIND){ .buffer_type = MYSQL_TYPE_LONGLONG, .buffer = number };
}

static MYSQL_BIND my_bytes(enum enum_field_types type, const void *bytes, unsigned long len)
{
    return (MYSQL_BIND){ .buffer_type = type, .buffer = (void *)(uintptr_t)bytes, .buffer_length = len };
}

static void my_execute(MYSQL_STMT *stmt, MYSQL_BIND *binds)
{
    if (mysql_stmt_bind_param(stmt, binds) != 0 || mysql_stmt_execute(stmt) != 0)
        die("statement", mysql_stmt_error(stmt));
}

static void my_insert(struct my *c, struct post *p)
{
    int64_t zero = 0;
    MYSQL_BIND binds[] = { my_bytes(MYSQL_TYPE_BLOB, p->id.bytes, 16),
                           my_int(&p->chat.id),
                           my_int(&p->seq),
                           my_bytes(MYSQL_TYPE_STRING, content, sizeof(content) - 1),
                           { .buffer_type = MYSQL_TYPE_NULL },
                           my_int(&zero),
                           my_int(&p->now_us),
                           my_int(&p->now_us),
                           my_int(&p->chat.workspace_id),
                           my_int(&run.user_id),
                           my_int(&p->chat.workspace_version),
                           my_int(&run.people_version) };
    my_execute(c->insert, binds);
    if (mysql_stmt_affected_rows(c->insert) != 1)
        die("insert", "no row was inserted");
}

static void my_event(struct my *c, struct post *p)
{
    int64_t kind = EVENT_MESSAGE_CREATED;
    char detail[24];
    int len = snprintf(detail, sizeof(detail), "%lld", (long long)p->seq);
    MYSQL_BIND binds[] = { my_int(&kind),
                           my_int(&p->chat.workspace_id),
                           my_int(&p->chat.id),
                           { .buffer_type = MYSQL_TYPE_NULL },
                           my_bytes(MYSQL_TYPE_BLOB, p->id.bytes, 16),
                           my_int(&run.user_id),
                           my_bytes(MYSQL_TYPE_BLOB, detail, (unsigned long)len),
                           my_int(&p->now_us) };

    my_execute(c->event, binds);
}

static void my_post(struct my *c, struct post *p)
{
    MYSQL_BIND take[] = { my_int(&p->now_us), my_int(&p->now_us), my_int(&p->chat.id), my_int(&p->chat.workspace_id),
                          my_int(&p->chat.version) };
    my_execute(c->take, take);
    p->seq = (int64_t)mysql_stmt_insert_id(c->take);
    my_insert(c, p);
    my_event(c, p);
    if (mysql_query(c->db, "COMMIT") != 0)
        die("commit", mysql_error(c->db));
}

static void *my_work(void *arg)
{
    struct my c;
    (void)arg;
    my_open(&c);
    while (!atomic_load(&run.stop)) {
        struct post p = post_next();
        if (run.whole)
            my_post(&c, &p);
        else
            my_insert(&c, &p);
        atomic_fetch_add(&run.committed, 1);
    }
    mysql_close(c.db);
    return NULL;
}

static void my_chats(void)
{
    struct my c;
    my_connect(&c);
    if (mysql_query(c.db, chats_sql) != 0)
        die("chats", mysql_error(c.db));
    MYSQL_RES *result = mysql_store_result(c.db);
    for (MYSQL_ROW row = mysql_fetch_row(result); row; row = mysql_fetch_row(result)) {
        run.chats[run.chat_count++] = (struct chat){ strtoll(row[0], NULL, 10), strtoll(row[1], NULL, 10),
                                                     strtoll(row[2], NULL, 10), strtoll(row[3], NULL, 10) };
        run.user_id = strtoll(row[4], NULL, 10);
        run.people_version = strtoll(row[5], NULL, 10);
    }
    mysql_free_result(result);
    mysql_close(c.db);
}

/* ------------------------------------------------------------------------------------------------------------------- */

static void arguments(int argc, char **argv)
{
    run.mysql = argc == 9 && strcmp(argv[1], "mysql") == 0;
    if (!run.mysql && !(argc == 6 && strcmp(argv[1], "sqlite") == 0))
        die("usage", "see the head of tests/bench/transactions.c");
    run.address = argv[2];
    if (run.mysql) {
        run.database = argv[3];
        run.user = argv[4];
        run.password = argv[5];
    }
    run.connections = strtol(argv[argc - 3], NULL, 10);
    run.seconds = strtol(argv[argc - 2], NULL, 10);
    run.whole = strcmp(argv[argc - 1], "message") == 0;
    if (run.connections < 1 || run.connections > THREADS_MAX)
        die("usage", "connections out of range");
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS_MAX];
    arguments(argc, argv);
    if (run.mysql)
        mysql_library_init(0, NULL, NULL);
    (run.mysql ? my_chats : lite_chats)();
    if (run.chat_count == 0)
        die("chats", "there are none");
    for (long i = 0; i < run.connections; i++)
        if (pthread_create(&threads[i], NULL, run.mysql ? my_work : lite_work, NULL) != 0)
            die("thread", "cannot be started");
    sleep(1); /* connections are made, caches warm */
    int64_t first = atomic_load(&run.committed);
    int64_t began_us = clock_monotonic_us();
    sleep((unsigned)run.seconds);
    int64_t count = atomic_load(&run.committed) - first;
    double seconds = (double)(clock_monotonic_us() - began_us) / 1e6;
    atomic_store(&run.stop, true);
    for (long i = 0; i < run.connections; i++)
        pthread_join(threads[i], NULL);
    printf("%.1f\n", (double)count / seconds);
    return 0;
}
