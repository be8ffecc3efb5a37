/*
 * Settings. One row per setting in config.def; from it come struct config, `parley config`, the README's table and
 * .env.example. Values are read from the environment, then from an env file, then from the row's default; an empty
 * value is an unset one. A snapshot never changes; a reload makes a new one.
 */
#ifndef PARLEY_CORE_CONFIG_H
#define PARLEY_CORE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parley/core/buf.h"
#include "parley/core/err.h"

enum config_type {
    CONFIG_TEXT,   /* const char *, "" when unset */
    CONFIG_NUMBER, /* int64_t within min … max */
    CONFIG_SIZE,   /* the same, bytes; 10M, 5G, 1024 */
    CONFIG_SWITCH, /* bool: on/off, true/false, yes/no, 1/0 */
    CONFIG_CHOICE, /* int: index into choices "a|b|c" */
    CONFIG_PATH,   /* const char *, absolute after loading; relative ones count from the working directory */
};

enum config_flags {
    CONFIG_SECRET = 1, /* printed as *** */
    CONFIG_RELOAD = 2, /* SIGHUP takes the new value; others need a restart and say so */
    CONFIG_NGINX = 4,  /* used by nginx/render; parley only checks and prints it */
    CONFIG_TOOL = 8,   /* used by ./dev or compose only */
};

struct config {
#define CONFIG_MEMBER_TEXT(member) const char *member;
#define CONFIG_MEMBER_PATH(member) const char *member;
#define CONFIG_MEMBER_NUMBER(member) int64_t member;
#define CONFIG_MEMBER_SIZE(member) int64_t member;
#define CONFIG_MEMBER_SWITCH(member) bool member;
#define CONFIG_MEMBER_CHOICE(member) int member;
#define SETTING(member, name, type, default_value, min, max, choices, flags, doc) CONFIG_MEMBER_##type(member)
#include "parley/core/config.def"
#undef SETTING
};

/* The indexes of CHOICE settings, in the order of their choices. */
enum { REGISTRATION_CLOSED, REGISTRATION_INVITE, REGISTRATION_OPEN };
enum { ENVIRONMENT_PRODUCTION, ENVIRONMENT_DEVELOPMENT };
enum { ADDRESSING_PATH, ADDRESSING_VIRTUAL };

/* MASTER_API_KEY that stands for none. */
#define MASTER_API_KEY_NONE "default-api-key"

struct config_load_opts {
    char *const *environment; /* NAME=value, NULL-ended: environ */
    const char *env_file;     /* NULL: ".env" in the working directory, if it is there; else it must exist */
};

/*
 * Reads, checks and derives all settings. All faults are reported together, one line each, into ret_faults (an
 * initialised buf): unknown near-miss names with the likely name, values out of range, contradictions, refused
 * addresses (postgresql:, rediss:). Returns ERR_OK, or ERR_INVALID with *ret_config untouched.
 * The caller frees with config_free.
 */
enum err config_load(const struct config_load_opts *opts, struct buf *ret_faults,
                     struct config **ret_config) MUST_CHECK;
/* NULL is fine. Secrets are wiped. */
void config_free(struct config *config);
/*
 * What is worth saying once at start, one line each, appended: names that are set and known but not used, with the reason.
 */
void config_notes(const struct config *config, struct buf *ret_text);

/* A row, for printing and for tests. */
struct config_row {
    const char *name;
    enum config_type type;
    const char *default_value;
    int64_t min, max;
    const char *choices; /* of a CHOICE; of a NUMBER or SIZE its unit, or NULL */
    int flags;
    const char *doc;
};
size_t config_row_count(void);
const struct config_row *config_row_at(size_t index);
/* The value of row `index` as text ("***" for a secret that is not the default), appended, and where it came from: "environment", "file", "default". */
void config_value(const struct config *config, size_t index, struct buf *ret_text);
const char *config_source(const struct config *config, size_t index);
/* Has row `index` different values in the two? ERR_NO_MEMORY. */
enum err config_differs(const struct config *a, const struct config *b, size_t index, bool *ret_differs) MUST_CHECK;

/* The present snapshot of a process, replaced whole and reference-counted. Any thread. */
struct config_box;
struct config_box *config_box_new(struct config *first); /* takes ownership; NULL without memory */
void config_box_free(struct config_box *box);
/* Borrow the present snapshot until config_put. */
const struct config *config_get(struct config_box *box);
void config_put(struct config_box *box, const struct config *config);
/* Takes ownership of `next`; settings without CONFIG_RELOAD keep their old values, and their names are put into ret_kept. */
enum err config_replace(struct config_box *box, struct config *next, struct buf *ret_kept) MUST_CHECK;

#endif
