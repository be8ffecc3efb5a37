#include "parley/cli/cli.h"

#include <errno.h>
#include <stdarg.h>

#include "parley/core/limits.h"
#include "parley/core/path.h"
#include "parley/db/db.h"
#include "parley/db/migrate.h"

enum { LINE_MAX_BYTES = 8192, FOLDER_MODE = 0750 };

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

static const struct cli_option *find_option(const struct cli_option *options, struct str name)
{
    for (; options != NULL && options->name != NULL; options++) {
        if (str_eq_c(name, options->name))
            return options;
    }
    return NULL;
}

/* The option in words[*at], with its value, which may be the next word. */
static bool take_option(struct cli *cli, const struct cli_option *options, int *at)
{
    struct str word = str_from(cli->words[*at]);
    size_t equals = str_index(word, '=');
    struct str name = str_head(word, equals);
    const struct cli_option *option = find_option(options, name);

    if (option == NULL) {
        (void)cli_wrong_use(cli, "there is no option %.*s", STR_FMT(name));
        return false;
    }
    if (option->value == NULL && equals != SIZE_MAX) {
        (void)cli_wrong_use(cli, "%s takes no value", option->name);
        return false;
    }
    if (option->value != NULL && equals == SIZE_MAX && *at + 1 >= cli->word_count) {
        (void)cli_wrong_use(cli, "%s needs a value", option->name);
        return false;
    }
    if (option->value != NULL)
        *option->value = equals != SIZE_MAX ? cli->words[*at] + equals + 1 : cli->words[++*at];
    if (option->given != NULL)
        *option->given = true;
    return true;
}

bool cli_parse(struct cli *cli, const struct cli_option *options)
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
            (void)fputs(cli->command->usage, stdout);
            exit(CLI_OK);
        } else if (!take_option(cli, options, &i)) {
            return false;
        }
    }
    cli->words[kept] = NULL;
    cli->word_count = kept;
    return true;
}

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

enum err cli_db_open(const struct config *config, struct buf *ret_error_text, struct db **ret_db)
{
    struct db *db;
    enum err e;

    TRY(db_open(config, DB_UNCHECKED, ret_error_text, &db));
    e = migrate_check(db, ret_error_text);
    if (e == ERR_OK)
        *ret_db = db;
    else
        db_close(db);
    return e;
}

bool cli_runtime_open(const struct cli *cli, struct cli_runtime *runtime)
{
    struct buf error_text;
    enum err e;

    runtime->app.config = cli_config_box(cli);
    if (runtime->app.config == NULL)
        return false;
    buf_init(&error_text, 65536);
    e = task_begin(&runtime->task, &runtime->app);
    if (e == ERR_OK)
        e = cli_db_open(runtime->task.ctx.config, &error_text, &runtime->app.db);
    if (e != ERR_OK)
        (void)cli_fail(cli, "%s", error_text.len > 0 ? error_text.ptr : err_info(e)->sentence);
    buf_release(&error_text);
    return e == ERR_OK;
}

void cli_runtime_close(struct cli_runtime *runtime)
{
    task_end(&runtime->task);
    db_close(runtime->app.db);
    config_box_free(runtime->app.config);
}
