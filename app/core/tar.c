#include "parley/core/tar.h"

#include <string.h>

#include "parley/core/clock.h"

/* ustar's fields: where they are, and how long. */
enum {
    NAME_AT = 0,
    NAME_BYTES = 100,
    MODE_AT = 100,
    UID_AT = 108,
    GID_AT = 116,
    SIZE_AT = 124,
    MTIME_AT = 136,
    CHECKSUM_AT = 148,
    CHECKSUM_BYTES = 8,
    TYPE_AT = 156,
    MAGIC_AT = 257,
    SMALL_BYTES = 8,  /* of mode, uid and gid */
    LARGE_BYTES = 12, /* of size and time */
};
/* More does not fit into eleven octal digits. */
#define USTAR_SIZE_MAX INT64_C(077777777777)

static void octal(char *at, size_t field_bytes, int64_t number)
{
    (void)snprintf(at, field_bytes, "%0*llo", (int)field_bytes - 1, (long long)number);
}

/* The sum of all bytes, those of the checksum itself taken as blanks. */
static unsigned checksum(const char block[TAR_BLOCK_BYTES])
{
    unsigned sum = 0;

    for (int i = 0; i < TAR_BLOCK_BYTES; i++)
        sum += i >= CHECKSUM_AT && i < CHECKSUM_AT + CHECKSUM_BYTES ? (unsigned)' ' : (unsigned char)block[i];
    return sum;
}

static void header_add(struct buf *out, char type, struct str name, int64_t size_bytes, int64_t modified_us)
{
    static const char magic[] = { 'u', 's', 't', 'a', 'r', '\0', '0', '0' };
    char block[TAR_BLOCK_BYTES] = { 0 };

    memcpy(block + NAME_AT, name.ptr, name.len < NAME_BYTES ? name.len : NAME_BYTES);
    octal(block + MODE_AT, SMALL_BYTES, 0600);
    octal(block + UID_AT, SMALL_BYTES, 0);
    octal(block + GID_AT, SMALL_BYTES, 0);
    octal(block + SIZE_AT, LARGE_BYTES, size_bytes);
    octal(block + MTIME_AT, LARGE_BYTES, modified_us / US_PER_S);
    block[TYPE_AT] = type;
    memcpy(block + MAGIC_AT, magic, sizeof(magic));
    (void)snprintf(block + CHECKSUM_AT, CHECKSUM_BYTES, "%06o", checksum(block));
    block[CHECKSUM_AT + CHECKSUM_BYTES - 1] = ' ';
    buf_add_bytes(out, block, sizeof(block));
}

static size_t digits(size_t number)
{
    size_t count = 1;

    for (; number >= 10; number /= 10)
        count++;
    return count;
}

/* "LEN key=value\n", where LEN counts itself. */
static void record_add(struct buf *out, const char *key, struct str value)
{
    size_t rest = 1 + strlen(key) + 1 + value.len + 1;
    size_t len = rest + digits(rest);

    len = rest + digits(len);
    buf_addf(out, "%zu %s=", len, key);
    buf_add(out, value);
    buf_add_byte(out, '\n');
}

static bool is_plain(struct str name)
{
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.ptr[i] >= 0x80)
            return false;
    return name.len <= NAME_BYTES;
}

static void extended_add(struct buf *out, struct str name, int64_t size_bytes, int64_t modified_us)
{
    struct buf records;
    char size[24];

    buf_init(&records, TAR_NAME_MAX_BYTES + TAR_BLOCK_BYTES);
    record_add(&records, "path", name);
    (void)snprintf(size, sizeof(size), "%lld", (long long)size_bytes);
    record_add(&records, "size", str_from(size));
    header_add(out, 'x', STR("PaxHeader"), (int64_t)records.len, modified_us);
    buf_add(out, buf_str(&records));
    tar_entry_end(out, (int64_t)records.len);
    out->failed = out->failed || records.failed;
    buf_release(&records);
}

void tar_entry_begin(struct buf *out, struct str name, int64_t size_bytes, int64_t modified_us)
{
    bool is_large = size_bytes > USTAR_SIZE_MAX;

    if (!is_plain(name) || is_large)
        extended_add(out, name, size_bytes, modified_us);
    header_add(out, '0', is_plain(name) ? name : STR("entry"), is_large ? 0 : size_bytes, modified_us);
}

void tar_entry_end(struct buf *out, int64_t size_bytes)
{
    static const char zeros[TAR_BLOCK_BYTES];

    buf_add_bytes(out, zeros, (size_t)((TAR_BLOCK_BYTES - size_bytes % TAR_BLOCK_BYTES) % TAR_BLOCK_BYTES));
}

void tar_end(struct buf *out)
{
    static const char zeros[2 * TAR_BLOCK_BYTES];

    buf_add_bytes(out, zeros, sizeof(zeros));
}

/* ---- reading ---- */

static enum err octal_read(const char *at, size_t field_bytes, int64_t *ret_number)
{
    int64_t number = 0;
    size_t i = 0;

    for (; i < field_bytes && at[i] >= '0' && at[i] <= '7'; i++)
        number = number * 8 + (at[i] - '0');
    *ret_number = number;
    return i > 0 && i < field_bytes ? ERR_OK : ERR_INVALID;
}

static bool is_empty(const char block[TAR_BLOCK_BYTES])
{
    for (int i = 0; i < TAR_BLOCK_BYTES; i++)
        if (block[i] != 0)
            return false;
    return true;
}

enum err tar_header_read(const char block[TAR_BLOCK_BYTES], struct tar_header *ret_header)
{
    struct tar_header header = { .kind = block[TYPE_AT] == 'x' ? TAR_EXTENDED : TAR_FILE };
    int64_t sum = 0;

    if (is_empty(block)) {
        *ret_header = (struct tar_header){ .kind = TAR_END_BLOCK };
        return ERR_OK;
    }
    TRY(octal_read(block + CHECKSUM_AT, CHECKSUM_BYTES, &sum));
    TRY(octal_read(block + SIZE_AT, LARGE_BYTES, &header.size_bytes));
    if (sum != (int64_t)checksum(block) || (block[TYPE_AT] != 'x' && block[TYPE_AT] != '0'))
        return ERR_INVALID;
    memcpy(header.name, block + NAME_AT, NAME_BYTES);
    *ret_header = header;
    return ERR_OK;
}

struct str tar_record(struct str records, const char *key)
{
    struct str line;

    /* Values of ours hold no line end: names of files have no control characters. */
    while (records.len > 0 && str_split(&records, '\n', &line)) {
        size_t blank = str_index(line, ' '), equals = str_index(line, '=');

        if (blank < equals && equals != SIZE_MAX && str_eq_c(str_tail(str_head(line, equals), blank + 1), key))
            return str_tail(line, equals + 1);
    }
    return (struct str){ NULL, 0 };
}
