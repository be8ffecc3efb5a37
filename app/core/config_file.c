#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_private.h"
#include "parley/core/limits.h"
#include "parley/core/secret.h"

/* Where the reading stands, for the faults. */
struct reader {
    const char *path;
    int line;
    struct buf *faults;
    struct config_pairs *pairs;
};

static enum err line_fault(struct reader *reader, const char *what)
{
    buf_addf(reader->faults, "%s:%d: %s\n", reader->path, reader->line, what);
    return ERR_INVALID;
}

static char *copy_text(struct str text)
{
    char *copy = malloc(text.len + 1);

    if (copy == NULL)
        return NULL;
    if (text.len > 0)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    return copy;
}

static enum err add_pair(struct reader *reader, struct str name, struct str value)
{
    struct config_pairs *pairs = reader->pairs;
    struct config_pair pair = { copy_text(name), copy_text(value), reader->line };
    struct config_pair *items = realloc(pairs->items, (pairs->count + 1) * sizeof(*items));

    if (items != NULL)
        pairs->items = items;
    if (pair.name == NULL || pair.value == NULL || items == NULL) {
        free(pair.name);
        free(pair.value);
        return ERR_NO_MEMORY;
    }
    items[pairs->count++] = pair;
    return ERR_OK;
}

static bool is_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';

        if (!letter && (i == 0 || c < '0' || c > '9'))
            return false;
    }
    return name.len > 0;
}

/* The byte that \c means between double quotes. */
static char unescape(char c)
{
    switch (c) {
    case 'n': return '\n';
    case 't': return '\t';
    case 'r': return '\r';
    default: return c;
    }
}

/* text begins with its quote. Behind the closing one there may be a comment. */
static enum err read_quoted(struct reader *reader, struct str text, struct buf *out)
{
    char quote = text.ptr[0];
    size_t i;
    struct str rest;

    for (i = 1; i < text.len && text.ptr[i] != quote; i++) {
        if (quote == '"' && text.ptr[i] == '\\' && i + 1 < text.len)
            buf_add_byte(out, unescape(text.ptr[++i]));
        else
            buf_add_byte(out, text.ptr[i]);
    }
    if (i >= text.len)
        return line_fault(reader, "a quote is not closed");
    rest = str_trim(str_tail(text, i + 1));
    if (rest.len > 0 && rest.ptr[0] != '#')
        return line_fault(reader, "there is something behind the closing quote");
    return buf_check(out);
}

/* Up to a comment: a # with a blank before it. */
static struct str read_plain(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '#' && (i == 0 || text.ptr[i - 1] == ' ' || text.ptr[i - 1] == '\t'))
            return str_trim(str_head(text, i));
    }
    return str_trim(text);
}

static enum err read_value(struct reader *reader, struct str name, struct str text)
{
    struct buf value;
    enum err e;

    if (text.len == 0 || (text.ptr[0] != '"' && text.ptr[0] != '\''))
        return add_pair(reader, name, read_plain(text));
    buf_init(&value, ENV_FILE_MAX_BYTES);
    e = read_quoted(reader, text, &value);
    if (e == ERR_OK)
        e = add_pair(reader, name, buf_str(&value));
    if (value.len > 0)
        secret_wipe(value.ptr, value.len);
    buf_release(&value);
    return e;
}

/* NAME=value, with an optional `export ` as shells want it; blank lines and # comments. */
static enum err read_line(struct reader *reader, struct str line)
{
    size_t equals;
    struct str name;

    line = str_trim(line);
    if (line.len == 0 || line.ptr[0] == '#')
        return ERR_OK;
    if (str_starts_with(line, STR("export ")))
        line = str_trim(str_tail(line, sizeof("export ") - 1));
    equals = str_index(line, '=');
    if (equals == SIZE_MAX)
        return line_fault(reader, "should be NAME=value");
    name = str_trim(str_head(line, equals));
    if (!is_name(name))
        return line_fault(reader, "the name before = may hold letters, digits and _ only");
    if (str_index(line, '\0') != SIZE_MAX)
        return line_fault(reader, "holds a NUL character");
    return read_value(reader, name, str_trim(str_tail(line, equals + 1)));
}

static enum err read_lines(struct reader *reader, struct str text)
{
    struct str line;
    enum err kept = ERR_OK;

    if (str_starts_with(text, STR("\xEF\xBB\xBF")))
        text = str_tail(text, 3);
    while (str_split(&text, '\n', &line)) {
        enum err e;

        reader->line++;
        e = read_line(reader, line);
        if (e == ERR_NO_MEMORY)
            return e;
        if (e != ERR_OK)
            kept = e;
    }
    return kept;
}

static enum err say_errno(const char *path, struct buf *ret_faults)
{
    int number = errno;

    buf_addf(ret_faults, "%s: cannot be read: %s\n", path, strerror(number));
    return ERR_INVALID;
}

static enum err read_bytes(int fd, const char *path, struct buf *ret_faults, struct buf *out)
{
    switch (buf_add_fd(out, fd)) {
    case ERR_OK: return ERR_OK;
    case ERR_UNAVAILABLE: return say_errno(path, ret_faults);
    default: buf_addf(ret_faults, "%s: is longer than %d bytes\n", path, ENV_FILE_MAX_BYTES); return ERR_INVALID;
    }
}

enum err config_file_read(const char *path, enum env_file must, struct buf *ret_faults, struct config_pairs *ret_pairs)
{
    struct reader reader = { .path = path, .faults = ret_faults, .pairs = ret_pairs };
    struct buf text;
    enum err e;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0 && errno == ENOENT && must == ENV_FILE_MAY_EXIST)
        return ERR_OK;
    if (fd < 0)
        return say_errno(path, ret_faults);
    buf_init(&text, ENV_FILE_MAX_BYTES);
    e = read_bytes(fd, path, ret_faults, &text);
    (void)close(fd);
    if (e == ERR_OK)
        e = read_lines(&reader, buf_str(&text));
    if (text.len > 0)
        secret_wipe(text.ptr, text.len);
    buf_release(&text);
    return e;
}

enum err config_secret_read(const char *path, struct buf *ret_faults, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    enum err e;

    if (fd < 0)
        return say_errno(path, ret_faults);
    e = read_bytes(fd, path, ret_faults, out);
    (void)close(fd);
    while (out->len > 0 && (out->ptr[out->len - 1] == '\n' || out->ptr[out->len - 1] == '\r'))
        out->ptr[--out->len] = '\0';
    return e;
}

void config_pairs_free(struct config_pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++) {
        secret_wipe(pairs->items[i].value, strlen(pairs->items[i].value));
        free(pairs->items[i].name);
        free(pairs->items[i].value);
    }
    free(pairs->items);
    *pairs = (struct config_pairs){ NULL, 0 };
}
