/*
 * The log: one line per event to standard error, or to LOG_FILE, which is opened again by log_reopen. logfmt
 * (`ts=… level=info msg="…" key=value`) or JSON lines. A line is written with one write(2), so lines of many threads do
 * not mix. What a thread does for a trace (core/trace.h) has its trace_id and span_id. Values are escaped; secrets are the caller's duty. The sink is one of the two globals of the program.
 */
#ifndef PARLEY_CORE_LOG_H
#define PARLEY_CORE_LOG_H

#include <stdint.h>

#include "parley/core/err.h"
#include "parley/core/str.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
enum log_format { LOG_LOGFMT, LOG_JSON };

struct log_opts {
    enum log_level level;
    enum log_format format;
    const char *path; /* NULL: standard error. Copied. */
};

/* Before the first thread. Returns ERR_OK or ERR_UNAVAILABLE (the file cannot be opened; the sink stays as it was). */
enum err log_open(const struct log_opts *opts) MUST_CHECK;
/* Opens LOG_FILE again (after rotation). Keeps the old file when that fails. Any thread. */
void log_reopen(void);
/* Level only; used on reload. Any thread. */
void log_set_level(enum log_level level);

/* A field of a line. Make them with LOG_STR, LOG_INT. */
struct log_field {
    const char *key;
    enum { LOG_FIELD_STR, LOG_FIELD_INT } kind;
    struct str text;
    int64_t number;
};
#define LOG_STR(k, s) ((struct log_field){ .key = (k), .kind = LOG_FIELD_STR, .text = (s) })
#define LOG_C(k, c) LOG_STR(k, str_from(c))
#define LOG_INT(k, n) ((struct log_field){ .key = (k), .kind = LOG_FIELD_INT, .number = (n) })

/* Writes one line; message is a fixed sentence. Any thread. Keeps errno. */
void log_line(enum log_level level, const char *message, const struct log_field *fields, size_t count);
/* log_event(LOG_INFO, "started", LOG_INT("workers", 8)) */
#define log_event(level, message, ...) \
    log_line((level), (message), (const struct log_field[]){ __VA_ARGS__ }, \
             sizeof((const struct log_field[]){ __VA_ARGS__ }) / sizeof(struct log_field))
/* A line without fields. */
#define log_text(level, message) log_line((level), (message), NULL, 0)

#endif
