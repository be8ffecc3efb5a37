#include "parley/db/migrate.h"

#include "driver.h"
#include "parley/core/clock.h"

enum { VERSIONS_MAX = 1000, NAME_BYTES = 64, CHECKSUM_BYTES = 65 };

/* A row of schema_migrations. */
struct applied {
    char name[NAME_BYTES];
    char checksum[CHECKSUM_BYTES];
    int64_t done, count; /* count < 0: being taken back */
    int64_t applied_us;
};

/* One run of one of the public functions. */
struct run {
    struct db *db;
    const struct schema *schema;
    struct buf *error_text;
    struct ctx ctx; /* its connection only */
    struct applied *applied;
    int version; /* number of rows; they are 1, 2, 3 … */
    int steps;   /* taken in this run */
};

static enum err stop(struct run *run, enum err e, const char *what)
{
    buf_addf(run->error_text, "migrations: %s", what);
    if (e == ERR_DATABASE || e == ERR_BUSY || e == ERR_INTERNAL || e == ERR_NO_MEMORY)
        buf_addf(run->error_text, ": %s", run->ctx.conn->message);
    return e;
}

static void copy_text(struct str s, char *ret_text, size_t room_bytes)
{
    s = str_head(s, room_bytes - 1);
    memcpy(ret_text, s.ptr != NULL ? s.ptr : "", s.len);
    ret_text[s.len] = '\0';
}

static enum err take_row(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct run *run = arg;
    struct applied *a;
    (void)ctx;
    if (db_row_int(row, MIGRATION_LIST_VERSION) != run->version + 1) {
        buf_addf(run->error_text,
                 "migrations: the table schema_migrations has a gap: version %d is missing; "
                 "restore it from a backup",
                 run->version + 1);
        return ERR_CONFLICT;
    }
    if (run->version == VERSIONS_MAX)
        return ERR_CONFLICT;
    a = &run->applied[run->version++];
    copy_text(db_row_str(row, MIGRATION_LIST_NAME), a->name, sizeof(a->name));
    copy_text(db_row_str(row, MIGRATION_LIST_CHECKSUM), a->checksum, sizeof(a->checksum));
    a->done = db_row_int(row, MIGRATION_LIST_STATEMENTS_DONE);
    a->count = db_row_int(row, MIGRATION_LIST_STATEMENT_COUNT);
    a->applied_us = db_row_int(row, MIGRATION_LIST_APPLIED_US);
    return ERR_OK;
}

static enum err check_row(struct run *run, int version)
{
    const struct applied *a = &run->applied[version - 1];
    const struct schema_step *step = &run->schema->steps[version - 1];
    if (strcmp(a->name, step->name) == 0 && strcmp(a->checksum, step->checksum) == 0)
        return ERR_OK;
    buf_addf(run->error_text,
             "migrations: step %04d_%s is not the one that this database was made with (there: %s, SHA-256 "
             "%.12s…; here: %.12s…); an applied step may not be changed: restore it and add a new one",
             version, step->name, a->name, a->checksum, step->checksum);
    return ERR_CONFLICT;
}

static enum err read_table(struct run *run)
{
    enum err e;
    if (run->db->ops->run_text(run->ctx.conn, run->db->ops->migrations_table) != ERR_OK)
        return stop(run, ERR_DATABASE, "cannot make the table schema_migrations");
    e = db_each(&run->ctx, SQL_MIGRATION_LIST, DB_NO_ARGS, take_row, run);
    if (e != ERR_OK)
        return buf_str(run->error_text).len > 0 ? e : stop(run, e, "cannot read the table schema_migrations");
    if ((size_t)run->version > run->schema->step_count) {
        buf_addf(run->error_text,
                 "migrations: the database is at version %d, this program knows %zu; run a newer parley", run->version,
                 run->schema->step_count);
        return ERR_CONFLICT;
    }
    for (int version = 1; version <= run->version; version++)
        TRY(check_row(run, version));
    return ERR_OK;
}

static enum err note_progress(struct run *run, const struct schema_step *step, int64_t done, int64_t count)
{
    enum err e = db_exec(&run->ctx, SQL_MIGRATION_PROGRESS,
                         DB_ARGS(DB_INT(done), DB_INT(count), DB_INT(clock_now_us()), DB_INT(step->version)), NULL);
    return e == ERR_OK ? e : stop(run, e, "cannot note how far the step has come");
}

static enum err lock_renew(struct run *run)
{
    const struct db_ops *ops = run->db->ops;
    enum err e = ops->migration_renew != NULL ? ops->migration_renew(run->ctx.conn) : ERR_OK;
    return e == ERR_OK ? e : stop(run, e, "the lock was lost in the middle of a step");
}

/* Runs texts[from … count). The first may have been run before a cut that came before it was counted. */
static enum err run_texts(struct run *run, const struct schema_step *step, const char *const *texts, int64_t from,
                          int64_t count)
{
    const struct db_ops *ops = run->db->ops;
    bool down = texts == step->down;
    for (int64_t i = from; i < count; i++) {
        enum err e = lock_renew(run);
        if (e != ERR_OK)
            return e;
        e = ops->run_text(run->ctx.conn, texts[i]);
        if (e != ERR_OK && !(i == from && ops->was_done_before(run->ctx.conn))) {
            buf_addf(run->error_text, "migrations: %04d_%s.%s, statement %d of %d: %s", step->version, step->name,
                     down ? "down" : "up", (int)i + 1, (int)count, run->ctx.conn->message);
            return e;
        }
        TRY(note_progress(run, step, i + 1, down ? -count : count));
    }
    return ERR_OK;
}

static enum err insert_row(struct run *run, const struct schema_step *step, int64_t done)
{
    enum err e = db_exec(&run->ctx, SQL_MIGRATION_INSERT,
                         DB_ARGS(DB_INT(step->version), DB_TEXT(str_from(step->name)),
                                 DB_TEXT(str_from(step->checksum)), DB_INT(done), DB_INT((int64_t)step->up_count),
                                 DB_INT(clock_now_us())),
                         NULL);
    return e == ERR_OK ? e : stop(run, e, "cannot write into the table schema_migrations");
}

static enum err step_up(struct run *run)
{
    const struct schema_step *step = &run->schema->steps[run->version];
    TRY(insert_row(run, step, 0));
    TRY(run_texts(run, step, step->up, 0, (int64_t)step->up_count));
    run->version++;
    run->steps++;
    return ERR_OK;
}

static enum err go_down(struct run *run, int64_t done)
{
    const struct schema_step *step = &run->schema->steps[run->version - 1];
    enum err e;
    TRY(run_texts(run, step, step->down, done, (int64_t)step->down_count));
    e = db_exec(&run->ctx, SQL_MIGRATION_DELETE, DB_ARGS(DB_INT(step->version)), NULL);
    if (e != ERR_OK)
        return stop(run, e, "cannot delete from the table schema_migrations");
    run->version--;
    run->steps++;
    return ERR_OK;
}

static enum err step_down(struct run *run)
{
    const struct schema_step *step = &run->schema->steps[run->version - 1];
    TRY(note_progress(run, step, 0, -(int64_t)step->down_count));
    return go_down(run, 0);
}

/* A step that was cut off, in either direction, is brought to its end first. */
static enum err finish_last(struct run *run)
{
    const struct applied *last;
    const struct schema_step *step;
    if (run->version == 0)
        return ERR_OK;
    last = &run->applied[run->version - 1];
    step = &run->schema->steps[run->version - 1];
    if (last->count < 0)
        return go_down(run, last->done);
    if (last->done == last->count)
        return ERR_OK;
    TRY(run_texts(run, step, step->up, last->done, (int64_t)step->up_count));
    run->steps++;
    return ERR_OK;
}

static enum err check_target(struct run *run, int target, int *ret_target)
{
    int newest = (int)run->schema->step_count;
    *ret_target = target == MIGRATE_NEWEST ? newest : target;
    if (*ret_target >= 0 && *ret_target <= newest)
        return ERR_OK;
    buf_addf(run->error_text, "migrations: there is no version %d; the newest is %d", target, newest);
    return ERR_INVALID;
}

static enum err do_up(struct run *run, int target)
{
    TRY(finish_last(run));
    while (run->version < target)
        TRY(step_up(run));
    return ERR_OK;
}

static enum err do_down(struct run *run, int target)
{
    TRY(finish_last(run));
    while (run->version > target)
        TRY(step_down(run));
    return ERR_OK;
}

static enum err do_stamp(struct run *run, int target)
{
    for (; run->version < target; run->version++) {
        const struct schema_step *step = &run->schema->steps[run->version];
        TRY(insert_row(run, step, (int64_t)step->up_count));
    }
    return ERR_OK;
}

static enum err do_check(struct run *run, int target)
{
    const struct applied *last = run->version > 0 ? &run->applied[run->version - 1] : NULL;
    bool whole = last == NULL || last->done == last->count;
    if (run->version == target && whole)
        return ERR_OK;
    buf_addf(run->error_text,
             "migrations: the database is at version %d%s, this program needs %d; run parley migrate up", run->version,
             whole ? "" : " (unfinished)", target);
    return ERR_CONFLICT;
}

/* Nothing to do: the caller reads what run holds. */
static enum err do_nothing(struct run *run, int target)
{
    (void)run;
    (void)target;
    return ERR_OK;
}

static enum err run_locked(struct run *run, int target, enum err (*work)(struct run *run, int target))
{
    const struct db_ops *ops = run->db->ops;
    enum err e = ops->migration_lock(run->ctx.conn);
    enum err unlock_err;
    if (e != ERR_OK)
        return stop(run, e, "another process holds the lock, or the database cannot be written");
    e = read_table(run);
    if (e == ERR_OK)
        e = work(run, target);
    unlock_err = ops->migration_unlock(run->ctx.conn, e == ERR_OK);
    if (e == ERR_OK && unlock_err != ERR_OK)
        e = stop(run, ERR_DATABASE, "the end of the run was not saved");
    return e;
}

/* Opens a connection, locks, reads and checks the table, does the work. run->applied is the caller's. */
static enum err run_open(struct run *run, int target, enum err (*work)(struct run *run, int target))
{
    struct db_conn *conn = NULL;
    enum err e;
    TRY(check_target(run, target, &target));
    TRY(run->db->ops->open(run->db, CONN_FOR_MIGRATING, run->error_text, &conn));
    conn->mode = CONN_CHANGING;
    run->ctx.conn = conn;
    e = run_locked(run, target, work);
    run->ctx.conn = NULL;
    run->db->ops->close(conn);
    return e;
}

static enum err migrate(struct run *run, int target, enum err (*work)(struct run *run, int target))
{
    enum err e;
    run->schema = &schemas[run->db->ops->schema];
    run->applied = calloc(VERSIONS_MAX, sizeof(*run->applied));
    if (run->applied == NULL)
        return ERR_NO_MEMORY;
    e = run_open(run, target, work);
    if (e != ERR_OK) {
        free(run->applied);
        run->applied = NULL;
    }
    return e;
}

enum err migrate_up(struct db *db, int target, struct buf *ret_error_text, int *ret_steps)
{
    struct run run = { .db = db, .error_text = ret_error_text };
    TRY(migrate(&run, target, do_up));
    free(run.applied);
    *ret_steps = run.steps;
    return ERR_OK;
}

enum err migrate_down(struct db *db, int target, struct buf *ret_error_text, int *ret_steps)
{
    struct run run = { .db = db, .error_text = ret_error_text };
    TRY(migrate(&run, target, do_down));
    free(run.applied);
    *ret_steps = run.steps;
    return ERR_OK;
}

enum err migrate_stamp(struct db *db, int target, struct buf *ret_error_text)
{
    struct run run = { .db = db, .error_text = ret_error_text };
    TRY(migrate(&run, target, do_stamp));
    free(run.applied);
    return ERR_OK;
}

enum err migrate_check(struct db *db, struct buf *ret_error_text)
{
    struct run run = { .db = db, .error_text = ret_error_text };
    TRY(migrate(&run, MIGRATE_NEWEST, do_check));
    free(run.applied);
    return ERR_OK;
}

enum err migrate_version(struct db *db, struct buf *ret_error_text, int *ret_version)
{
    struct run run = { .db = db, .error_text = ret_error_text };
    TRY(migrate(&run, MIGRATE_NEWEST, do_nothing));
    free(run.applied);
    *ret_version = run.version;
    return ERR_OK;
}

static void write_status(const struct run *run, int version, struct buf *ret_text)
{
    const struct schema_step *step = &run->schema->steps[version - 1];
    const struct applied *a;
    char time[CLOCK_TEXT_BYTES];
    buf_addf(ret_text, "%04d %s ", version, step->name);
    if (version > run->version) {
        buf_add_c(ret_text, "pending\n");
        return;
    }
    a = &run->applied[version - 1];
    clock_format(a->applied_us, time);
    if (a->done == a->count)
        buf_addf(ret_text, "applied %s\n", time);
    else
        buf_addf(ret_text, "unfinished %s\n", time);
}

enum err migrate_status(struct db *db, struct buf *ret_text, struct buf *ret_error_text)
{
    struct run run = { .db = db, .error_text = ret_error_text };
    TRY(migrate(&run, MIGRATE_NEWEST, do_nothing));
    for (int version = 1; version <= (int)run.schema->step_count; version++)
        write_status(&run, version, ret_text);
    free(run.applied);
    return ERR_OK;
}
