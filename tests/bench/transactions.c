/*
 * What the benchmark compares posting with: a client that does nothing but the transactions of a message, with the
 * statements of sql/queries, on connections of its own, durable as Parley's are.
 *
 *   bench_transactions sqlite FILE CONNECTIONS SECONDS WHAT
 *   bench_transactions mysql PORT DATABASE USER PASSWORD CONNECTIONS SECONDS WHAT
 *
 * WHAT: "message" (the whole transaction), "insert" (its one INSERT, committed by itself), or some of the transaction's
 * parts with commas between them ("take,insert,mark,queue,event"), to see what each costs. It posts as the first user into
 * the chats of the database in turn and prints transactions per second and how many there were in all.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include <mysql.h>
#include <sqlite3.h>

#include "parley/core/clock.h"
#include "parley/core/ids.h"
#include "parley/db/db.h"
#include "parley/db/tables.h"
#include "parley/domain/events/event.h"

enum { CHATS_MAX = 1000, THREADS_MAX = 256, PARAMS_MAX = 32 };
enum part { PART_TAKE, PART_INSERT, PART_MARK, PART_QUEUE, PART_EVENT, PARTS };

static const char *const part_names[PARTS] = { "take", "insert", "mark", "queue", "event" };

struct chat {
    int64_t id, workspace_id, version, workspace_version;
};

static struct {
    bool mysql, has[PARTS];
    bool alone; /* each statement commits itself */
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

/* A connection, to one kind of database or the other, and what it has prepared. */
struct client {
    sqlite3 *lite;
    sqlite3_stmt *lite_prepared[SQL_COUNT];
    MYSQL *my;
    MYSQL_STMT *my_prepared[SQL_COUNT];
};

/* What a statement has done: how many rows it changed, and the number that it gave (RETURNING, or a key). */
struct done {
    int64_t changed_count, number;
};

static const char chats_sql[] =
    "SELECT c.id, c.workspace_id, c.version, w.version, c.created_by, p.version FROM chats c "
    "JOIN workspaces w ON w.id = c.workspace_id JOIN people_version p ON p.id = 1 LIMIT 1000";

static void chat_add(const int64_t columns[6])
{
    run.chats[run.chat_count++] = (struct chat){ columns[0], columns[1], columns[2], columns[3] };
    run.user_id = columns[4];
    run.people_version = columns[5];
}

/* ---- SQLite ---- */

static void lite_text(struct client *c, const char *text)
{
    if (sqlite3_exec(c->lite, text, NULL, NULL, NULL) != SQLITE_OK)
        die(text, sqlite3_errmsg(c->lite));
}

static void lite_open(struct client *c)
{
    if (sqlite3_open(run.address, &c->lite) != SQLITE_OK)
        die("open", sqlite3_errmsg(c->lite));
    sqlite3_busy_timeout(c->lite, 20000);
    lite_text(c, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON");
}

static sqlite3_stmt *lite_prepare(struct client *c, const char *text)
{
    sqlite3_stmt *stmt = NULL;

    if (sqlite3_prepare_v3(c->lite, text, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK)
        die(text, sqlite3_errmsg(c->lite));
    return stmt;
}

static void lite_bind(sqlite3_stmt *stmt, int at, const struct db_value *v)
{
    if (v->kind == DB_INT_VALUE)
        sqlite3_bind_int64(stmt, at, v->number);
    else if (v->kind == DB_TEXT_VALUE)
        sqlite3_bind_text(stmt, at, v->bytes.ptr, (int)v->bytes.len, SQLITE_STATIC);
    else if (v->kind == DB_BLOB_VALUE)
        sqlite3_bind_blob(stmt, at, v->bytes.ptr, (int)v->bytes.len, SQLITE_STATIC);
    else
        sqlite3_bind_null(stmt, at);
}

static struct done lite_execute(struct client *c, enum sql id, struct db_args args)
{
    sqlite3_stmt *stmt = c->lite_prepared[id];
    struct done done = { 0, 0 };
    int code;

    if (stmt == NULL)
        stmt = c->lite_prepared[id] = lite_prepare(c, statements[id].sqlite);
    for (size_t i = 0; i < args.count; i++)
        lite_bind(stmt, (int)i + 1, &args.values[i]);
    code = sqlite3_step(stmt);
    if (code == SQLITE_ROW)
        done.number = sqlite3_column_int64(stmt, 0);
    while (code == SQLITE_ROW)
        code = sqlite3_step(stmt);
    if (code != SQLITE_DONE)
        die(statements[id].name, sqlite3_errmsg(c->lite));
    done.changed_count = sqlite3_changes64(c->lite);
    if (done.number == 0)
        done.number = sqlite3_last_insert_rowid(c->lite);
    sqlite3_reset(stmt);
    return done;
}

static void lite_chats(void)
{
    struct client c = { .lite = NULL };
    sqlite3_stmt *chats;

    lite_open(&c);
    chats = lite_prepare(&c, chats_sql);
    while (sqlite3_step(chats) == SQLITE_ROW) {
        int64_t columns[6];
        for (int i = 0; i < 6; i++)
            columns[i] = sqlite3_column_int64(chats, i);
        chat_add(columns);
    }
    sqlite3_finalize(chats);
    sqlite3_close(c.lite);
}

/* ---- MySQL ---- */

static void my_text(struct client *c, const char *text)
{
    if (mysql_query(c->my, text) != 0)
        die(text, mysql_error(c->my));
}

static void my_open(struct client *c)
{
    c->my = mysql_init(NULL);
    if (!mysql_real_connect(c->my, "127.0.0.1", run.user, run.password, run.database,
                            (unsigned)strtoul(run.address, NULL, 10), NULL, CLIENT_FOUND_ROWS))
        die("connect", mysql_error(c->my));
    my_text(c, "SET NAMES utf8mb4 COLLATE utf8mb4_bin");
    my_text(c, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
    /* A transaction begins with its first statement, as on Parley's connections. */
    if (!run.alone)
        my_text(c, "SET SESSION autocommit = 0");
}

static MYSQL_STMT *my_prepare(struct client *c, const char *text)
{
    MYSQL_STMT *stmt = mysql_stmt_init(c->my);

    if (stmt == NULL || mysql_stmt_prepare(stmt, text, strlen(text)) != 0)
        die(text, mysql_error(c->my));
    return stmt;
}

static MYSQL_BIND my_bind(const struct db_value *v)
{
    if (v->kind == DB_INT_VALUE)
        return (MYSQL_BIND){ .buffer_type = MYSQL_TYPE_LONGLONG, .buffer = (void *)(uintptr_t)&v->number };
    if (v->kind == DB_NULL_VALUE)
        return (MYSQL_BIND){ .buffer_type = MYSQL_TYPE_NULL };
    return (MYSQL_BIND){ .buffer_type = v->kind == DB_TEXT_VALUE ? MYSQL_TYPE_STRING : MYSQL_TYPE_BLOB,
                         .buffer = (void *)(uintptr_t)v->bytes.ptr,
                         .buffer_length = (unsigned long)v->bytes.len };
}

static struct done my_execute(struct client *c, enum sql id, struct db_args args)
{
    MYSQL_STMT *stmt = c->my_prepared[id];
    MYSQL_BIND binds[PARAMS_MAX];

    if (stmt == NULL)
        stmt = c->my_prepared[id] = my_prepare(c, statements[id].mysql);
    for (size_t i = 0; i < args.count; i++)
        binds[i] = my_bind(&args.values[i]);
    if (mysql_stmt_bind_param(stmt, binds) != 0 || mysql_stmt_execute(stmt) != 0)
        die(statements[id].name, mysql_stmt_error(stmt));
    return (struct done){ (int64_t)mysql_stmt_affected_rows(stmt), (int64_t)mysql_stmt_insert_id(stmt) };
}

static void my_chats(void)
{
    struct client c = { .my = NULL };
    MYSQL_RES *result;
    MYSQL_ROW row;

    my_open(&c);
    my_text(&c, chats_sql);
    result = mysql_store_result(c.my);
    while (result != NULL && (row = mysql_fetch_row(result)) != NULL) {
        int64_t columns[6];
        for (int i = 0; i < 6; i++)
            columns[i] = strtoll(row[i], NULL, 10);
        chat_add(columns);
    }
    mysql_free_result(result);
    mysql_close(c.my);
}

/* ---- a message ---- */

static const char content[] = "A message of the benchmark, with a sentence or two in it.";

/* The values of one post. */
struct post {
    struct chat chat;
    struct uuid id;
    int64_t now_us, seq, message_id;
};

static struct done execute(struct client *c, enum sql id, struct db_args args)
{
    if (args.count != statements[id].param_count || args.count > PARAMS_MAX)
        die(statements[id].name, "it wants other values by now");
    return (run.mysql ? my_execute : lite_execute)(c, id, args);
}

static int64_t execute_one(struct client *c, enum sql id, struct db_args args)
{
    struct done done = execute(c, id, args);

    if (done.changed_count != 1)
        die(statements[id].name, "it changed no row");
    return done.number;
}

static void take(struct client *c, struct post *p)
{
    p->seq = execute_one(c, SQL_CHAT_TAKE_SEQ,
                         DB_ARGS(DB_INT(p->now_us), DB_INT(p->now_us), DB_INT(p->chat.id), DB_INT(p->chat.workspace_id),
                                 DB_INT(p->chat.version)));
}

/* Neither a reply nor forwarded, without files, mentions or a nonce. */
static void insert(struct client *c, struct post *p)
{
    const struct db_value none = DB_INT(0), now = DB_INT(p->now_us);

    p->message_id = execute_one(c, SQL_MESSAGE_INSERT,
                                DB_ARGS(DB_UUID(&p->id), DB_INT(p->chat.id), DB_INT(p->seq), DB_TEXT(str_from(content)),
                                        DB_NULL, DB_NULL, none, none, none, none, DB_NULL, now, now,
                                        DB_INT(p->chat.workspace_id), DB_INT(run.user_id),
                                        DB_INT(p->chat.workspace_version), DB_INT(run.people_version)));
}

static void mark(struct client *c, struct post *p)
{
    const struct db_value seq = DB_INT(p->seq), now = DB_INT(p->now_us), chat = DB_INT(p->chat.id),
                          user = DB_INT(run.user_id), workspace = DB_INT(p->chat.workspace_id);

    if (execute(c, SQL_CHAT_STATE_READ_ALONG, DB_ARGS(seq, now, seq, seq, workspace, user, chat)).changed_count == 0)
        (void)execute(c, SQL_CHAT_STATE_BEGIN, DB_ARGS(workspace, user, chat, seq, now));
}

static void queue(struct client *c, struct post *p)
{
    (void)execute_one(c, SQL_INDEX_QUEUE_ADD, DB_ARGS(DB_INT(p->message_id), DB_INT(p->chat.workspace_id), DB_NULL));
}

static void event(struct client *c, struct post *p)
{
    char detail[24];
    int len = snprintf(detail, sizeof(detail), "%lld", (long long)p->seq);
    struct str text = { detail, (size_t)len };

    (void)execute_one(c, SQL_EVENT_INSERT,
                      DB_ARGS(DB_INT(EVENT_MESSAGE_CREATED), DB_INT(p->chat.workspace_id), DB_INT(p->chat.id), DB_NULL,
                              DB_UUID(&p->id), DB_INT(run.user_id), DB_BLOB(text), DB_INT(p->now_us)));
}

static void (*const parts[PARTS])(struct client *c, struct post *p) = { take, insert, mark, queue, event };

static void post_once(struct client *c)
{
    int64_t turn = atomic_fetch_add(&run.turn, 1);
    struct post p = {
        .chat = run.chats[(size_t)turn % run.chat_count],
        .id = uuid_new(),
        .now_us = clock_now_us(),
        .seq = INT64_C(1) << 40 | turn, /* where none is taken: behind all that are */
        .message_id = turn + 1,
    };

    if (!run.mysql && !run.alone)
        lite_text(c, "BEGIN IMMEDIATE");
    for (int i = 0; i < PARTS; i++)
        if (run.has[i])
            parts[i](c, &p);
    if (!run.alone)
        (run.mysql ? my_text : lite_text)(c, "COMMIT");
}

static void *work(void *arg)
{
    struct client *c = calloc(1, sizeof(*c));

    (void)arg;
    if (c == NULL)
        die("memory", "none left");
    (run.mysql ? my_open : lite_open)(c);
    while (!atomic_load(&run.stop)) {
        post_once(c);
        atomic_fetch_add(&run.committed, 1);
    }
    return NULL; /* the process ends now */
}

/* ---- both ---- */

static void parts_read(char *text)
{
    run.alone = strcmp(text, "insert") == 0;
    for (char *word = strtok_r(text, ",", &text); word != NULL; word = strtok_r(NULL, ",", &text))
        for (int i = 0; i < PARTS; i++)
            run.has[i] = run.has[i] || strcmp(word, part_names[i]) == 0 || strcmp(word, "message") == 0;
}

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
    parts_read(argv[argc - 1]);
    if (run.connections < 1 || run.connections > THREADS_MAX)
        die("usage", "connections out of range");
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS_MAX];
    int64_t first, count, began_us;
    double seconds;

    arguments(argc, argv);
    if (run.mysql)
        mysql_library_init(0, NULL, NULL);
    (run.mysql ? my_chats : lite_chats)();
    if (run.chat_count == 0)
        die("chats", "there are none");
    for (long i = 0; i < run.connections; i++)
        if (pthread_create(&threads[i], NULL, work, NULL) != 0)
            die("thread", "cannot be started");
    sleep(1); /* connections are made, caches warm */
    first = atomic_load(&run.committed);
    began_us = clock_monotonic_us();
    sleep((unsigned)run.seconds);
    count = atomic_load(&run.committed) - first;
    seconds = (double)(clock_monotonic_us() - began_us) / 1e6;
    atomic_store(&run.stop, true);
    for (long i = 0; i < run.connections; i++)
        pthread_join(threads[i], NULL);
    printf("%.1f %lld\n", (double)count / seconds, (long long)atomic_load(&run.committed));
    return 0;
}
