#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "config_private.h"
#include "parley/core/secret.h"

/* Other systems' words for a choice. */
static const struct synonym {
    size_t index;
    const char *theirs;
    const char *ours;
} synonyms[] = {
    { ROW_log_level, "warning", "warn" },
    { ROW_log_level, "critical", "error" },
    { ROW_log_level, "fatal", "error" },
    { ROW_log_format, "text", "logfmt" },
};

static const struct word {
    const char *text;
    bool value;
} switch_words[] = {
    { "on", true },   { "true", true },   { "yes", true }, { "1", true },
    { "off", false }, { "false", false }, { "no", false }, { "0", false },
};

static enum err set_text(struct config *config, size_t index, struct str text)
{
    const char **slot = config_slot(config, index);
    char *copy = malloc(text.len + 1);

    if (copy == NULL)
        return ERR_NO_MEMORY;
    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    config_value_release(config, index);
    *slot = copy;
    return ERR_OK;
}

static enum err parse_text(struct config *config, size_t index, const char *name, struct str text, struct buf *faults)
{
    const struct config_row *row = config_row_at(index);
    size_t len;

    if (!str_is_utf8(text) || str_has_control(text)) {
        buf_addf(faults, "%s must be text without control characters\n", name);
        return ERR_INVALID;
    }
    len = str_code_points(text);
    if (text.len > 0 && ((int64_t)len < row->min || (int64_t)len > row->max)) {
        buf_addf(faults, "%s must have %lld to %lld characters\n", name, (long long)row->min, (long long)row->max);
        return ERR_INVALID;
    }
    return set_text(config, index, text);
}

/* Relative paths count from the working directory. */
static enum err parse_path(struct config *config, size_t index, const char *name, struct str text, struct buf *faults)
{
    char dir[PATH_MAX];
    struct buf path;
    enum err e;

    if (str_has_control(text)) {
        buf_addf(faults, "%s must be a path without control characters\n", name);
        return ERR_INVALID;
    }
    if (text.len == 0 || text.ptr[0] == '/')
        return set_text(config, index, text);
    if (getcwd(dir, sizeof(dir)) == NULL) {
        buf_addf(faults, "%s is a relative path, and the working directory is not known: %s\n", name, strerror(errno));
        return ERR_INVALID;
    }
    while (str_starts_with(text, STR("./")))
        text = str_tail(text, 2);
    buf_init(&path, 2 * PATH_MAX);
    buf_addf(&path, "%s/%.*s", strcmp(dir, "/") == 0 ? "" : dir, STR_FMT(text));
    e = buf_check(&path);
    if (e == ERR_OK)
        e = set_text(config, index, buf_str(&path));
    buf_release(&path);
    return e;
}

/* The factor of 10K, 10M, 10G, 10T (also 10MB, 10MiB), which is cut off; 1 without one. */
static int64_t take_unit(struct str *text)
{
    static const char units[] = "KMGT";
    struct str rest = *text;
    int64_t factor = 1;

    if (rest.len > 0 && (rest.ptr[rest.len - 1] == 'B' || rest.ptr[rest.len - 1] == 'b'))
        rest.len--;
    if (rest.len > 0 && rest.len < text->len && rest.ptr[rest.len - 1] == 'i')
        rest.len--;
    for (size_t i = 0; i < sizeof(units) - 1 && rest.len > 0; i++) {
        factor *= 1024;
        if ((rest.ptr[rest.len - 1] & ~0x20) == units[i]) {
            *text = str_trim(str_head(rest, rest.len - 1));
            return factor;
        }
    }
    return 1;
}

static enum err parse_number(struct config *config, size_t index, const char *name, struct str text, struct buf *faults)
{
    const struct config_row *row = config_row_at(index);
    int64_t factor = row->type == CONFIG_SIZE ? take_unit(&text) : 1;
    int64_t *slot = config_slot(config, index);
    int64_t number;

    if (str_to_int64(text, &number) == ERR_OK && number >= (row->min + factor - 1) / factor &&
        number <= row->max / factor) {
        *slot = number * factor;
        return ERR_OK;
    }
    buf_addf(faults, "%s must be a whole number from %lld to %lld%s%s%s\n", name, (long long)row->min,
             (long long)row->max, row->choices != NULL ? " " : "", row->choices != NULL ? row->choices : "",
             row->type == CONFIG_SIZE ? ", such as 10M or 5G" : "");
    return ERR_INVALID;
}

static enum err parse_switch(struct config *config, size_t index, const char *name, struct str text, struct buf *faults)
{
    bool *slot = config_slot(config, index);

    for (size_t i = 0; i < COUNT_OF(switch_words); i++) {
        if (str_eq_nocase(text, str_from(switch_words[i].text))) {
            *slot = switch_words[i].value;
            return ERR_OK;
        }
    }
    buf_addf(faults, "%s must be on or off\n", name);
    return ERR_INVALID;
}

static struct str own_word(size_t index, struct str text)
{
    for (size_t i = 0; i < COUNT_OF(synonyms); i++) {
        if (synonyms[i].index == index && str_eq_nocase(text, str_from(synonyms[i].theirs)))
            return str_from(synonyms[i].ours);
    }
    return text;
}

static enum err parse_choice(struct config *config, size_t index, const char *name, struct str text, struct buf *faults)
{
    const struct config_row *row = config_row_at(index);
    struct str rest = str_from(row->choices);
    struct str choice;
    int *slot = config_slot(config, index);

    text = own_word(index, text);
    for (int i = 0; str_split(&rest, '|', &choice); i++) {
        if (str_eq_nocase(text, choice)) {
            *slot = i;
            return ERR_OK;
        }
    }
    buf_addf(faults, "%s must be one of ", name);
    rest = str_from(row->choices);
    for (int i = 0; str_split(&rest, '|', &choice); i++)
        buf_addf(faults, "%s%.*s", i > 0 ? ", " : "", STR_FMT(choice));
    buf_add_byte(faults, '\n');
    return ERR_INVALID;
}

enum err config_value_set(struct config *config, size_t index, const char *name, struct str text,
                          struct buf *ret_faults)
{
    switch (config_row_at(index)->type) {
    case CONFIG_TEXT: return parse_text(config, index, name, text, ret_faults);
    case CONFIG_PATH: return parse_path(config, index, name, text, ret_faults);
    case CONFIG_NUMBER:
    case CONFIG_SIZE: return parse_number(config, index, name, text, ret_faults);
    case CONFIG_SWITCH: return parse_switch(config, index, name, text, ret_faults);
    case CONFIG_CHOICE: return parse_choice(config, index, name, text, ret_faults);
    }
    return ERR_INTERNAL;
}

/* 10M rather than 10485760, where it comes out even. */
static void write_size(int64_t bytes, struct buf *out)
{
    static const char units[] = "TGMK";

    for (int i = 0; i < 4; i++) {
        int64_t factor = INT64_C(1) << (40 - 10 * i);

        if (bytes >= factor && bytes % factor == 0) {
            buf_addf(out, "%lld%c", (long long)(bytes / factor), units[i]);
            return;
        }
    }
    buf_add_int(out, bytes);
}

static void write_choice(int chosen, const char *choices, struct buf *out)
{
    struct str rest = str_from(choices);
    struct str choice;

    for (int i = 0; str_split(&rest, '|', &choice); i++) {
        if (i == chosen)
            buf_add(out, choice);
    }
}

void config_value_write(const struct config *config, size_t index, struct buf *out)
{
    const struct config_row *row = config_row_at(index);
    const void *slot = config_slot(&config_loaded_of(config)->config, index);

    switch (row->type) {
    case CONFIG_TEXT:
    case CONFIG_PATH: buf_add_c(out, *(const char *const *)slot); return;
    case CONFIG_NUMBER: buf_add_int(out, *(const int64_t *)slot); return;
    case CONFIG_SIZE: write_size(*(const int64_t *)slot, out); return;
    case CONFIG_SWITCH: buf_add_c(out, *(const bool *)slot ? "on" : "off"); return;
    case CONFIG_CHOICE: write_choice(*(const int *)slot, row->choices, out); return;
    }
}

enum err config_value_copy(struct config *to, const struct config *from, size_t index)
{
    const void *slot = config_slot(&config_loaded_of(from)->config, index);

    switch (config_row_at(index)->type) {
    case CONFIG_TEXT:
    case CONFIG_PATH: return set_text(to, index, str_from(*(const char *const *)slot));
    case CONFIG_NUMBER:
    case CONFIG_SIZE: *(int64_t *)config_slot(to, index) = *(const int64_t *)slot; return ERR_OK;
    case CONFIG_SWITCH: *(bool *)config_slot(to, index) = *(const bool *)slot; return ERR_OK;
    case CONFIG_CHOICE: *(int *)config_slot(to, index) = *(const int *)slot; return ERR_OK;
    }
    return ERR_INTERNAL;
}

void config_value_release(struct config *config, size_t index)
{
    enum config_type type = config_row_at(index)->type;
    char **slot;

    if (type != CONFIG_TEXT && type != CONFIG_PATH)
        return;
    slot = config_slot(config, index);
    if (*slot != NULL)
        secret_wipe(*slot, strlen(*slot));
    free(*slot);
    *slot = NULL;
}
