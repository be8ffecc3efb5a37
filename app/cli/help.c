#include "parley/cli/commands.h"
#include "parley/core/limits.h"

enum { LINE_CHARS_MAX = 100, COMMAND_CHARS = 10, HELP_MAX_BYTES = 1 * MIB };

/* ---- lines ---- */

/* The next word; a blank inside brackets parts none, so that an option and its value stay in one line. */
static bool next_word(struct str *text, struct str *ret_word)
{
    size_t len = 0;

    if (text->len == 0)
        return false;
    for (int depth = 0; len < text->len && (text->ptr[len] != ' ' || depth > 0); len++)
        depth += (text->ptr[len] == '[') - (text->ptr[len] == ']');
    *ret_word = str_head(*text, len);
    *text = (struct str){ text->ptr + len, text->len - len };
    if (text->len > 0)
        *text = (struct str){ text->ptr + 1, text->len - 1 };
    return true;
}

/* A text broken into lines; `used` characters stand in the first, the others begin behind `indent` blanks. */
static void add_wrapped(struct buf *out, struct str text, size_t used, int indent)
{
    struct str word;

    for (bool first = true; next_word(&text, &word); first = false) {
        size_t chars = str_code_points(word);

        if (!first && used + 1 + chars > LINE_CHARS_MAX) {
            buf_addf(out, "\n%*s", indent, "");
            used = (size_t)indent;
        } else if (!first) {
            buf_add_byte(out, ' ');
            used++;
        }
        buf_add(out, word);
        used += chars;
    }
    buf_add_byte(out, '\n');
}

static void add_paragraphs(struct buf *out, const char *text)
{
    struct str rest = str_from(text);
    struct str line;

    while (str_split(&rest, '\n', &line))
        add_wrapped(out, line, 0, 0);
}

/* "--query TEXT" */
static void option_name(const struct command_option *option, char *ret_name, size_t bytes)
{
    (void)snprintf(ret_name, bytes, "%s%s%s", option->name, option->value != NULL ? " " : "",
                   option->value != NULL ? option->value : "");
}

/* "  name   what it does" */
static void add_row(struct buf *out, const char *name, int width, const char *sentence)
{
    buf_addf(out, "  %-*s  ", width, name);
    add_wrapped(out, str_from(sentence), (size_t)width + 4, width + 4);
}

/* ---- all commands ---- */

void help_write(struct buf *out)
{
    buf_add_c(out, "Parley is a private chat server behind nginx.\n"
                   "\n"
                   "Usage: parley [--env-file FILE] COMMAND …\n"
                   "\n"
                   "Commands:\n");
    for (size_t i = 0; commands[i] != NULL; i++)
        add_row(out, commands[i]->name, COMMAND_CHARS, commands[i]->summary);
    buf_add_byte(out, '\n');
    add_paragraphs(out, HELP_SETTINGS " `parley help COMMAND` tells more, `parley help --man` is a manual page.");
}

/* ---- one command ---- */

void command_synopsis(const struct command *command, const struct command_action *action, struct buf *out)
{
    const char *words = action != NULL ? action->words : command->words;

    buf_addf(out, "parley %s", command->name);
    if (action != NULL)
        buf_addf(out, " %s", action->name);
    if (words != NULL)
        buf_addf(out, " %s", words);
    for (int i = 0; command->options != NULL && command->options[i].name != NULL; i++) {
        char name[80];

        option_name(&command->options[i], name, sizeof(name));
        if (action == NULL || (action->options & COMMAND_TAKES(i)) != 0)
            buf_addf(out, " [%s]", name);
    }
}

static void add_synopsis(struct buf *out, const char *before, const struct command *command,
                         const struct command_action *action)
{
    struct buf line;

    buf_init(&line, HELP_MAX_BYTES);
    command_synopsis(command, action, &line);
    buf_add_c(out, before);
    add_wrapped(out, buf_str(&line), strlen(before), (int)strlen(before) + 4);
    buf_release(&line);
}

static int max_int(int a, int b)
{
    return a > b ? a : b;
}

static void add_actions(struct buf *out, const struct command_action *rows)
{
    int width = 0;

    for (const struct command_action *row = rows; row->name != NULL; row++)
        width = max_int(width, (int)strlen(row->name));
    buf_add_byte(out, '\n');
    for (const struct command_action *row = rows; row->name != NULL; row++)
        add_row(out, row->name, width, row->sentence);
}

static void add_options(struct buf *out, const struct command_option *rows)
{
    char name[80];
    int width = 0;

    for (const struct command_option *row = rows; row->name != NULL; row++) {
        option_name(row, name, sizeof(name));
        width = max_int(width, (int)strlen(name));
    }
    buf_add_byte(out, '\n');
    for (const struct command_option *row = rows; row->name != NULL; row++) {
        option_name(row, name, sizeof(name));
        add_row(out, name, width, row->sentence);
    }
}

void help_command_write(const struct command *command, struct buf *out)
{
    const char *before = "Usage: ";

    if (command->actions == NULL)
        add_synopsis(out, before, command, NULL);
    for (const struct command_action *row = command->actions; row != NULL && row->name != NULL; row++) {
        add_synopsis(out, before, command, row);
        before = "       ";
    }
    buf_addf(out, "\n%s.\n", command->summary);
    if (command->actions != NULL)
        add_actions(out, command->actions);
    if (command->options != NULL)
        add_options(out, command->options);
    if (command->text == NULL)
        return;
    buf_add_byte(out, '\n');
    add_paragraphs(out, command->text);
}

/* ---- the command ---- */

enum option { OPTION_MAN };

static int run(struct cli *cli)
{
    const struct command *command = NULL;
    struct buf text;
    int status;

    if (cli->word_count > 0) {
        command = command_find(cli->words[0]);
        if (command == NULL)
            return cli_no_command(cli->words[0]);
        if (cli_option(cli, OPTION_MAN) != NULL)
            return cli_wrong_use(cli, "--man is one page of all commands");
    }
    buf_init(&text, HELP_MAX_BYTES);
    if (cli_option(cli, OPTION_MAN) != NULL)
        manual_write(&text);
    else if (command != NULL)
        help_command_write(command, &text);
    else
        help_write(&text);
    status = cli_print(cli, &text);
    buf_release(&text);
    return status;
}

static const struct command_option options[] = {
    [OPTION_MAN] = { "--man", NULL, "print the manual page parley(1), for man -l or /usr/local/share/man/man1" },
    { NULL, NULL, NULL },
};

const struct command help_command = {
    .name = "help",
    .summary = "Tell what the commands do, or one of them",
    .words = "[COMMAND]",
    .options = options,
    .run = run,
};
