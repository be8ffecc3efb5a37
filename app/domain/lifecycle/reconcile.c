#include "parley/domain/lifecycle/reconcile.h"

#include "parley/core/limits.h"
#include "parley/db/db.h"
#include "parley/domain/files/attachment.h"
#include "parley/domain/files/attachment_lost.h"
#include "parley/domain/record/audit.h"
#include "parley/objects/store.h"

enum { ROWS_AT_ONCE = 200, TELLS_NONE = -1 };

struct reconciling {
    struct task *task;
    const struct reconcile_opts *opts;
    struct reconcile_report report;
    /* Objects that are looked up together. */
    char keys[OBJECT_BATCH_MAX][STORE_KEY_MAX_BYTES + 1];
    bool is_known[OBJECT_BATCH_MAX];
    size_t key_count;
};

static void tell(struct reconciling *run, int fault, struct str key)
{
    run->opts->tell(run->opts->arg, fault, key, &run->report);
}

/* ---- objects without a row ---- */

static enum err known_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct reconciling *run = arg;

    (void)ctx;
    for (size_t i = 0; i < run->key_count; i++)
        if (str_eq_c(db_row_str(row, RECONCILE_KNOWN_OBJECT_KEY), run->keys[i]))
            run->is_known[i] = true;
    return ERR_OK;
}

/* Rows that know it were looked for when it had been listed; one that has gone since took the object along. */
static enum err orphan_judge(struct reconciling *run, size_t index)
{
    struct ctx *ctx = &run->task->ctx;
    struct str key = str_from(run->keys[index]);
    struct store_info info;
    enum err e = store_stat(ctx->app->store, ctx->arena, key, &info);

    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    if (run->opts->way == RECONCILE_REPAIR)
        TRY(store_delete(ctx->app->store, ctx->arena, key));
    run->report.orphan_count++;
    run->report.orphan_bytes += info.size_bytes;
    tell(run, RECONCILE_ORPHAN, key);
    return ERR_OK;
}

static enum err keys_judge(struct reconciling *run)
{
    struct db_value values[3 * OBJECT_BATCH_MAX];
    enum err e;

    task_renew(run->task);
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        size_t n = i % OBJECT_BATCH_MAX;
        values[i] = n < run->key_count ? DB_TEXT(str_from(run->keys[n])) : DB_NULL;
    }
    memset(run->is_known, 0, sizeof(run->is_known));
    TRY(db_each(&run->task->ctx, SQL_RECONCILE_KNOWN, (struct db_args){ values, COUNT_OF(values) }, known_read, run));
    e = ERR_OK;
    for (size_t i = 0; i < run->key_count && e == ERR_OK; i++)
        if (!run->is_known[i])
            e = orphan_judge(run, i);
    run->key_count = 0;
    return e;
}

static enum err object_look(void *arg, struct str key, int64_t size_bytes)
{
    struct reconciling *run = arg;

    if (key.len > STORE_KEY_MAX_BYTES)
        return ERR_OK; /* none of ours: keys are made by the server */
    memcpy(run->keys[run->key_count], key.ptr, key.len);
    run->keys[run->key_count][key.len] = '\0';
    run->key_count++;
    (void)size_bytes;
    run->report.object_count++;
    tell(run, TELLS_NONE, key);
    return run->key_count == OBJECT_BATCH_MAX ? keys_judge(run) : ERR_OK;
}

static enum err objects_look(struct reconciling *run)
{
    TRY(store_each(run->task->ctx.app->store, object_look, run));
    return run->key_count > 0 ? keys_judge(run) : ERR_OK;
}

/* ---- files without an object ---- */

struct file {
    struct attachment_place place;
    struct str key;
    int64_t size_bytes;
};

static enum err file_read(struct ctx *ctx, const struct db_row *row, void *arg)
{
    struct file *file = list_add(ctx->arena, arg, sizeof(*file));

    if (file == NULL)
        return fail(ctx, ERR_NO_MEMORY);
    *file = (struct file){ .place = { .id = db_row_int(row, RECONCILE_ATTACHMENTS_ID),
                                      .workspace_id = db_row_int(row, RECONCILE_ATTACHMENTS_WORKSPACE_ID) },
                           .key = arena_str(ctx->arena, db_row_str(row, RECONCILE_ATTACHMENTS_OBJECT_KEY)),
                           .size_bytes = db_row_int(row, RECONCILE_ATTACHMENTS_SIZE_BYTES) };
    return arena_check(ctx->arena);
}

struct losing {
    const struct reconciling *run;
    struct attachment_place place;
    bool is_there; /* the row is */
};

/* The row once more, now that its object is known not to be there: it may have gone with it. */
static enum err row_lose(struct ctx *ctx, void *arg)
{
    struct losing *losing = arg;
    struct attachment_place *place = &losing->place;
    struct attachment_removal removal;
    enum err e = db_number(ctx, SQL_RECONCILE_MESSAGE_LOCK, DB_ARGS(DB_INT(place->id), DB_INT(place->workspace_id)),
                           &place->message_id);

    losing->is_there = e == ERR_OK;
    if (e != ERR_OK || losing->run->opts->way == RECONCILE_TELL)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    return attachment_lose(ctx, SQL_ATTACHMENTS_GOING_LOST, place, &removal);
}

static enum err file_judge(struct reconciling *run, const struct file *file)
{
    struct ctx *ctx = &run->task->ctx;
    struct losing losing = { .run = run, .place = file->place };
    struct store_info info = { .size_bytes = -1 };
    enum err e = store_stat(ctx->app->store, ctx->arena, file->key, &info);

    run->report.file_count++;
    tell(run, TELLS_NONE, file->key);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    if (e == ERR_OK && info.size_bytes == file->size_bytes)
        return ERR_OK;
    TRY(db_run(ctx, row_lose, &losing));
    if (!losing.is_there)
        return ERR_OK;
    run->report.missing_count++;
    tell(run, RECONCILE_MISSING, file->key);
    return ERR_OK;
}

static enum err files_look(struct reconciling *run)
{
    int64_t after_id = 0;
    struct list list;

    do {
        const struct file *files;

        task_renew(run->task);
        list = (struct list){ NULL, 0 };
        TRY(db_each(&run->task->ctx, SQL_RECONCILE_ATTACHMENTS, DB_ARGS(DB_INT(after_id), DB_INT(ROWS_AT_ONCE)),
                    file_read, &list));
        files = list.items;
        for (size_t i = 0; i < list.count; i++) {
            TRY(file_judge(run, &files[i]));
            after_id = files[i].place.id;
        }
    } while (list.count == ROWS_AT_ONCE);
    return ERR_OK;
}

/* ---- both ---- */

static enum err repair_note(struct ctx *ctx, const struct reconcile_report *report)
{
    return audit_add(ctx, &(struct audit_entry){ .action = AUDIT_STORE_RECONCILED,
                                                 .details = AUDIT_DETAILS(AUDIT_INT("objects", report->orphan_count),
                                                                          AUDIT_INT("bytes", report->orphan_bytes),
                                                                          AUDIT_INT("files", report->missing_count)) });
}

enum err reconcile(struct task *task, const struct reconcile_opts *opts, struct reconcile_report *ret_report)
{
    struct reconciling run = { .task = task, .opts = opts };

    TRY(objects_look(&run));
    TRY(files_look(&run));
    if (opts->way == RECONCILE_REPAIR && run.report.orphan_count + run.report.missing_count > 0)
        TRY(repair_note(&task->ctx, &run.report));
    *ret_report = run.report;
    return ERR_OK;
}
