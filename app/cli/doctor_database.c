#include "doctor.h"
#include "parley/core/buf.h"
#include "parley/core/clock.h"
#include "parley/core/host.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/lifecycle/key_ownership.h"
#include "parley/domain/lifecycle/setup.h"

enum { CLOCK_OFF_MAX_S = 5, SYNCHRONOUS_FULL = 2 };

/* What the database says of itself. */
struct durability {
    int64_t now_us, flush, has_binlog, sync_binlog;
    struct str journal_mode;
    int64_t synchronous;
};

static enum err read_durability(struct ctx *ctx, const struct db_row *row, void *arg)
{
    *(struct durability *)arg = (struct durability){
        .now_us = db_row_int(row, DATABASE_DURABILITY_NOW_US),
        .flush = db_row_int(row, DATABASE_DURABILITY_FLUSH_AT_COMMIT),
        .has_binlog = db_row_int(row, DATABASE_DURABILITY_HAS_BINLOG),
        .sync_binlog = db_row_int(row, DATABASE_DURABILITY_SYNC_BINLOG),
        .journal_mode = arena_str(ctx->arena, db_row_str(row, DATABASE_DURABILITY_JOURNAL_MODE)),
        .synchronous = db_row_int(row, DATABASE_DURABILITY_SYNCHRONOUS),
    };
    return arena_check(ctx->arena);
}

static void durability_check(struct doctor_run *run)
{
    struct durability durability;
    int64_t off_s;
    enum err e = db_one(&run->task.ctx, SQL_DATABASE_DURABILITY, DB_NO_ARGS, read_durability, &durability);

    if (e != ERR_OK) {
        check_result(run, "the database does not tell its settings: %s", task_sentence(&run->task, e));
        return;
    }
    off_s = (durability.now_us - clock_now_us()) / US_PER_S;
    if (off_s > CLOCK_OFF_MAX_S || off_s < -CLOCK_OFF_MAX_S)
        check_result(run,
                     "the clocks of this machine and of the database differ by %lld s; let both follow one time server",
                     (long long)off_s);
    if (durability.flush != 1)
        check_result(run,
                     "innodb_flush_log_at_trx_commit=%lld: a loss of power loses what was answered with success; set 1",
                     (long long)durability.flush);
    if (durability.has_binlog != 0 && durability.sync_binlog != 1)
        check_result(run, "sync_binlog=%lld: after a loss of power replicas differ from this database; set 1",
                     (long long)durability.sync_binlog);
    if (!str_eq_c(durability.journal_mode, "wal") || durability.synchronous < SYNCHRONOUS_FULL)
        check_result(
            run,
            "the SQLite file keeps journal_mode=%.*s and synchronous=%lld although the server asks for wal and 2; "
            "put it on a local disk",
            STR_FMT(durability.journal_mode), (long long)durability.synchronous);
}

static enum err read_text(struct ctx *ctx, const struct db_row *row, void *arg)
{
    *(struct str *)arg = arena_str(ctx->arena, db_row_str(row, DATABASE_QUICK_CHECK_QUICK_CHECK));
    return arena_check(ctx->arena);
}

/* SQLite says in which database it looked, then what it found, a line each. */
static struct str last_line(struct str text)
{
    struct str line = text;

    while (text.ptr != NULL) {
        line = text;
        text = str_cut(&line, '\n');
    }
    return line;
}

static void check_damage(struct doctor_run *run)
{
    struct str error_text = STR("ok");
    enum err e = db_one(&run->task.ctx, SQL_DATABASE_QUICK_CHECK, DB_ARGS(DB_INT(DOCTOR_READ_MAX_BYTES)), read_text,
                        &error_text);

    if (e != ERR_OK && e != ERR_NOT_FOUND)
        error_text = str_from(task_sentence(&run->task, e));
    if (!str_eq_c(error_text, "ok"))
        check_result(run,
                     "the SQLite file is damaged (%.*s); stop the server, keep a copy, and bring back a backup or run "
                     "sqlite3's .recover",
                     STR_FMT(last_line(error_text)));
}

struct rights {
    int64_t count;
    struct str worst;
};

static enum err read_rights(struct ctx *ctx, const struct db_row *row, void *arg)
{
    *(struct rights *)arg = (struct rights){ db_row_int(row, DATABASE_RIGHTS_RIGHTS_COUNT),
                                             arena_str(ctx->arena, db_row_str(row, DATABASE_RIGHTS_WORST)) };
    return arena_check(ctx->arena);
}

static void check_rights(struct doctor_run *run)
{
    struct rights rights = { .count = 0 };
    enum err e = db_one(&run->task.ctx, SQL_DATABASE_RIGHTS, DB_NO_ARGS, read_rights, &rights);

    if (e != ERR_OK)
        check_result(run, "the database does not tell its user's rights: %s", task_sentence(&run->task, e));
    else if (rights.count > 0)
        check_result(
            run,
            "the database's user has rights on the whole server (%.*s and %lld more); revoke them: SELECT, INSERT, "
            "UPDATE, DELETE, CREATE, ALTER, DROP, INDEX and REFERENCES on its own database are enough",
            STR_FMT(rights.worst), (long long)rights.count - 1);
}

static void check_owner(struct doctor_run *run)
{
    struct buf error_text;

    if (run->app.keys == NULL)
        return;
    buf_init(&error_text, 4096);
    if (key_ownership_look(&run->task.ctx, &error_text) != ERR_OK && error_text.len > 0)
        check_result(run, "%s", error_text.ptr);
    buf_release(&error_text);
}

void check_database(struct doctor_run *run)
{
    struct buf error_text;
    enum err e;

    buf_init(&error_text, 65536);
    e = cli_db_open(run->config, &error_text, &run->app.db);
    if (e != ERR_OK) {
        check_result(run, "%s", error_text.len > 0 ? error_text.ptr : err_info(e)->sentence);
    } else {
        durability_check(run);
        check_damage(run);
        check_rights(run);
        check_owner(run);
    }
    buf_release(&error_text);
}

void check_setup(struct doctor_run *run)
{
    const struct config *c = run->config;
    bool required = false;

    if (run->app.db == NULL || c->setup_token[0] != '\0' || host_is_loopback(c->https_host))
        return;
    if (setup_required(&run->task.ctx, &required) == ERR_OK && required)
        check_result(
            run, "nobody has an account yet and SETUP_TOKEN is empty: whoever comes first is the administrator; set "
                 "SETUP_TOKEN=auto");
}
