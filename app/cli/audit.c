#include "parley/domain/record/audit.h"

#include "parley/cli/commands.h"
#include "parley/core/buf.h"
#include "parley/core/clock.h"
#include "parley/core/json_out.h"
#include "parley/core/limits.h"
#include "parley/domain/record/audit_verify.h"

enum { EXPORT_PAGE = 200 };

enum option { OPTION_KNOWN };

/* Runs fn with an open database. */
static int with_runtime(struct cli *cli, enum cli_access access,
                        int (*fn)(struct cli *cli, struct cli_runtime *runtime))
{
    struct cli_runtime runtime = { .app.db = NULL };
    int result = cli_runtime_open(cli, access, &runtime) ? fn(cli, &runtime) : CLI_FAILED;

    cli_runtime_close(&runtime);
    return result;
}

/* ---- verify ---- */

static int report_print(struct cli *cli, struct ctx *ctx, const struct audit_report *report)
{
    char hex[SHA256_HEX_BYTES];

    for (int64_t i = 0; i < report->fault_count && i < AUDIT_FAULTS_LISTED_MAX; i++) {
        const char *sentence = audit_fault_sentence(ctx->arena, &report->faults[i]);

        (void)cli_fail(cli, "%s", sentence != NULL ? sentence : err_info(ERR_NO_MEMORY)->sentence);
        arena_reset(ctx->arena);
    }
    digest_hex(report->end.hash.bytes, hex);
    (void)printf("%lld rows are sealed, %lld wait to be.\n", (long long)report->sealed_count,
                 (long long)report->unsealed_count);
    if (report->fault_count > 0)
        return cli_fail(cli, "the audit log was tampered with: %lld faults", (long long)report->fault_count);
    (void)printf("The chain is whole. Its end, to be kept elsewhere and given to --known later:\n%lld:%s\n",
                 (long long)report->end.position, hex);
    return CLI_OK;
}

static int verify(struct cli *cli, struct cli_runtime *runtime)
{
    const char *known_text = cli_option(cli, OPTION_KNOWN);
    struct audit_report report;
    struct audit_end known = { .position = 0 };
    enum err e;

    if (known_text != NULL && !audit_end_parse(str_from(known_text), &known))
        return cli_wrong_use(cli, "--known wants a position, a colon and 64 hex digits");
    e = audit_verify(&runtime->task.ctx, known_text != NULL ? &known : NULL, &report);
    if (e != ERR_OK)
        return cli_fail(cli, "%s", task_sentence(&runtime->task, e));
    return report_print(cli, &runtime->task.ctx, &report);
}

/* ---- export ---- */

static void hex_write(struct json_out *out, const char *name, struct str hash)
{
    char hex[SHA256_HEX_BYTES];

    if (hash.len != SHA256_BYTES) {
        json_out_kv_null(out, name);
        return;
    }
    digest_hex((const uint8_t *)hash.ptr, hex);
    json_out_kv_c(out, name, hex);
}

static void base64_write(struct json_out *out, const char *name, struct str bytes)
{
    struct buf text;

    buf_init(&text, 256);
    digest_base64(&text, bytes.ptr, bytes.len);
    if (bytes.ptr == NULL)
        json_out_kv_null(out, name);
    else
        json_out_kv_str(out, name, buf_str(&text));
    buf_release(&text);
}

/* All zero or 0: null. */
static void id_write(struct json_out *out, const char *name, const struct uuid *id)
{
    if (uuid_eq(id, &(struct uuid){ .bytes = { 0 } }))
        json_out_kv_null(out, name);
    else
        json_out_kv_uuid(out, name, id);
}

static void key_write(struct json_out *out, const char *name, int64_t key)
{
    if (key == 0)
        json_out_kv_null(out, name);
    else
        json_out_kv_int(out, name, key);
}

static void link_write(struct json_out *out, const struct audit_link *link)
{
    json_out_object(out);
    json_out_kv_int(out, "id", link->id);
    json_out_kv_uuid(out, "uuid", &link->uuid);
    json_out_kv_time(out, "at", link->at_us);
    json_out_kv_int(out, "at_us", link->at_us);
    json_out_kv_str(out, "action", link->action);
    id_write(out, "actor", &link->actor);
    key_write(out, "actor_key_id", link->actor_key_id);
    json_out_kv_str(out, "actor_name", link->personal.name);
    json_out_kv_str(out, "ip", link->personal.ip);
    json_out_kv_str(out, "target_kind", link->target_kind);
    id_write(out, "target", &link->target);
    key_write(out, "target_key_id", link->target_key_id);
    json_out_kv_str(out, "request_id", link->request_id);
    json_out_kv_str(out, "details", link->details);
    base64_write(out, "salt", link->salt);
    hex_write(out, "digest", link->digest);
    key_write(out, "position", link->position);
    hex_write(out, "previous_hash", link->previous_hash);
    hex_write(out, "hash", link->hash);
    json_out_object_end(out);
}

/* The rows behind *id, which moves on. */
static enum err page_print(struct ctx *ctx, struct buf *text, int64_t *id, size_t *ret_count)
{
    const struct audit_link *links;
    struct list list;

    TRY(audit_links_all(ctx, *id, EXPORT_PAGE, &list));
    links = list.items;
    for (size_t i = 0; i < list.count; i++) {
        struct json_out out;

        buf_clear(text);
        json_out_init(&out, text);
        link_write(&out, &links[i]);
        buf_add_byte(text, '\n');
        TRY(buf_check(text));
        if (fwrite(text->ptr, 1, text->len, stdout) != text->len)
            return failf(ctx, ERR_UNAVAILABLE, "The rows cannot be written");
        *id = links[i].id;
    }
    *ret_count = list.count;
    arena_reset(ctx->arena);
    return ERR_OK;
}

static int export_rows(struct cli *cli, struct cli_runtime *runtime)
{
    struct ctx *ctx = &runtime->task.ctx;
    struct buf text;
    int64_t id = 0;
    size_t count = 1;
    enum err e = audit_add(ctx, &(struct audit_entry){ .action = AUDIT_AUDIT_EXPORTED });

    buf_init(&text, 2 * AUDIT_LINK_MAX_BYTES);
    while (e == ERR_OK && count > 0)
        e = page_print(ctx, &text, &id, &count);
    buf_release(&text);
    if (e == ERR_OK && fflush(stdout) != 0)
        return cli_fail(cli, "the rows cannot be written");
    return e == ERR_OK ? CLI_OK : cli_fail(cli, "%s", task_sentence(&runtime->task, e));
}

/* ---- the command ---- */

static int verify_run(struct cli *cli)
{
    return with_runtime(cli, CLI_READS, verify);
}

static int export_run(struct cli *cli)
{
    return with_runtime(cli, CLI_WRITES, export_rows);
}

static const struct command_option options[] = {
    [OPTION_KNOWN] = { "--known", "POSITION:HASH", "where the chain ended when it was last checked" },
    { NULL, NULL, NULL },
};

static const struct command_action actions[] = {
    { "verify", NULL,
      "walk along the chain of sealed rows; every row that was changed, removed, added or moved is named, and the exit code "
      "is 1. Prints where the chain ends: kept outside of this server and given to --known later, it also shows a chain "
      "that was made again from there",
      COMMAND_TAKES(OPTION_KNOWN), verify_run },
    { "export", NULL, "print every row as a line of JSON, with what verifying it needs", 0, export_run },
    { NULL, NULL, NULL, 0, NULL },
};

const struct command audit_command = {
    .name = "audit",
    .summary = "Check the audit log's chain, or print the whole log",
    .actions = actions,
    .options = options,
};
