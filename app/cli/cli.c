#include "parley/cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

#include "parley/auth/keys.h"
#include "parley/cli/commands.h"
#include "parley/core/limits.h"
#include "parley/core/path.h"
#include "parley/db/db.h"
#include "parley/db/migrate.h"
#include "parley/domain/lifecycle/key_ownership.h"

enum { LINE_MAX_BYTES = 8192, HINT_MAX_BYTES = 100, FOLDER_MODE = 0750 };

/* The text, a line each with "parley NAME: " before it. */
static void print_lines(const struct cli *cli, const char *text)
{
    struct str rest = str_from(text);
    struct str line;

    while (str_split(&rest, '\n', &line)) {
        if (line.len > 0)
            fprintf(stderr, "parley %s: %.*s\n", cli->command->name, STR_FMT(line));
    }
}

int cli_wrong_use(const struct cli *cli, const char *format, ...)
{
    char text[LINE_MAX_BYTES];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    fprintf(stderr, "parley %s: %s; see parley %s --help\n", cli->command->name, text, cli->command->name);
    return CLI_WRONG_USE;
}

int cli_fail(const struct cli *cli, const char *format, ...)
{
    char text[LINE_MAX_BYTES];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    print_lines(cli, text);
    return CLI_FAILED;
}

/* "; did you mean add?", or nothing. */
static const char *hint(char *text, size_t bytes, const char *near)
{
    (void)snprintf(text, bytes, near != NULL ? "; did you mean %s?" : "%s", near != NULL ? near : "");
    return text;
}

int cli_no_command(const char *name)
{
    char text[HINT_MAX_BYTES];

    fprintf(stderr, "parley: there is no command %s%s; see parley --help\n", name,
            hint(text, sizeof(text), command_name_near(name)));
    return CLI_WRONG_USE;
}

int cli_print(const struct cli *cli, const struct buf *text)
{
    if (buf_check(text) != ERR_OK)
        return cli_fail(cli, "out of memory");
    if (fwrite(text->ptr, 1, text->len, stdout) != text->len || fflush(stdout) != 0)
        return cli_fail(cli, "standard output cannot be written");
    return CLI_OK;
}

static int print_help(const struct cli *cli)
{
    struct buf text;
    int status;

    buf_init(&text, 1 * MIB);
    help_command_write(cli->command, &text);
    status = cli_print(cli, &text);
    buf_release(&text);
    return status;
}

/* ---- words ---- */

/* The row's number; -1 after telling that there is none. */
static int find_option(const struct cli *cli, struct str name)
{
    const struct command_option *rows = cli->command->options;
    char text[HINT_MAX_BYTES];

    for (int i = 0; rows != NULL && rows[i].name != NULL; i++) {
        if (str_eq_c(name, rows[i].name))
            return i;
    }
    (void)cli_wrong_use(cli, "there is no option %.*s%s", STR_FMT(name),
                        hint(text, sizeof(text), command_option_near(rows, name)));
    return -1;
}

/* The option in words[*at], with its value, which may be the next word. */
static bool take_option(struct cli *cli, int *at)
{
    struct str word = str_from(cli->words[*at]);
    size_t equals = str_index(word, '=');
    int index = find_option(cli, str_head(word, equals));
    const struct command_option *option;

    if (index < 0)
        return false;
    option = &cli->command->options[index];
    if (option->value == NULL && equals != SIZE_MAX) {
        (void)cli_wrong_use(cli, "%s takes no value", option->name);
        return false;
    }
    if (option->value != NULL && equals == SIZE_MAX && *at + 1 >= cli->word_count) {
        (void)cli_wrong_use(cli, "%s needs a value", option->name);
        return false;
    }
    if (option->value == NULL)
        cli->values[index] = "";
    else
        cli->values[index] = equals != SIZE_MAX ? cli->words[*at] + equals + 1 : cli->words[++*at];
    return true;
}

const char *cli_option(const struct cli *cli, int option)
{
    return cli->values[option];
}

/* Takes the options out of the words. */
static bool take_options(struct cli *cli, bool *ret_help)
{
    bool only_words = false;
    int kept = 0;

    for (int i = 0; i < cli->word_count; i++) {
        const char *word = cli->words[i];

        if (only_words || word[0] != '-' || word[1] == '\0') {
            cli->words[kept++] = cli->words[i];
        } else if (strcmp(word, "--") == 0) {
            only_words = true;
        } else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            *ret_help = true;
            return true;
        } else if (!take_option(cli, &i)) {
            return false;
        }
    }
    cli->words[kept] = NULL;
    cli->word_count = kept;
    return true;
}

/* "add, list or passwd" */
static void list_actions(const struct command_action *rows, struct buf *out)
{
    for (size_t i = 0; rows[i].name != NULL; i++)
        buf_addf(out, "%s%s", i == 0 ? "" : rows[i + 1].name == NULL ? " or " : ", ", rows[i].name);
}

static bool no_action(const struct cli *cli)
{
    char text[HINT_MAX_BYTES];
    struct buf names;

    buf_init(&names, LINE_MAX_BYTES);
    list_actions(cli->command->actions, &names);
    if (cli->word_count == 0)
        (void)cli_wrong_use(cli, "an action is missing: %s", names.ptr);
    else
        (void)cli_wrong_use(cli, "there is no action %s%s", cli->words[0],
                            hint(text, sizeof(text), command_action_near(cli->command->actions, cli->words[0])));
    buf_release(&names);
    return false;
}

/* Takes the action out of the words. */
static bool take_action(struct cli *cli)
{
    const struct command_action *row = cli->command->actions;

    while (row->name != NULL && (cli->word_count == 0 || strcmp(row->name, cli->words[0]) != 0))
        row++;
    if (row->name == NULL)
        return no_action(cli);
    cli->action = row;
    cli->words++;
    cli->word_count--;
    for (int i = 0; i < COMMAND_OPTIONS_MAX; i++) {
        if (cli->values[i] != NULL && (row->options & COMMAND_TAKES(i)) == 0) {
            (void)cli_wrong_use(cli, "%s does not take %s", row->name, cli->command->options[i].name);
            return false;
        }
    }
    return true;
}

/* Held against "ADDRESS [VERSION]". */
static bool words_are_right(const struct cli *cli)
{
    const char *wanted = cli->action != NULL ? cli->action->words : cli->command->words;
    const char *name = cli->action != NULL ? cli->action->name : "it";
    struct str rest = str_from(wanted);
    struct str word;
    int least = 0, most = 0;

    for (; wanted != NULL && str_split(&rest, ' ', &word); most++)
        least += word.ptr[0] != '[';
    if (cli->word_count < least)
        (void)cli_wrong_use(cli, "%s wants %s", name, wanted);
    else if (cli->word_count > most)
        (void)cli_wrong_use(cli, most == 0 ? "%s takes no more words" : "%s wants %s and no more", name, wanted);
    return cli->word_count >= least && cli->word_count <= most;
}

int cli_run(struct cli *cli)
{
    bool help = false;

    if (!take_options(cli, &help))
        return CLI_WRONG_USE;
    if (help)
        return print_help(cli);
    if ((cli->command->actions != NULL && !take_action(cli)) || !words_are_right(cli))
        return CLI_WRONG_USE;
    return cli->action != NULL ? cli->action->run(cli) : cli->command->run(cli);
}

/* ---- parts ---- */

const struct principal cli_actor = { .kind = USER_KIND_PERSON, .role = USER_ROLE_ADMIN, .email = "command line" };

struct config *cli_config(const struct cli *cli)
{
    struct config *config = NULL;
    struct buf faults;

    buf_init(&faults, 1 * MIB);
    if (config_load(&cli->config_opts, &faults, &config) != ERR_OK)
        print_lines(cli, faults.len > 0 ? faults.ptr : "the configuration cannot be read: out of memory");
    buf_release(&faults);
    return config;
}

struct config_box *cli_config_box(const struct cli *cli)
{
    struct config *config = cli_config(cli);
    struct config_box *box = config == NULL ? NULL : config_box_new(config);

    if (config != NULL && box == NULL) {
        config_free(config);
        (void)cli_fail(cli, "out of memory");
    }
    return box;
}

bool cli_make_dirs(const struct cli *cli, const struct config *config)
{
    if (path_make_dir(config->var_dir, FOLDER_MODE) != ERR_OK) {
        (void)cli_fail(cli, "%s: the folder cannot be made: %s", config->var_dir, strerror(errno));
        return false;
    }
    if (path_make_parent(config->fcgi_socket, FOLDER_MODE) != ERR_OK) {
        (void)cli_fail(cli, "%s: the folder of this socket cannot be made: %s", config->fcgi_socket, strerror(errno));
        return false;
    }
    return true;
}

enum err cli_db_require(struct db *db, struct buf *ret_error_text)
{
    const char *file = db_file(db);

    if (file == NULL || access(file, F_OK) == 0 || errno != ENOENT)
        return ERR_OK;
    buf_addf(ret_error_text, "there is no database %s yet: start the server once, or run parley migrate up", file);
    return ERR_DATABASE;
}

enum err cli_db_open(const struct config *config, struct buf *ret_error_text, struct db **ret_db)
{
    struct db *db;
    enum err e;

    TRY(db_open(config, DB_UNCHECKED, ret_error_text, &db));
    e = cli_db_require(db, ret_error_text);
    if (e == ERR_OK)
        e = migrate_check(db, ret_error_text);
    if (e == ERR_OK)
        *ret_db = db;
    else
        db_close(db);
    return e;
}

/* Without keys here there is nothing to compare: the command itself needs none. */
static enum err refuse_foreign_keys(struct cli_runtime *runtime, struct buf *ret_error_text)
{
    const struct config *config = runtime->task.ctx.config;

    if (!keys_exist(config))
        return ERR_OK;
    TRY(keys_open(config, ret_error_text, &runtime->app.keys));
    return key_ownership_look(&runtime->task.ctx, ret_error_text);
}

bool cli_runtime_open(const struct cli *cli, enum cli_access access, struct cli_runtime *runtime)
{
    struct buf error_text;
    enum err e;

    runtime->app.config = cli_config_box(cli);
    if (runtime->app.config == NULL)
        return false;
    buf_init(&error_text, 65536);
    e = task_begin(&runtime->task, &runtime->app);
    runtime->task.ctx.actor = &cli_actor;
    if (e == ERR_OK)
        e = cli_db_open(runtime->task.ctx.config, &error_text, &runtime->app.db);
    if (e == ERR_OK && access == CLI_WRITES)
        e = refuse_foreign_keys(runtime, &error_text);
    if (e != ERR_OK)
        (void)cli_fail(cli, "%s", error_text.len > 0 ? error_text.ptr : err_info(e)->sentence);
    buf_release(&error_text);
    return e == ERR_OK;
}

void cli_runtime_close(struct cli_runtime *runtime)
{
    task_end(&runtime->task);
    db_close(runtime->app.db);
    keys_free(runtime->app.keys);
    config_box_free(runtime->app.config);
}
