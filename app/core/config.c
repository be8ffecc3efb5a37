#include "parley/core/config.h"

#include <assert.h>

#include "config_private.h"
#include "parley/core/limits.h"
#include "parley/core/secret.h"

static const struct row {
    struct config_row row;
    size_t offset;
} rows[] = {
#define SETTING(member, name, type, default_value, min, max, choices, flags, doc) \
    { { name, CONFIG_##type, default_value, min, max, choices, flags, doc }, offsetof(struct config, member) },
#include "parley/core/config.def"
#undef SETTING
};

size_t config_row_count(void)
{
    return COUNT_OF(rows);
}

const struct config_row *config_row_at(size_t index)
{
    assert(index < COUNT_OF(rows));
    return &rows[index].row;
}

struct config_loaded *config_loaded_of(const struct config *config)
{
    return (struct config_loaded *)config; /* its first member */
}

void *config_slot(struct config *config, size_t index)
{
    return (char *)config + rows[index].offset;
}

/* Where the values come from while they are read. */
struct sources {
    char *const *environment;
    struct config_pairs file;
    const char *file_path;
};

/* The value of NAME in the environment; absent where it is not there or empty. */
static struct str environment_value(char *const *environment, const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; environment != NULL && environment[i] != NULL; i++) {
        if (strncmp(environment[i], name, len) == 0 && environment[i][len] == '=' && environment[i][len + 1] != '\0')
            return str_from(environment[i] + len + 1);
    }
    return (struct str){ NULL, 0 };
}

/* The same in the file, where the last line wins. */
static struct str file_value(const struct config_pairs *pairs, const char *name)
{
    for (size_t i = pairs->count; i > 0; i--) {
        if (strcmp(pairs->items[i - 1].name, name) == 0 && pairs->items[i - 1].value[0] != '\0')
            return str_from(pairs->items[i - 1].value);
    }
    return (struct str){ NULL, 0 };
}

/* Under any of the row's names: environment before file. *ret_name: the name it was found under. */
static struct str find_value(const struct sources *sources, size_t index, enum config_origin *ret_origin,
                             const char **ret_name)
{
    const char *name;
    struct str value;

    for (size_t n = 0; (name = config_name_of(index, n)) != NULL; n++) {
        value = environment_value(sources->environment, name);
        if (value.ptr != NULL) {
            *ret_origin = FROM_ENVIRONMENT;
            *ret_name = name;
            return value;
        }
    }
    for (size_t n = 0; (name = config_name_of(index, n)) != NULL; n++) {
        value = file_value(&sources->file, name);
        if (value.ptr != NULL) {
            *ret_origin = FROM_FILE;
            *ret_name = name;
            return value;
        }
    }
    *ret_origin = FROM_DEFAULT;
    *ret_name = config_row_at(index)->name;
    return str_from(config_row_at(index)->default_value);
}

/* The file that holds a secret (NAME_FILE, as containers are given them), under any of the row's names. */
static struct str secret_path(const struct sources *sources, size_t index, char ret_name[SETTING_NAME_BYTES])
{
    struct str path = { NULL, 0 };
    const char *name;

    for (size_t n = 0; path.ptr == NULL && (name = config_name_of(index, n)) != NULL; n++) {
        (void)snprintf(ret_name, SETTING_NAME_BYTES, "%s" SECRET_FILE_SUFFIX, name);
        path = environment_value(sources->environment, ret_name);
        if (path.ptr == NULL)
            path = file_value(&sources->file, ret_name);
    }
    return path;
}

/* A secret's value out of its file, where one is named; said twice it is a fault, since one of the two would be forgotten. */
static enum err read_secret(struct config_loaded *loaded, const struct sources *sources, size_t index,
                            struct buf *secret, struct str *value, struct buf *faults)
{
    char name[SETTING_NAME_BYTES];
    struct str path = { NULL, 0 };

    if ((config_row_at(index)->flags & CONFIG_SECRET) != 0)
        path = secret_path(sources, index, name);
    if (path.ptr == NULL)
        return ERR_OK;
    if (loaded->origin[index] != FROM_DEFAULT) {
        buf_addf(faults, "%s and %s are both set; keep one\n", config_row_at(index)->name, name);
        return ERR_INVALID;
    }
    TRY(config_secret_read(path.ptr, faults, secret));
    loaded->origin[index] = FROM_FILE;
    *value = buf_str(secret);
    return ERR_OK;
}

/* All rows. A faulty one keeps its default, so that the checks behind can go on and find more. */
static enum err read_rows(struct config_loaded *loaded, const struct sources *sources, struct buf *faults)
{
    struct buf unheard;
    enum err kept = ERR_OK;

    buf_init(&unheard, 1024);
    for (size_t i = 0; i < ROW_COUNT_ && kept != ERR_NO_MEMORY; i++) {
        const char *name;
        struct str value = find_value(sources, i, &loaded->origin[i], &name);
        struct buf secret;
        enum err e;

        buf_init(&secret, ENV_FILE_MAX_BYTES);
        if (read_secret(loaded, sources, i, &secret, &value, faults) != ERR_OK)
            kept = ERR_INVALID;
        e = config_value_set(&loaded->config, i, name, value, faults);
        if (secret.len > 0)
            secret_wipe(secret.ptr, secret.len);
        buf_release(&secret);

        if (e == ERR_INVALID && loaded->origin[i] != FROM_DEFAULT)
            e = config_value_set(&loaded->config, i, name, str_from(config_row_at(i)->default_value), &unheard);
        if (e != ERR_OK)
            kept = e;
    }
    buf_release(&unheard);
    return kept;
}

/* A name that is set: unused ones are noted, near misses are faults, others' names are none of our business. */
static void judge_name(struct config_loaded *loaded, struct str name, enum config_place place, const char *where,
                       struct buf *faults)
{
    const char *near;
    const char *reason;

    if (config_name_is_ours(name))
        return;
    reason = config_name_unused(name);
    if (reason != NULL) {
        buf_addf(&loaded->notes, "%.*s is set but not used: %s\n", STR_FMT(name), reason);
        return;
    }
    near = config_name_near(name, place);
    if (near != NULL)
        buf_addf(faults, "%.*s%s is not a setting; did you mean %s?\n", STR_FMT(name), where, near);
}

static void judge_names(struct config_loaded *loaded, const struct sources *sources, struct buf *faults)
{
    char where[64];

    for (size_t i = 0; sources->environment != NULL && sources->environment[i] != NULL; i++) {
        struct str name = str_from(sources->environment[i]);
        size_t equals = str_index(name, '=');

        if (equals != SIZE_MAX && equals + 1 < name.len)
            judge_name(loaded, str_head(name, equals), IN_ENVIRONMENT, "", faults);
    }
    for (size_t i = 0; i < sources->file.count; i++) {
        const struct config_pair *pair = &sources->file.items[i];

        (void)snprintf(where, sizeof(where), " (line %d of the env file)", pair->line);
        if (pair->value[0] != '\0' && environment_value(sources->environment, pair->name).ptr == NULL)
            judge_name(loaded, str_from(pair->name), IN_ENV_FILE, where, faults);
    }
}

static enum err load(struct config_loaded *loaded, struct sources *sources, enum env_file must, struct buf *faults)
{
    size_t old_len = faults->len;

    if (config_file_read(sources->file_path, must, faults, &sources->file) == ERR_NO_MEMORY)
        return ERR_NO_MEMORY;
    if (read_rows(loaded, sources, faults) == ERR_NO_MEMORY)
        return ERR_NO_MEMORY;
    judge_names(loaded, sources, faults);
    TRY(config_derive(loaded));
    config_check(loaded, faults);
    return faults->len > old_len || faults->failed ? ERR_INVALID : ERR_OK;
}

enum err config_load(const struct config_load_opts *opts, struct buf *ret_faults, struct config **ret_config)
{
    struct sources sources = { .environment = opts->environment };
    struct config_loaded *loaded = calloc(1, sizeof(*loaded));
    enum err e;

    if (loaded == NULL)
        return ERR_NO_MEMORY;
    loaded->users = 1;
    buf_init(&loaded->notes, 16384);
    sources.file_path = opts->env_file != NULL ? opts->env_file : ".env";
    e = load(loaded, &sources, opts->env_file != NULL ? ENV_FILE_MUST_EXIST : ENV_FILE_MAY_EXIST, ret_faults);
    config_pairs_free(&sources.file);
    if (e != ERR_OK) {
        config_free(&loaded->config);
        return e;
    }
    *ret_config = &loaded->config;
    return ERR_OK;
}

void config_free(struct config *config)
{
    struct config_loaded *loaded;

    if (config == NULL)
        return;
    loaded = config_loaded_of(config);
    for (size_t i = 0; i < ROW_COUNT_; i++)
        config_value_release(config, i);
    buf_release(&loaded->notes);
    free(loaded);
}

void config_notes(const struct config *config, struct buf *ret_text)
{
    buf_add(ret_text, buf_str(&config_loaded_of(config)->notes));
}

void config_value(const struct config *config, size_t index, struct buf *ret_text)
{
    bool secret = (config_row_at(index)->flags & CONFIG_SECRET) != 0;

    if (secret && config_loaded_of(config)->origin[index] != FROM_DEFAULT)
        buf_add_c(ret_text, "***");
    else
        config_value_write(config, index, ret_text);
}

const char *config_source(const struct config *config, size_t index)
{
    static const char *const names[] = {
        [FROM_DEFAULT] = "default", [FROM_FILE] = "file", [FROM_ENVIRONMENT] = "environment"
    };

    return names[config_loaded_of(config)->origin[index]];
}
