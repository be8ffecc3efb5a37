#include "parley/auth/keys.h"

#include "parley/cli/commands.h"
#include "parley/db/db.h"
#include "parley/domain/assist/provider_reseal.h"
#include "parley/domain/lifecycle/key_ownership.h"
#include "parley/domain/record/audit.h"
#include "parley/domain/trust/totp_reseal.h"

/* The parts that both actions need. */
struct key_parts {
    struct app app;
    struct task task;
};

static enum err parts_open_for_keys(struct key_parts *runtime, struct buf *ret_error_text)
{
    TRY(task_begin(&runtime->task, &runtime->app));
    runtime->task.ctx.actor = &cli_actor;
    TRY(keys_open(runtime->task.ctx.config, ret_error_text, &runtime->app.keys));
    return cli_db_open(runtime->task.ctx.config, ret_error_text, &runtime->app.db);
}

static void parts_close_for_keys(struct key_parts *runtime)
{
    task_end(&runtime->task);
    db_close(runtime->app.db);
    keys_free(runtime->app.keys);
}

/* All that is sealed. */
struct reseal {
    struct totp_reseal totp;
    struct provider_reseal providers;
};

static enum err reseal_all(struct task *task, struct reseal *reseal)
{
    int64_t count, provider_count;

    do {
        TRY(totp_reseal_page(&task->ctx, &reseal->totp, &count));
        TRY(provider_reseal_page(&task->ctx, &reseal->providers, &provider_count));
        task_renew(task);
    } while (count + provider_count > 0);
    return ERR_OK;
}

/*
 * Writes the present keys into the database, and seals again what older ones have sealed. Then the older sealing keys may
 * go, but for the one named, if any: a host that has not heard of the new one seals with it.
 */
static enum err adopt(struct config_box *box, struct str kept_seal, struct reseal *ret_reseal,
                      struct buf *ret_error_text)
{
    struct key_parts runtime = { .app.config = box };
    struct reseal reseal = { .totp = { .after_id = 0 } };
    bool is_rotation = kept_seal.ptr != NULL;
    enum err e = parts_open_for_keys(&runtime, ret_error_text);

    if (e == ERR_OK)
        e = key_ownership_adopt(&runtime.task.ctx);
    if (e == ERR_OK)
        e = audit_add(&runtime.task.ctx, &(struct audit_entry){ .action = is_rotation ? AUDIT_SIGNING_KEY_ROTATED
                                                                                      : AUDIT_SIGNING_KEYS_ADOPTED });
    if (e == ERR_OK)
        e = reseal_all(&runtime.task, &reseal);
    if (e == ERR_OK && reseal.totp.stuck_count + reseal.providers.stuck_count == 0 && kept_seal.len > 0)
        keys_forget_seals(runtime.app.keys, kept_seal);
    if (e != ERR_OK && ret_error_text->len == 0)
        buf_add_c(ret_error_text, task_sentence(&runtime.task, e));
    parts_close_for_keys(&runtime);
    *ret_reseal = reseal;
    return e;
}

static int say_resealed(struct cli *cli, const struct reseal *reseal)
{
    int64_t done_count = reseal->totp.done_count + reseal->providers.done_count;

    if (done_count > 0)
        (void)printf("Secrets sealed again: %lld.\n", (long long)done_count);
    if (reseal->providers.stuck_count > 0)
        return cli_fail(
            cli,
            "%lld keys of providers are sealed under a key that is not in KEYS_DIR: bring its seal-*.key back from\n"
            "a backup, or set the providers' keys again",
            (long long)reseal->providers.stuck_count);
    if (reseal->totp.stuck_count == 0)
        return CLI_OK;
    return cli_fail(
        cli,
        "%lld second factors are sealed under a key that is not in KEYS_DIR: bring its seal-*.key back from a\n"
        "backup, or take them away with parley user reset-2fa",
        (long long)reseal->totp.stuck_count);
}

/*
 * Nothing is written unless the keys that are here are the database's own: a rotation in the wrong folder would make a
 * second set that looks as good as the first. *ret_seal: the name of the sealing key that seals now.
 */
static enum err check_before(struct config_box *box, struct buf *ret_seal, struct buf *ret_error_text)
{
    struct key_parts runtime = { .app.config = box };
    struct buf ids;
    struct str rest, id;
    enum err e = parts_open_for_keys(&runtime, ret_error_text);

    buf_init(&ids, 1024);
    if (e == ERR_OK)
        e = key_ownership_look(&runtime.task.ctx, ret_error_text);
    if (e == ERR_OK) {
        keys_seal_ids(runtime.app.keys, &ids);
        rest = buf_str(&ids);
        if (str_split(&rest, ' ', &id))
            buf_add(ret_seal, id);
    } else if (ret_error_text->len == 0) {
        buf_add_c(ret_error_text, task_sentence(&runtime.task, e));
    }
    buf_release(&ids);
    parts_close_for_keys(&runtime);
    return e;
}

static void say_rotated(const struct config *config, const char *kid)
{
    (void)printf("The signing key is now %s.\n"
                 "Send SIGHUP to the running servers, and copy %s to the other hosts. Tokens of the key before\n"
                 "stay good; its public-….pem may be removed in %lld days.\n"
                 "The sealing key is new as well. The one before stays as seal-….key until the next rotation.\n",
                 kid, config->keys_dir, (long long)config->refresh_token_expire_days);
}

static int rotate(struct cli *cli, struct config_box *box)
{
    const struct config *config = config_get(box);
    struct buf error_text, kid, seal;
    struct reseal reseal;
    int result = CLI_OK;

    if (!keys_exist(config)) {
        result = cli_fail(cli, "%s: there are no keys; start the server once, or copy KEYS_DIR from another host of it",
                          config->keys_dir);
        config_put(box, config);
        return result;
    }
    buf_init(&error_text, 65536);
    buf_init(&kid, 100);
    buf_init(&seal, 100);
    if (check_before(box, &seal, &error_text) != ERR_OK || keys_rotate(config, &error_text, &kid) != ERR_OK) {
        result = cli_fail(cli, "%s", error_text.ptr);
    } else {
        say_rotated(config, kid.ptr);
        if (adopt(box, buf_str(&seal), &reseal, &error_text) != ERR_OK)
            result = cli_fail(cli, "the database could not be told of the new keys (%s); run later: parley key adopt",
                              error_text.ptr);
        else
            result = say_resealed(cli, &reseal);
    }
    buf_release(&error_text);
    buf_release(&kid);
    buf_release(&seal);
    config_put(box, config);
    return result;
}

static int adopt_and_say(struct cli *cli, struct config_box *box)
{
    const struct config *config = config_get(box);
    struct buf error_text;
    struct reseal reseal;
    int result;

    buf_init(&error_text, 65536);
    if (adopt(box, (struct str){ NULL, 0 }, &reseal, &error_text) != ERR_OK) {
        result = cli_fail(cli, "%s", error_text.ptr);
    } else {
        (void)printf("The database now belongs to the keys in %s.\n", config->keys_dir);
        result = say_resealed(cli, &reseal);
    }
    buf_release(&error_text);
    config_put(box, config);
    return result;
}

static int with_config(struct cli *cli, int (*fn)(struct cli *cli, struct config_box *box))
{
    struct config_box *box = cli_config_box(cli);
    int result = box != NULL ? fn(cli, box) : CLI_FAILED;

    config_box_free(box);
    return result;
}

static int rotate_run(struct cli *cli)
{
    return with_config(cli, rotate);
}

static int adopt_run(struct cli *cli)
{
    return with_config(cli, adopt_and_say);
}

static const struct command_action actions[] = {
    { "rotate", NULL,
      "make a new pair that signs tokens; the public key before stays and still verifies, so that nobody is signed out. A "
      "new sealing key too; what the database keeps sealed (second factors, keys of providers) is sealed again. Running servers take the keys "
      "at SIGHUP",
      0, rotate_run },
    { "adopt", NULL,
      "tell the database that the keys in KEYS_DIR are this server's. Needed only where they were replaced by hand or lost: "
      "everybody must then sign in again. Seals again what an older sealing key has sealed, too",
      0, adopt_run },
    { NULL, NULL, NULL, 0, NULL },
};

const struct command key_command = {
    .name = "key",
    .summary = "Take new keys, or tell the database which keys are its own",
    .actions = actions,
};
