#include "parley/core/time_zone.h"

#include <ctype.h>
#include <fcntl.h>
#include <unistd.h>

#include "parley/core/buf.h"
#include "parley/core/limits.h"

#define ZONES "/usr/share/zoneinfo/"

/* RFC 8536 §3.1: magic, version, 15 bytes of nothing, six counts. */
enum { HEADER_BYTES = 44, COUNTS_AT = 20, TYPE_BYTES = 6, FILE_MAX_BYTES = 65536 };

struct tables {
    const unsigned char *times; /* transitions, of time_bytes each */
    const unsigned char *kinds; /* of each transition, the index of what holds behind it */
    const unsigned char *types; /* TYPE_BYTES each: offset, whether it is summer, name */
    size_t time_count, type_count, time_bytes;
};

static int64_t number_read(const unsigned char *bytes, size_t len)
{
    uint64_t number = bytes[0] & 0x80 ? UINT64_MAX : 0;

    for (size_t i = 0; i < len; i++)
        number = number << 8 | bytes[i];
    return (int64_t)number;
}

/* A name of the database: words of letters, digits, dashes and signs, with slashes between; no way out of its folder. */
static bool is_name(struct str zone)
{
    bool in_word = false;

    if (zone.len == 0 || zone.len > TIMEZONE_MAX_CHARS)
        return false;
    for (size_t i = 0; i < zone.len; i++) {
        char c = zone.ptr[i];

        if (c == '/' ? !in_word : !isalnum((unsigned char)c) && c != '_' && c != '-' && c != '+')
            return false;
        in_word = c != '/';
    }
    return in_word;
}

/* One of the file's two blocks; *rest is moved behind it. */
static bool block_read(struct str *rest, size_t time_bytes, struct tables *ret_tables)
{
    const unsigned char *bytes = (const unsigned char *)rest->ptr;
    size_t counts[6], len;

    if (rest->len < HEADER_BYTES || memcmp(rest->ptr, "TZif", 4) != 0)
        return false;
    for (size_t i = 0; i < COUNT_OF(counts); i++) {
        int64_t count = number_read(bytes + COUNTS_AT + 4 * i, 4);

        if (count < 0 || count > FILE_MAX_BYTES)
            return false;
        counts[i] = (size_t)count;
    }
    /* Universal and standard indicators, leap seconds, transitions, types, letters of names. */
    len = counts[3] * (time_bytes + 1) + counts[4] * TYPE_BYTES + counts[5] + counts[2] * (time_bytes + 4) + counts[1] +
          counts[0];
    if (rest->len - HEADER_BYTES < len || counts[4] == 0)
        return false;
    ret_tables->times = bytes + HEADER_BYTES;
    ret_tables->kinds = ret_tables->times + counts[3] * time_bytes;
    ret_tables->types = ret_tables->kinds + counts[3];
    ret_tables->time_count = counts[3];
    ret_tables->type_count = counts[4];
    ret_tables->time_bytes = time_bytes;
    *rest = str_tail(*rest, HEADER_BYTES + len);
    return true;
}

/* Files of version 2 and later hold the whole again, with times of 64 bits. */
static bool tables_read(struct str file, struct tables *ret_tables)
{
    bool has_more = file.len > 4 && file.ptr[4] >= '2';

    return block_read(&file, 4, ret_tables) && (!has_more || block_read(&file, 8, ret_tables));
}

static enum err offset_find(const struct tables *tables, int64_t at_s, int32_t *ret_offset_s)
{
    size_t low = 0, high = tables->time_count, kind = 0;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (number_read(tables->times + middle * tables->time_bytes, tables->time_bytes) <= at_s)
            low = middle + 1;
        else
            high = middle;
    }
    if (low > 0)
        kind = tables->kinds[low - 1];
    if (kind >= tables->type_count)
        return ERR_INVALID;
    *ret_offset_s = (int32_t)number_read(tables->types + kind * TYPE_BYTES, 4);
    return ERR_OK;
}

static enum err file_read(struct str zone, struct buf *out)
{
    char path[sizeof(ZONES) + TIMEZONE_MAX_CHARS];
    enum err e;
    int fd;

    snprintf(path, sizeof(path), ZONES "%.*s", STR_FMT(zone));
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return ERR_INVALID;
    e = buf_add_fd(out, fd);
    close(fd);
    return e == ERR_OK ? ERR_OK : ERR_INVALID;
}

enum err time_zone_offset(struct str zone, int64_t at_s, int32_t *ret_offset_s)
{
    struct tables tables;
    struct buf file;
    enum err e;

    if (str_eq_c(zone, "UTC")) {
        *ret_offset_s = 0;
        return ERR_OK;
    }
    if (!is_name(zone))
        return ERR_INVALID;
    buf_init(&file, FILE_MAX_BYTES);
    e = file_read(zone, &file);
    if (e == ERR_OK)
        e = tables_read(buf_str(&file), &tables) ? offset_find(&tables, at_s, ret_offset_s) : ERR_INVALID;
    buf_release(&file);
    return e;
}
