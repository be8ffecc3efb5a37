/*
 * Bare clients of a MySQL or MariaDB server, for what the benchmark holds Parley against.
 *
 *   bench_select page PORT DATABASE USER PASSWORD CONNECTIONS SECONDS
 *       reads the newest 50 rows of one chat's messages by one prepared statement, over and over; prints pages per second
 *   bench_select fcgi PORT DATABASE USER PASSWORD THREADS SOCKET
 *       a FastCGI program that answers each request with what one prepared SELECT by primary key gives
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include <fcgiapp.h>
#include <mysql.h>

#include "parley/core/clock.h"
#include "parley/db/tables.h"

enum { THREADS_MAX = 256, ROWS = 50, COLUMNS_MAX = 32, TEXT_BYTES = 4096 };

static struct {
    const char *port, *database, *user, *password;
    int listen_fd;
    _Atomic int64_t done;
    _Atomic bool stop;
} run;

static const char page_rest[] =
    " FROM messages m WHERE m.chat_id = ? AND m.workspace_id = ? AND m.seq >= ? AND m.seq < ? "
    "ORDER BY m.seq DESC LIMIT ?";
static const char key_sql[] =
    "SELECT uuid, email, username, first_name, last_name, role, created_us FROM users WHERE id = ?";

static void die(const char *what, const char *why)
{
    fprintf(stderr, "bench_select: %s: %s\n", what, why);
    exit(1);
}

static MYSQL *connect_one(void)
{
    MYSQL *db = mysql_init(NULL);

    if (!mysql_real_connect(db, "127.0.0.1", run.user, run.password, run.database,
                            (unsigned)strtoul(run.port, NULL, 10), NULL, 0))
        die("connect", mysql_error(db));
    return db;
}

static MYSQL_STMT *prepare(MYSQL *db, const char *text)
{
    MYSQL_STMT *stmt = mysql_stmt_init(db);

    if (stmt == NULL || mysql_stmt_prepare(stmt, text, strlen(text)) != 0)
        die(text, mysql_error(db));
    return stmt;
}

/* Buffers for whatever the columns hold, as texts and numbers. */
struct row {
    MYSQL_BIND binds[COLUMNS_MAX];
    char bytes[COLUMNS_MAX][TEXT_BYTES];
    unsigned long lens[COLUMNS_MAX];
    my_bool nulls[COLUMNS_MAX];
};

static void row_bind(MYSQL_STMT *stmt, struct row *row)
{
    unsigned count = mysql_stmt_field_count(stmt);
    MYSQL_RES *meta = mysql_stmt_result_metadata(stmt);

    for (unsigned i = 0; i < count; i++) {
        enum enum_field_types type = mysql_fetch_field_direct(meta, i)->type;
        bool is_text = type == MYSQL_TYPE_BLOB || type == MYSQL_TYPE_STRING || type == MYSQL_TYPE_VAR_STRING ||
                       type == MYSQL_TYPE_MEDIUM_BLOB || type == MYSQL_TYPE_LONG_BLOB;
        row->binds[i] = (MYSQL_BIND){ .buffer_type = is_text ? MYSQL_TYPE_STRING : MYSQL_TYPE_LONGLONG,
                                      .buffer = row->bytes[i],
                                      .buffer_length = TEXT_BYTES,
                                      .length = &row->lens[i],
                                      .is_null = &row->nulls[i] };
    }
    mysql_free_result(meta);
    if (mysql_stmt_bind_result(stmt, row->binds) != 0)
        die("bind", mysql_stmt_error(stmt));
}

static int64_t run_once(MYSQL_STMT *stmt, const int64_t *numbers, unsigned count)
{
    MYSQL_BIND binds[8] = { { .buffer = NULL } };
    int64_t rows = 0;
    int code;

    for (unsigned i = 0; i < count; i++) {
        binds[i].buffer_type = MYSQL_TYPE_LONGLONG;
        binds[i].buffer = (void *)(uintptr_t)&numbers[i];
    }
    if (mysql_stmt_bind_param(stmt, binds) != 0 || mysql_stmt_execute(stmt) != 0)
        die("execute", mysql_stmt_error(stmt));
    while ((code = mysql_stmt_fetch(stmt)) == 0)
        rows++;
    if (code != MYSQL_NO_DATA)
        die("fetch", mysql_stmt_error(stmt));
    mysql_stmt_free_result(stmt);
    return rows;
}

static int64_t number_of(MYSQL *db, const char *text)
{
    MYSQL_RES *result;
    MYSQL_ROW row;
    int64_t number;

    if (mysql_query(db, text) != 0 || (result = mysql_store_result(db)) == NULL)
        die(text, mysql_error(db));
    row = mysql_fetch_row(result);
    number = row != NULL && row[0] != NULL ? strtoll(row[0], NULL, 10) : 0;
    mysql_free_result(result);
    return number;
}

/* ---- page ---- */

/* The columns of a message that Parley reads, without those of other tables that follow. */
static void page_sql_write(char ret_text[4096])
{
    const char *whole = statements[SQL_MESSAGES_BEFORE].mysql;
    const char *others = strstr(whole, ", c.last_seq");

    if (others == NULL || others - whole > 4096 - (long)sizeof(page_rest))
        die("messages_before", "its columns are not where they were");
    memcpy(ret_text, whole, (size_t)(others - whole));
    memcpy(ret_text + (others - whole), page_rest, sizeof(page_rest));
}

static void *read_pages(void *arg)
{
    MYSQL *db = connect_one();
    int64_t chat = number_of(db, "SELECT id FROM chats ORDER BY last_seq DESC LIMIT 1");
    int64_t workspace = number_of(db, "SELECT workspace_id FROM chats ORDER BY last_seq DESC LIMIT 1");
    int64_t last = number_of(db, "SELECT last_seq FROM chats ORDER BY last_seq DESC LIMIT 1");
    struct row *row = calloc(1, sizeof(*row));
    char text[4096];
    MYSQL_STMT *stmt;

    (void)arg;
    page_sql_write(text);
    stmt = prepare(db, text);
    if (row == NULL)
        die("memory", "none left");
    row_bind(stmt, row);
    while (!atomic_load(&run.stop)) {
        const int64_t numbers[] = { chat, workspace, last - 4 * ROWS, last + 1, ROWS };
        if (run_once(stmt, numbers, 5) != ROWS)
            die("page", "it has not 50 rows");
        atomic_fetch_add(&run.done, 1);
    }
    mysql_stmt_close(stmt);
    mysql_close(db);
    free(row);
    return NULL;
}

/* ---- fcgi ---- */

static void *answer(void *arg)
{
    MYSQL *db = connect_one();
    const int64_t user = number_of(db, "SELECT MIN(id) FROM users");
    MYSQL_STMT *stmt = prepare(db, key_sql);
    struct row *row = calloc(1, sizeof(*row));
    FCGX_Request request;

    (void)arg;
    if (row == NULL)
        die("memory", "none left");
    row_bind(stmt, row);
    FCGX_InitRequest(&request, run.listen_fd, 0);
    while (FCGX_Accept_r(&request) == 0) {
        if (run_once(stmt, &user, 1) != 1)
            die("user", "there is none");
        FCGX_FPrintF(request.out, "Status: 200 OK\r\nContent-Type: application/json\r\n\r\n{\"email\":\"%.*s\"}",
                     (int)row->lens[1], row->bytes[1]);
        FCGX_Finish_r(&request);
    }
    return NULL;
}

/* ---- both ---- */

static void start(pthread_t *threads, long count, void *(*work)(void *))
{
    for (long i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, work, NULL) != 0)
            die("thread", "cannot be started");
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS_MAX];
    int64_t first, began_us;
    long count;

    if (argc != 8)
        die("usage", "see the head of tests/bench/select.c");
    run.port = argv[2];
    run.database = argv[3];
    run.user = argv[4];
    run.password = argv[5];
    count = strtol(argv[6], NULL, 10);
    if (count < 1 || count > THREADS_MAX)
        die("usage", "connections out of range");
    mysql_library_init(0, NULL, NULL);
    if (strcmp(argv[1], "fcgi") == 0) {
        FCGX_Init();
        run.listen_fd = FCGX_OpenSocket(argv[7], 1024);
        start(threads, count, answer);
        pthread_join(threads[0], NULL);
        return 1;
    }
    start(threads, count, read_pages);
    sleep(1);
    first = atomic_load(&run.done);
    began_us = clock_monotonic_us();
    sleep((unsigned)strtoul(argv[7], NULL, 10));
    printf("%.1f %lld\n", (double)(atomic_load(&run.done) - first) / ((double)(clock_monotonic_us() - began_us) / 1e6),
           (long long)atomic_load(&run.done));
    atomic_store(&run.stop, true);
    for (long i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
