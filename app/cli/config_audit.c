#include "config_audit.h"

#include "parley/core/buf.h"
#include "parley/core/json_out.h"
#include "parley/core/log.h"
#include "parley/core/task.h"
#include "parley/domain/record/audit.h"

enum { VALUE_MAX_BYTES = 65536 };

/* "old": "…" */
static void value_write(struct json_out *out, const char *name, const struct config *config, size_t index)
{
    struct buf text;

    buf_init(&text, VALUE_MAX_BYTES);
    config_value(config, index, &text);
    json_out_kv_str(out, name, buf_str(&text));
    buf_release(&text);
}

/* As AUDIT_JSON wants it. *ret_count: how many differ. */
static enum err changes_write(const struct config *before, const struct config *after, struct buf *text,
                              size_t *ret_count)
{
    struct json_out out;

    *ret_count = 0;
    json_out_init(&out, text);
    json_out_object(&out);
    for (size_t i = 0; i < config_row_count(); i++) {
        bool differs;

        TRY(config_differs(before, after, i, &differs));
        if (!differs)
            continue;
        ++*ret_count;
        json_out_key(&out, config_row_at(i)->name);
        json_out_object(&out);
        value_write(&out, "old", before, i);
        value_write(&out, "new", after, i);
        json_out_object_end(&out);
    }
    json_out_object_end(&out);
    return buf_check(text);
}

static enum err changes_audit(struct ctx *ctx, const struct config *before, const struct config *after,
                              struct buf *text)
{
    size_t count;

    TRY(changes_write(before, after, text, &count));
    if (count == 0)
        return ERR_OK;
    return audit_add(ctx, &(struct audit_entry){ .action = AUDIT_SETTINGS_CHANGED,
                                                 .details = AUDIT_DETAILS(AUDIT_JSON("settings", buf_str(text))) });
}

void config_audit(const struct app *app, const struct config *before, const struct config *after)
{
    struct task task;
    struct buf text;
    enum err e = task_begin(&task, app);

    buf_init(&text, VALUE_MAX_BYTES);
    if (e == ERR_OK)
        e = changes_audit(&task.ctx, before, after, &text);
    if (e != ERR_OK)
        log_event(LOG_WARN, "changed settings could not be written into the audit log",
                  LOG_C("code", err_info(e)->code));
    buf_release(&text);
    task_end(&task);
}
