#include "doctor.h"
#include "key_guard.h"
#include "parley/core/buf.h"
#include "parley/core/clock.h"
#include "parley/core/host.h"
#include "parley/db/db.h"
#include "parley/domain/setup.h"

enum { CLOCK_OFF_MAX_S = 5 };

/* What the database says of itself. */
struct care {
    int64_t now_us, flush, has_binlog, sync_binlog;
};

static enum err read_care(struct ctx *ctx, const struct db_row *row, void *arg)
{
    (void)ctx;
    *(struct care *)arg = (struct care){ db_row_int(row, 0), db_row_int(row, 1), db_row_int(row, 2),
                                         db_row_int(row, 3) };
    return ERR_OK;
}

static void check_care(struct checkup *checkup)
{
    struct care care;
    int64_t off_s;
    enum err e = db_one(&checkup->task.ctx, SQL_DATABASE_CARE, DB_NO_ARGS, read_care, &care);

    if (e != ERR_OK) {
        finding(checkup, "the database does not tell its settings: %s", cli_task_sentence(&checkup->task, e));
        return;
    }
    off_s = (care.now_us - clock_now_us()) / US_PER_S;
    if (off_s > CLOCK_OFF_MAX_S || off_s < -CLOCK_OFF_MAX_S)
        finding(checkup,
                "the clocks of this machine and of the database differ by %lld s; let both follow one time server",
                (long long)off_s);
    if (care.flush != 1)
        finding(checkup,
                "innodb_flush_log_at_trx_commit=%lld: a loss of power loses what was answered with success; set 1",
                (long long)care.flush);
    if (care.has_binlog != 0 && care.sync_binlog != 1)
        finding(checkup, "sync_binlog=%lld: after a loss of power replicas differ from this database; set 1",
                (long long)care.sync_binlog);
}

static void check_owner(struct checkup *checkup)
{
    struct buf fault;

    if (checkup->app.keys == NULL)
        return;
    buf_init(&fault, 4096);
    if (key_guard_look(&checkup->task.ctx, &fault) != ERR_OK && fault.len > 0)
        finding(checkup, "%s", fault.ptr);
    buf_release(&fault);
}

void check_database(struct checkup *checkup)
{
    struct buf fault;
    enum err e;

    buf_init(&fault, 65536);
    e = cli_db_open(checkup->config, &fault, &checkup->app.db);
    if (e != ERR_OK) {
        finding(checkup, "%s", fault.len > 0 ? fault.ptr : err_info(e)->sentence);
    } else {
        check_care(checkup);
        check_owner(checkup);
    }
    buf_release(&fault);
}

void check_setup(struct checkup *checkup)
{
    const struct config *c = checkup->config;
    bool required = false;

    if (checkup->app.db == NULL || c->setup_token[0] != '\0' || host_is_loopback(c->https_host))
        return;
    if (setup_required(&checkup->task.ctx, &required) == ERR_OK && required)
        finding(checkup,
                "nobody has an account yet and SETUP_TOKEN is empty: whoever comes first is the administrator; set "
                "SETUP_TOKEN=auto");
}
