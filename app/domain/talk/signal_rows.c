#include "signal_rows.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "parley/core/clock.h"
#include "parley/db/db.h"
#include "parley/domain/talk/ephemeral.h"

static_assert(SIGNAL_BEHIND == 64, "the rows that have been read are bits of 64");

enum { OTHERS_KNOWN_S = 2 };

struct signal_rows {
    pthread_mutex_t lock; /* guards what follows */
    struct signal_row waiting[SIGNAL_ROWS_MAX];
    size_t waiting_count;
    int64_t written_count, dropped_count;

    /* ---- the one thread's own ---- */
    bool has_begun;       /* to read */
    int64_t last_id;      /* the highest that was read */
    uint64_t read;        /* bit n: row last_id - n was */
    int64_t since_us;     /* what was told before is nobody's here */
    int64_t counted_us;   /* monotonic: when the others were counted */
    int64_t others_count; /* processes with streams open */
};

struct signal_rows *signal_rows_new(void)
{
    struct signal_rows *rows = calloc(1, sizeof(*rows));

    if (rows != NULL)
        (void)pthread_mutex_init(&rows->lock, NULL);
    return rows;
}

void signal_rows_free(struct signal_rows *rows)
{
    if (rows == NULL)
        return;
    (void)pthread_mutex_destroy(&rows->lock);
    free(rows);
}

/* ---- what waits ---- */

void signal_rows_add(struct signal_rows *rows, const struct signal_row *row)
{
    (void)pthread_mutex_lock(&rows->lock);
    if (rows->waiting_count < SIGNAL_ROWS_MAX)
        rows->waiting[rows->waiting_count++] = *row;
    else
        rows->dropped_count++;
    (void)pthread_mutex_unlock(&rows->lock);
}

bool signal_rows_is_empty(struct signal_rows *rows)
{
    bool is_empty;

    (void)pthread_mutex_lock(&rows->lock);
    is_empty = rows->waiting_count == 0;
    (void)pthread_mutex_unlock(&rows->lock);
    return is_empty;
}

void signal_rows_counts(struct signal_rows *rows, int64_t *ret_written, int64_t *ret_dropped)
{
    (void)pthread_mutex_lock(&rows->lock);
    *ret_written = rows->written_count;
    *ret_dropped = rows->dropped_count;
    (void)pthread_mutex_unlock(&rows->lock);
}

/* ---- writing ---- */

struct writing {
    struct signal_row rows[SIGNAL_ROWS_MAX];
    size_t count;
    int64_t node_id;
};

static void take(struct signal_rows *rows, struct writing *writing)
{
    (void)pthread_mutex_lock(&rows->lock);
    writing->count = rows->waiting_count;
    memcpy(writing->rows, rows->waiting, rows->waiting_count * sizeof(rows->waiting[0]));
    rows->waiting_count = 0;
    (void)pthread_mutex_unlock(&rows->lock);
}

static enum err insert_all(struct ctx *ctx, void *arg)
{
    const struct writing *writing = arg;

    for (size_t i = 0; i < writing->count; i++) {
        const struct signal_row *row = &writing->rows[i];

        TRY(db_insert(ctx, SQL_SIGNAL_INSERT,
                      DB_ARGS(DB_INT(writing->node_id), DB_INT(row->kind), DB_INT_OR_NULL(row->workspace_id),
                              DB_INT_OR_NULL(row->chat_id), DB_INT(row->user_id), DB_INT(ctx->now_us)),
                      NULL));
    }
    return ERR_OK;
}

/* That there are some is asked again only each OTHERS_KNOWN_S; that there are none each time: whoever comes hears at once. */
static enum err others_count(struct ctx *ctx, struct signal_rows *rows, const struct node *node)
{
    int64_t now_us = clock_monotonic_us();

    if (rows->others_count > 0 && now_us - rows->counted_us < OTHERS_KNOWN_S * US_PER_S)
        return ERR_OK;
    TRY(node_count_others(ctx, node, &rows->others_count));
    rows->counted_us = now_us;
    return ERR_OK;
}

enum err signal_rows_write(struct ctx *ctx, struct signal_rows *rows, const struct node *node)
{
    struct writing writing = { .node_id = node->id };
    enum err e;

    take(rows, &writing);
    if (writing.count == 0)
        return ERR_OK;
    e = others_count(ctx, rows, node);
    if (e == ERR_OK && rows->others_count == 0)
        return ERR_OK;
    if (e == ERR_OK)
        e = db_run(ctx, insert_all, &writing);
    (void)pthread_mutex_lock(&rows->lock);
    *(e == ERR_OK ? &rows->written_count : &rows->dropped_count) += (int64_t)writing.count;
    (void)pthread_mutex_unlock(&rows->lock);
    return e;
}

/* ---- reading ---- */

struct reading {
    struct signal_rows *rows;
    struct signal_row *found;
    size_t count;
};

/* Whether it was read before; if not, it is now. Rows come in the order of their ids. */
static bool was_read(struct signal_rows *rows, int64_t id)
{
    int64_t ahead = id - rows->last_id;
    uint64_t bit;

    if (ahead > 0) {
        rows->read = (ahead < SIGNAL_BEHIND ? rows->read << ahead : 0) | 1;
        rows->last_id = id;
        return false;
    }
    bit = UINT64_C(1) << -ahead;
    if ((rows->read & bit) != 0)
        return true;
    rows->read |= bit;
    return false;
}

static enum err row_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct reading *reading = arg;

    (void)ctx;
    /* The rest is for the next call. */
    if (reading->count == SIGNAL_ROWS_MAX)
        return ERR_OK;
    if (was_read(reading->rows, db_row_int(row, SIGNALS_AFTER_ID)))
        return ERR_OK;
    reading->found[reading->count++] = (struct signal_row){
        .kind = (enum signal_kind)db_row_int(row, SIGNALS_AFTER_KIND),
        .workspace_id = db_row_int(row, SIGNALS_AFTER_WORKSPACE_ID),
        .chat_id = db_row_int(row, SIGNALS_AFTER_CHAT_ID),
        .user_id = db_row_int(row, SIGNALS_AFTER_USER_ID),
        .chat = db_row_uuid(row, SIGNALS_AFTER_CHAT_UUID),
        .user = db_row_uuid(row, SIGNALS_AFTER_USER_UUID),
        .join = (enum chat_join)db_row_int(row, SIGNALS_AFTER_JOIN_MODE),
    };
    return ERR_OK;
}

/* The other processes may have found before this one did that Redis is away. */
static enum err begin(struct ctx *ctx, struct signal_rows *rows)
{
    TRY(db_number(ctx, SQL_SIGNAL_LAST, DB_NO_ARGS, &rows->last_id));
    rows->read = 0;
    rows->since_us = ctx->now_us - SIGNAL_FRESH_S * US_PER_S;
    rows->has_begun = true;
    return ERR_OK;
}

enum err signal_rows_read(struct ctx *ctx, struct signal_rows *rows, const struct node *node,
                          struct signal_row ret_rows[SIGNAL_ROWS_MAX], size_t *ret_count)
{
    struct reading reading = { .rows = rows, .found = ret_rows };
    int64_t behind_us = ctx->now_us - SIGNAL_LIFE_S * US_PER_S;

    *ret_count = 0;
    if (!rows->has_begun)
        TRY(begin(ctx, rows));
    if (behind_us < rows->since_us)
        behind_us = rows->since_us;
    TRY(db_each(ctx, SQL_SIGNALS_AFTER,
                DB_ARGS(DB_INT(rows->last_id - SIGNAL_BEHIND), DB_INT(behind_us), DB_INT(node->id),
                        DB_INT(SIGNAL_ROWS_MAX + SIGNAL_BEHIND)),
                row_read, &reading));
    *ret_count = reading.count;
    return ERR_OK;
}

void signal_rows_pause(struct signal_rows *rows)
{
    rows->has_begun = false;
}

/* ---- old rows ---- */

enum err signals_expire(struct ctx *ctx, int64_t *ret_count)
{
    int64_t last = 0;

    *ret_count = 0;
    TRY(db_number(ctx, SQL_SIGNALS_EXPIRED,
                  DB_ARGS(DB_INT(SIGNAL_EXPIRE_ROWS), DB_INT(ctx->now_us - SIGNAL_KEPT_S * US_PER_S)), &last));
    return last == 0 ? ERR_OK : db_exec(ctx, SQL_SIGNALS_EXPIRE, DB_ARGS(DB_INT(last)), ret_count);
}
