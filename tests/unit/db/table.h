/* The table over which the tests run the statements on schema_migrations, and the ways to it. */
#ifndef PARLEY_TESTS_DB_TABLE_H
#define PARLEY_TESTS_DB_TABLE_H

#include "scratch.h"

/* Columns without rules, so that any value can be put into any of them. */
static inline void make_table(struct scratch *s)
{
    const char *text = s->name[0] == '\0'
                           ? "CREATE TABLE schema_migrations (version INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, "
                             "checksum BLOB, statements_done INTEGER, statement_count REAL, applied_us INTEGER)"
                           : "CREATE TABLE schema_migrations (version BIGINT PRIMARY KEY AUTO_INCREMENT, "
                             "name LONGTEXT, checksum LONGBLOB, statements_done BIGINT, statement_count DOUBLE, "
                             "applied_us BIGINT) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";
    assert_ok(scratch_text(s->db, text));
}

static inline enum err insert(struct ctx *ctx, int64_t version, int64_t done)
{
    return db_exec(ctx, SQL_MIGRATION_INSERT,
                   DB_ARGS(DB_INT(version), DB_NULL, DB_NULL, DB_INT(done), DB_NULL, DB_INT(0)), NULL);
}

static inline enum err set_done(struct ctx *ctx, int64_t version, int64_t done)
{
    return db_exec(ctx, SQL_MIGRATION_PROGRESS, DB_ARGS(DB_INT(done), DB_NULL, DB_INT(0), DB_INT(version)), NULL);
}

/* The rows that a test has read: sums over the column statements_done. */
struct seen {
    int64_t count, sum;
};

static inline enum err see(struct ctx *ctx, const struct db_row *row, void *arg)
{
    (void)ctx;
    struct seen *seen = arg;
    seen->count++;
    seen->sum += db_row_int(row, 3);
    return ERR_OK;
}

static inline struct seen look(struct ctx *ctx)
{
    struct seen seen = { 0, 0 };
    assert_ok(db_each(ctx, SQL_MIGRATION_LIST, DB_NO_ARGS, see, &seen));
    return seen;
}

#endif
