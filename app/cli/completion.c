#include "parley/cli/commands.h"
#include "parley/core/limits.h"

enum { SCRIPT_MAX_BYTES = 1 * MIB };

/* ---- lists of words ---- */

static void add_command_names(struct buf *out)
{
    for (size_t i = 0; commands[i] != NULL; i++)
        buf_addf(out, "%s%s", i > 0 ? " " : "", commands[i]->name);
}

/* What may stand behind a command: its actions, or what a word of it may be; then its options. */
static void add_words(struct buf *out, const struct command *command)
{
    const char *before = "";

    for (const struct command_action *row = command->actions; row != NULL && row->name != NULL; row++, before = " ")
        buf_addf(out, "%s%s", before, row->name);
    if (command == command_find("help")) {
        add_command_names(out);
        before = " ";
    }
    for (const struct command_option *row = command->options; row != NULL && row->name != NULL; row++, before = " ")
        buf_addf(out, "%s%s", before, row->name);
    buf_addf(out, "%s--help", before);
}

/* "name) words=… ;;" of a case, a line for each command. */
static void add_cases(struct buf *out)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        buf_addf(out, "    %s) list='", commands[i]->name);
        add_words(out, commands[i]);
        buf_add_c(out, "' ;;\n");
    }
    buf_add_c(out, "    *) list='");
    add_command_names(out);
    buf_add_c(out, " --env-file --help --version' ;;\n");
}

/* ---- shells ---- */

static void bash_write(struct buf *out)
{
    buf_add_c(
        out,
        "# parley completion bash > /etc/bash_completion.d/parley\n"
        "_parley()\n{\n"
        "    local at=1 typed='' list=''\n"
        "    if [[ ${COMP_WORDS[1]} == --env-file ]]; then at=3; fi\n"
        "    if (( COMP_CWORD == 2 && at == 3 )); then mapfile -t COMPREPLY < <(compgen -f -- \"$2\"); return; fi\n"
        "    if (( COMP_CWORD > at )); then typed=${COMP_WORDS[at]}; fi\n"
        "    case $typed in\n");
    add_cases(out);
    buf_add_c(out, "    esac\n"
                   "    mapfile -t COMPREPLY < <(compgen -W \"$list\" -- \"$2\")\n"
                   "}\n"
                   "complete -F _parley parley\n");
}

static void zsh_write(struct buf *out)
{
    buf_add_c(out, "#compdef parley\n"
                   "# parley completion zsh > /usr/local/share/zsh/site-functions/_parley\n"
                   "_parley()\n{\n"
                   "    local at=2 typed='' list=''\n"
                   "    if [[ ${words[2]} == --env-file ]]; then at=4; fi\n"
                   "    if (( CURRENT == 3 && at == 4 )); then _files; return; fi\n"
                   "    if (( CURRENT > at )); then typed=${words[at]}; fi\n"
                   "    case $typed in\n");
    add_cases(out);
    buf_add_c(out, "    esac\n"
                   "    compadd -- ${=list}\n"
                   "}\n"
                   "compdef _parley parley\n");
}

/* A quoted word of fish. */
static void add_fish_quoted(struct buf *out, const char *text)
{
    buf_add_byte(out, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\')
            buf_add_byte(out, '\\');
        buf_add_byte(out, *text);
    }
    buf_add_byte(out, '\'');
}

static void add_fish_row(struct buf *out, const char *condition, const char *kind, const char *name, const char *doc)
{
    buf_addf(out, "complete -c parley -f -n '%s' %s %s -d ", condition, kind, name);
    add_fish_quoted(out, doc);
    buf_add_byte(out, '\n');
}

static void fish_write(struct buf *out)
{
    buf_add_c(out, "# parley completion fish > ~/.config/fish/completions/parley.fish\n");
    for (size_t i = 0; commands[i] != NULL; i++) {
        const struct command *command = commands[i];
        char condition[120];

        add_fish_row(out, "__fish_use_subcommand", "-a", command->name, command->summary);
        (void)snprintf(condition, sizeof(condition), "__fish_seen_subcommand_from %s", command->name);
        for (const struct command_action *row = command->actions; row != NULL && row->name != NULL; row++)
            add_fish_row(out, condition, "-a", row->name, row->sentence);
        for (const struct command_option *row = command->options; row != NULL && row->name != NULL; row++)
            add_fish_row(out, condition, row->value != NULL ? "-r -l" : "-l", row->name + 2, row->sentence);
    }
}

/* ---- the command ---- */

static int print(const struct cli *cli, void (*write)(struct buf *out))
{
    struct buf text;
    int status;

    buf_init(&text, SCRIPT_MAX_BYTES);
    write(&text);
    status = cli_print(cli, &text);
    buf_release(&text);
    return status;
}

static int bash(struct cli *cli)
{
    return print(cli, bash_write);
}

static int zsh(struct cli *cli)
{
    return print(cli, zsh_write);
}

static int fish(struct cli *cli)
{
    return print(cli, fish_write);
}

static const struct command_action actions[] = {
    { "bash", NULL, "a script for /etc/bash_completion.d, or for: source <(parley completion bash)", 0, bash },
    { "zsh", NULL, "the function _parley, for a folder of $fpath", 0, zsh },
    { "fish", NULL, "a script for ~/.config/fish/completions", 0, fish },
    { NULL, NULL, NULL, 0, NULL },
};

const struct command completion_command = {
    .name = "completion",
    .summary = "Print a script that lets a shell complete commands, actions and options",
    .actions = actions,
};
