#include "parley/core/config.h"

#include "parley/cli/commands.h"
#include "parley/core/limits.h"

enum { VALUE_WIDTH_MAX = 44 };

/* "4 to 16", "closed, invite, open", "" … what may be set, appended. */
static void add_range(const struct config_row *row, struct buf *out)
{
    struct str rest = str_from(row->choices);
    struct str choice;

    if (row->type == CONFIG_SWITCH)
        buf_add_c(out, " on or off.");
    if (row->type == CONFIG_NUMBER)
        buf_addf(out, " %lld to %lld%s%s.", (long long)row->min, (long long)row->max, row->choices != NULL ? " " : "",
                 row->choices != NULL ? row->choices : "");
    if (row->type != CONFIG_CHOICE)
        return;
    for (int i = 0; str_split(&rest, '|', &choice); i++)
        buf_addf(out, "%s%.*s", i > 0 ? ", " : " One of ", STR_FMT(choice));
    buf_add_byte(out, '.');
}

/* The README's table. It is the same on every machine. */
static void add_markdown(struct buf *out)
{
    buf_add_c(out, "| Setting | Default | Meaning |\n|---|---|---|\n");
    for (size_t i = 0; i < config_row_count(); i++) {
        const struct config_row *row = config_row_at(i);
        bool set = row->default_value[0] != '\0';

        buf_addf(out, "| `%s` | %s%s%s | %s", row->name, set ? "`" : "", row->default_value, set ? "`" : "", row->doc);
        add_range(row, out);
        if ((row->flags & CONFIG_RELOAD) != 0)
            buf_add_c(out, " Taken on `SIGHUP`.");
        buf_add_c(out, " |\n");
    }
}

/* .env.example: every setting, none of them set. */
static void add_env(struct buf *out)
{
    buf_add_c(out, "# Settings of Parley. Copy this file to .env and take away the # before what you change.\n");
    for (size_t i = 0; i < config_row_count(); i++) {
        const struct config_row *row = config_row_at(i);

        buf_addf(out, "\n# %s", row->doc);
        add_range(row, out);
        buf_addf(out, "\n#%s=%s\n", row->name, row->default_value);
    }
}

static void add_table_row(const struct config *config, size_t index, struct buf *value, struct buf *out)
{
    const struct config_row *row = config_row_at(index);

    buf_clear(value);
    config_value(config, index, value);
    buf_addf(out, "%-27s %-*s %-12s %s\n", row->name, VALUE_WIDTH_MAX, value->len > 0 ? value->ptr : "-",
             config_source(config, index), row->doc);
}

static void add_table(const struct config *config, struct buf *out)
{
    struct buf value;

    buf_init(&value, 1 * MIB);
    buf_addf(out, "%-27s %-*s %-12s %s\n", "SETTING", VALUE_WIDTH_MAX, "VALUE", "FROM", "MEANING");
    for (size_t i = 0; i < config_row_count(); i++)
        add_table_row(config, i, &value, out);
    buf_release(&value);
}

static int print_table(const struct cli *cli, struct buf *out)
{
    struct config *config = cli_config(cli);

    if (config == NULL)
        return CLI_FAILED;
    add_table(config, out);
    buf_add_byte(out, '\n');
    config_notes(config, out);
    config_free(config);
    return CLI_OK;
}

enum option { OPTION_FORMAT };

static int run(struct cli *cli)
{
    const char *format = cli_option(cli, OPTION_FORMAT) != NULL ? cli_option(cli, OPTION_FORMAT) : "table";
    struct buf text;
    int status = CLI_OK;

    buf_init(&text, 4 * MIB);
    if (strcmp(format, "table") == 0)
        status = print_table(cli, &text);
    else if (strcmp(format, "markdown") == 0)
        add_markdown(&text);
    else if (strcmp(format, "env") == 0)
        add_env(&text);
    else
        status = cli_wrong_use(cli, "--format is table, markdown or env");
    if (status == CLI_OK)
        status = cli_print(cli, &text);
    buf_release(&text);
    return status;
}

static const struct command_option options[] = {
    [OPTION_FORMAT] = { "--format", "FORMAT",
                        "table: the settings as they are here (default); markdown: the table of the README; env: the file "
                        ".env.example" },
    { NULL, NULL, NULL },
};

const struct command config_command = {
    .name = "config",
    .summary = "Print every setting, its value, where it came from and what it means",
    .options = options,
    .text =
        "Secrets are printed as ***, and below the settings stands what is set and not used. Faults are told all together, "
        "and the exit code is 1.",
    .run = run,
};
