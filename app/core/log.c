#include "parley/core/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/trace.h"

/* The sink. The descriptor's number stays the same when the file behind it is opened again. */
static struct {
    atomic_int fd;
    atomic_int level;
    atomic_int format;
    char path[PATH_MAX]; /* "" for standard error; written before the first thread only */
} sink = { .fd = STDERR_FILENO, .level = LOG_INFO, .format = LOG_LOGFMT };

static const char *const level_names[] = {
    [LOG_ERROR] = "error", [LOG_WARN] = "warn", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"
};

/* A line as it grows: what does not fit is left out, and there is always room for the end. */
struct line {
    char bytes[LOG_LINE_MAX_BYTES];
    size_t len;
    enum log_format format;
};

enum {
    LINE_END_BYTES = 8,    /* …"} and the newline */
    NUMBER_MAX_BYTES = 24, /* of an int64, or null, or two quotes */
};

static bool add_bytes(struct line *line, const char *bytes, size_t len)
{
    if (line->len + len + LINE_END_BYTES > sizeof(line->bytes))
        return false;
    memcpy(line->bytes + line->len, bytes, len);
    line->len += len;
    return true;
}

static bool add_c(struct line *line, const char *text)
{
    return add_bytes(line, text, strlen(text));
}

/* One byte of a quoted value. U+0080 and above pass; the caller has checked the UTF-8. */
static bool add_escaped_byte(struct line *line, char c)
{
    char text[8];

    switch (c) {
    case '"': return add_bytes(line, "\\\"", 2);
    case '\\': return add_bytes(line, "\\\\", 2);
    case '\n': return add_bytes(line, "\\n", 2);
    case '\r': return add_bytes(line, "\\r", 2);
    case '\t': return add_bytes(line, "\\t", 2);
    default:
        if ((unsigned char)c >= 0x20 && c != 0x7F)
            return add_bytes(line, &c, 1);
        (void)snprintf(text, sizeof(text), "\\u%04x", (unsigned)(unsigned char)c);
        return add_c(line, text);
    }
}

/* Bytes of the character that begins at s, 1 to 4; 0 when it is not well-formed UTF-8. */
static size_t character_len(struct str s)
{
    for (size_t len = 1; len <= 4 && len <= s.len; len++) {
        if (str_is_utf8(str_head(s, len)))
            return len;
    }
    return 0;
}

/* Between quotes; U+FFFD for what is no UTF-8, and … where the rest did not fit. */
static void add_quoted(struct line *line, struct str text)
{
    size_t start = line->len;

    if (!add_bytes(line, "\"", 1))
        return;
    while (text.len > 0) {
        size_t len = character_len(text);
        bool fits = len == 0   ? add_c(line, "\xEF\xBF\xBD")
                    : len == 1 ? add_escaped_byte(line, text.ptr[0])
                               : add_bytes(line, text.ptr, len);

        if (!fits)
            break;
        text = str_tail(text, len > 0 ? len : 1);
    }
    if (text.len > 0 && line->len > start + 1) {
        memcpy(line->bytes + line->len, "\xE2\x80\xA6", 3); /* into the room for the end */
        line->len += 3;
    }
    line->bytes[line->len++] = '"';
}

/* A logfmt value that needs no quotes. */
static bool is_plain(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];

        if (c <= 0x20 || c >= 0x7F || c == '"' || c == '=' || c == '\\')
            return false;
    }
    return text.len > 0;
}

static bool add_key(struct line *line, const char *key)
{
    size_t start = line->len;
    bool json = line->format == LOG_JSON;
    bool fits = add_c(line, start == 0 ? (json ? "{" : "") : (json ? "," : " ")) && add_c(line, json ? "\"" : "") &&
                add_c(line, key) && add_c(line, json ? "\":" : "=") &&
                line->len + NUMBER_MAX_BYTES + LINE_END_BYTES <= sizeof(line->bytes);

    if (!fits)
        line->len = start;
    return fits;
}

static void add_text(struct line *line, const char *key, struct str text)
{
    if (!add_key(line, key))
        return;
    if (line->format == LOG_JSON && text.ptr == NULL)
        (void)add_c(line, "null");
    else if (line->format == LOG_LOGFMT && is_plain(text) && add_bytes(line, text.ptr, text.len))
        return;
    else
        add_quoted(line, text);
}

static void add_number(struct line *line, const char *key, int64_t number)
{
    char text[24];

    (void)snprintf(text, sizeof(text), "%lld", (long long)number);
    if (add_key(line, key))
        (void)add_c(line, text);
}

/* Whole, in one write where the system lets us. */
static void write_line(const struct line *line)
{
    size_t done = 0;

    while (done < line->len) {
        ssize_t put = write(atomic_load(&sink.fd), line->bytes + done, line->len - done);

        if (put < 0 && errno != EINTR)
            return; /* the log itself is broken: there is nowhere to report it */
        if (put > 0)
            done += (size_t)put;
    }
}

/* Before the fields, which may be long. */
static void add_trace(struct line *line)
{
    const struct trace *trace = trace_current();
    char id[TRACE_ID_TEXT_BYTES], span[TRACE_SPAN_TEXT_BYTES];

    if (trace == NULL)
        return;
    trace_write_ids(trace, id, span);
    add_text(line, "trace_id", str_from(id));
    add_text(line, "span_id", str_from(span));
}

void log_line(enum log_level level, const char *message, const struct log_field *fields, size_t count)
{
    int error_number = errno;
    char time_text[CLOCK_TEXT_BYTES];
    struct line line;

    if ((int)level > atomic_load(&sink.level))
        return;
    line.len = 0;
    line.format = (enum log_format)atomic_load(&sink.format);
    clock_format(clock_now_us(), time_text);
    add_text(&line, "ts", str_from(time_text));
    add_text(&line, "level", str_from(level_names[level]));
    add_text(&line, "msg", str_from(message));
    add_trace(&line);
    for (size_t i = 0; i < count; i++) {
        if (fields[i].kind == LOG_FIELD_INT)
            add_number(&line, fields[i].key, fields[i].number);
        else
            add_text(&line, fields[i].key, fields[i].text);
    }
    if (line.format == LOG_JSON)
        line.bytes[line.len++] = '}';
    line.bytes[line.len++] = '\n';
    write_line(&line);
    errno = error_number;
}

static int open_file(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
}

enum err log_open(const struct log_opts *opts)
{
    const char *path = opts->path == NULL ? "" : opts->path;
    int fd = STDERR_FILENO;
    int old = atomic_load(&sink.fd);

    if (strlen(path) >= sizeof(sink.path))
        return ERR_UNAVAILABLE;
    if (path[0] != '\0')
        fd = open_file(path);
    if (fd < 0)
        return ERR_UNAVAILABLE;
    memcpy(sink.path, path, strlen(path) + 1);
    atomic_store(&sink.fd, fd);
    atomic_store(&sink.level, (int)opts->level);
    atomic_store(&sink.format, (int)opts->format);
    if (old != STDERR_FILENO)
        (void)close(old);
    return ERR_OK;
}

void log_reopen(void)
{
    int fd;

    if (sink.path[0] == '\0')
        return;
    fd = open_file(sink.path);
    if (fd < 0) {
        log_event(LOG_ERROR, "the log file cannot be opened again", LOG_INT("errno", errno));
        return;
    }
    (void)dup3(fd, atomic_load(&sink.fd), O_CLOEXEC);
    (void)close(fd);
}

void log_set_level(enum log_level level)
{
    atomic_store(&sink.level, (int)level);
}
