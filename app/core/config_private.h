/* What the files of config share. Private to app/core. */
#ifndef PARLEY_CORE_CONFIG_PRIVATE_H
#define PARLEY_CORE_CONFIG_PRIVATE_H

#include "parley/core/config.h"
#include "parley/core/str.h"

/* The index of each row: ROW_mysql_host. */
enum {
#define SETTING(member, ...) ROW_##member,
#include "parley/core/config.def"
#undef SETTING
    ROW_COUNT_
};

enum config_origin { FROM_DEFAULT, FROM_FILE, FROM_ENVIRONMENT };

/* A loaded snapshot; `config` is what others see of it. Texts and paths are malloc'ed, each its own. */
struct config_loaded {
    struct config config; /* first */
    enum config_origin origin[ROW_COUNT_];
    struct buf notes;
    int users; /* under the lock of its box */
};

struct config_loaded *config_loaded_of(const struct config *config);
/* Where the row's value lies. */
void *config_slot(struct config *config, size_t index);

/* Names and values of an env file, in its order, malloc'ed. */
struct config_pair {
    char *name;
    char *value;
    int line;
};
struct config_pairs {
    struct config_pair *items;
    size_t count;
};
/* Faults: a missing file (ENV_FILE_MUST_EXIST), one that cannot be read, lines that are none of ours. */
enum env_file { ENV_FILE_MAY_EXIST, ENV_FILE_MUST_EXIST };
enum err config_file_read(const char *path, enum env_file must, struct buf *ret_faults,
                          struct config_pairs *ret_pairs) MUST_CHECK;
void config_pairs_free(struct config_pairs *pairs);
/* The whole of a file that holds one secret, without line ends at its end. A fault otherwise. */
enum err config_secret_read(const char *path, struct buf *ret_faults, struct buf *out) MUST_CHECK;

/*
 * Puts text into the row's member; a wrong one adds a fault that names `name` and does not repeat the text. The old
 * value is freed. ERR_INVALID, ERR_NO_MEMORY.
 */
enum err config_value_set(struct config *config, size_t index, const char *name, struct str text,
                          struct buf *ret_faults) MUST_CHECK;
/* The value as text, secrets too. */
void config_value_write(const struct config *config, size_t index, struct buf *out);
/* Copies a member's value. ERR_NO_MEMORY. */
enum err config_value_copy(struct config *to, const struct config *from, size_t index) MUST_CHECK;
/* Wipes and frees what the member owns. */
void config_value_release(struct config *config, size_t index);

/* The n-th name under which a row is known, its own first; NULL behind the last. */
const char *config_name_of(size_t index, size_t n);
/* Behind the name of a secret: the name of a setting that names a file which holds it. */
#define SECRET_FILE_SUFFIX "_FILE"
enum { SETTING_NAME_BYTES = 64 };
/* Is this a name of some row, or of a secret's file? */
bool config_name_is_ours(struct str name);
/* Why a known name is not used; NULL for a name that is not in that table. */
const char *config_name_unused(struct str name);
/*
 * The name that was probably meant by one that is not ours; NULL when nothing is near. In the environment, which is full
 * of other programs' names, more is asked of the likeness than in an env file.
 */
enum config_place { IN_ENV_FILE, IN_ENVIRONMENT };
const char *config_name_near(struct str name, enum config_place place);

/* Fills in what follows from other settings, then looks for contradictions and refused values. */
enum err config_derive(struct config_loaded *loaded) MUST_CHECK;
void config_check(const struct config_loaded *loaded, struct buf *ret_faults);

#endif
