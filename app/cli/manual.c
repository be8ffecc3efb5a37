#include "parley/cli/commands.h"
#include "parley/core/limits.h"

enum { SYNOPSIS_MAX_BYTES = 65536 };

/* ---- roff ---- */

/* Text that roff takes as it stands: no escapes, and no line that begins like a request. */
static void add_text(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if ((c == '.' || c == '\'') && (i == 0 || text.ptr[i - 1] == '\n'))
            buf_add_c(out, "\\&");
        if (c == '\\')
            buf_add_c(out, "\\e");
        else if (c == '-')
            buf_add_c(out, "\\-");
        else
            buf_add_byte(out, c);
    }
}

/* Each line of a text a paragraph. */
static void add_paragraphs(struct buf *out, const char *text)
{
    struct str rest = str_from(text);
    struct str line;

    while (str_split(&rest, '\n', &line)) {
        if (line.len == 0)
            continue;
        buf_add_c(out, ".PP\n");
        add_text(out, line);
        buf_add_byte(out, '\n');
    }
}

/* A name in bold, with what it wants, and what it does, indented. */
static void add_row(struct buf *out, const char *name, const char *words, const char *sentence)
{
    buf_add_c(out, ".TP\n\\fB");
    add_text(out, str_from(name));
    buf_add_c(out, "\\fR");
    if (words != NULL) {
        buf_add_c(out, " \\fI");
        add_text(out, str_from(words));
        buf_add_c(out, "\\fR");
    }
    buf_add_byte(out, '\n');
    add_text(out, str_from(sentence));
    buf_add_byte(out, '\n');
}

/* ---- the page ---- */

static void add_synopsis(struct buf *out, const struct command *command, const struct command_action *action)
{
    struct buf line;

    buf_init(&line, SYNOPSIS_MAX_BYTES);
    command_synopsis(command, action, &line);
    buf_add_c(out, ".br\n");
    add_text(out, buf_str(&line));
    buf_add_byte(out, '\n');
    buf_release(&line);
}

static void add_command(struct buf *out, const struct command *command)
{
    buf_addf(out, ".SS parley %s\n", command->name);
    add_text(out, str_from(command->summary));
    buf_add_c(out, ".\n");
    if (command->actions == NULL)
        add_synopsis(out, command, NULL);
    for (const struct command_action *row = command->actions; row != NULL && row->name != NULL; row++)
        add_synopsis(out, command, row);
    for (const struct command_action *row = command->actions; row != NULL && row->name != NULL; row++)
        add_row(out, row->name, row->words, row->sentence);
    for (const struct command_option *row = command->options; row != NULL && row->name != NULL; row++)
        add_row(out, row->name, row->value, row->sentence);
    if (command->text != NULL)
        add_paragraphs(out, command->text);
}

void manual_write(struct buf *out)
{
    buf_add_c(out, ".TH PARLEY 1 \"\" \"parley " PARLEY_VERSION "\"\n"
                   ".SH NAME\nparley \\- a private chat server behind nginx\n"
                   ".SH SYNOPSIS\n.B parley\n[\\fB\\-\\-env\\-file\\fR \\fIFILE\\fR] \\fICOMMAND\\fR ...\n"
                   ".SH COMMANDS\n");
    for (size_t i = 0; commands[i] != NULL; i++)
        add_command(out, commands[i]);
    buf_add_c(out, ".SH SETTINGS\n");
    add_text(out, STR(HELP_SETTINGS));
    buf_add_c(out, "\n.PP\n");
    add_text(out, STR("parley config prints each setting, its value here and what it means."));
    buf_add_c(out, "\n.SH EXIT STATUS\n0 done, 1 failed, 2 wrong use.\n");
}
