#include "export_resume.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "parley/auth/digest.h"
#include "parley/core/limits.h"

enum { RECORDS_MAX_BYTES = TAR_NAME_MAX_BYTES + TAR_BLOCK_BYTES, LINE_MAX_BYTES = TAR_NAME_MAX_BYTES + 80 };

/* An entry as it is found. */
struct found {
    char name[TAR_NAME_MAX_BYTES];
    char sha256[SHA256_HEX_BYTES];
    int64_t end; /* where the next one begins */
};

/* ERR_NOT_FOUND: the file ends before. */
static enum err read_at(int fd, void *bytes, size_t len, int64_t at)
{
    char *to = bytes;

    while (len > 0) {
        ssize_t got = pread(fd, to, len, at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? ERR_UNAVAILABLE : ERR_NOT_FOUND;
        to += got;
        at += got;
        len -= (size_t)got;
    }
    return ERR_OK;
}

static int64_t padded(int64_t size_bytes)
{
    return (size_bytes + TAR_BLOCK_BYTES - 1) / TAR_BLOCK_BYTES * TAR_BLOCK_BYTES;
}

static enum err header_at(int fd, int64_t at, struct tar_header *ret_header)
{
    char block[TAR_BLOCK_BYTES];

    TRY(read_at(fd, block, sizeof(block), at));
    return tar_header_read(block, ret_header) == ERR_OK ? ERR_OK : ERR_NOT_FOUND;
}

/* The headers of the entry at *at, which is moved behind them. */
static enum err headers_read(int fd, int64_t *at, struct found *found, int64_t *ret_size_bytes)
{
    char records[RECORDS_MAX_BYTES];
    struct tar_header header;
    struct str path = { NULL, 0 }, size = { NULL, 0 };

    TRY(header_at(fd, *at, &header));
    *at += TAR_BLOCK_BYTES;
    if (header.kind == TAR_EXTENDED) {
        if (header.size_bytes > (int64_t)sizeof(records))
            return ERR_NOT_FOUND;
        TRY(read_at(fd, records, (size_t)header.size_bytes, *at));
        path = tar_record((struct str){ records, (size_t)header.size_bytes }, "path");
        size = tar_record((struct str){ records, (size_t)header.size_bytes }, "size");
        *at += padded(header.size_bytes);
        TRY(header_at(fd, *at, &header));
        *at += TAR_BLOCK_BYTES;
    }
    if (header.kind != TAR_FILE || (size.ptr != NULL && str_to_int64(size, &header.size_bytes) != ERR_OK))
        return ERR_NOT_FOUND;
    if (path.ptr == NULL)
        path = str_from(header.name);
    (void)snprintf(found->name, sizeof(found->name), "%.*s", STR_FMT(path));
    *ret_size_bytes = header.size_bytes;
    return ERR_OK;
}

static enum err bytes_sum(int fd, int64_t at, int64_t size_bytes, char *chunk, struct digest *digest)
{
    while (size_bytes > 0) {
        size_t len = size_bytes < (int64_t)COPY_CHUNK_BYTES ? (size_t)size_bytes : COPY_CHUNK_BYTES;

        TRY(read_at(fd, chunk, len, at));
        digest_add(digest, chunk, len);
        at += (int64_t)len;
        size_bytes -= (int64_t)len;
    }
    return ERR_OK;
}

static enum err entry_read(int fd, int64_t at, char *chunk, struct found *found)
{
    struct digest *digest;
    uint8_t sha256[SHA256_BYTES];
    int64_t size_bytes = 0;
    char last;
    enum err e;

    TRY(headers_read(fd, &at, found, &size_bytes));
    digest = digest_new();
    e = digest != NULL ? bytes_sum(fd, at, size_bytes, chunk, digest) : ERR_NO_MEMORY;
    found->end = at + padded(size_bytes);
    if (e == ERR_OK && size_bytes > 0)
        e = read_at(fd, &last, 1, found->end - 1);
    if (e != ERR_OK) {
        digest_free(digest);
        return e;
    }
    digest_end(digest, sha256);
    digest_hex(sha256, found->sha256);
    return ERR_OK;
}

/* A line, with its end. ERR_NOT_FOUND: there is none that is whole. */
static enum err line_read(int fd, int64_t at, char ret_line[LINE_MAX_BYTES], size_t *ret_len)
{
    for (size_t i = 0; i < LINE_MAX_BYTES; i++) {
        TRY(read_at(fd, &ret_line[i], 1, at + (int64_t)i));
        if (ret_line[i] == '\n') {
            *ret_len = i + 1;
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

static bool is_line_of(struct str line, const struct found *found)
{
    struct str sum = str_head(line, SHA256_HEX_BYTES - 1), name = str_tail(line, SHA256_HEX_BYTES + 1);

    return line.len > SHA256_HEX_BYTES + 2 && str_eq_c(sum, found->sha256) &&
           str_eq_c(str_head(name, name.len - 1), found->name);
}

/* "chats/N-ID/files/ID/NAME" is a file; everything else is an entry that files may follow. */
static void place_note(const struct found *found, struct export_resume *resume)
{
    struct str rest = str_from(found->name), pieces[4] = { { NULL, 0 } };

    resume->entry_count++;
    for (size_t i = 0; i < COUNT_OF(pieces) && rest.len > 0; i++)
        (void)str_split(&rest, '/', &pieces[i]);
    if (str_eq_c(pieces[2], "files") && uuid_parse(pieces[3], &resume->file) == ERR_OK)
        return;
    memcpy(resume->entry, found->name, sizeof(resume->entry));
    memset(&resume->file, 0, sizeof(resume->file));
}

static enum err next_look(int archive_fd, int sums_fd, char *chunk, struct export_resume *resume)
{
    char line[LINE_MAX_BYTES];
    struct found found;
    size_t len = 0;

    TRY(line_read(sums_fd, resume->sums_bytes, line, &len));
    TRY(entry_read(archive_fd, resume->archive_bytes, chunk, &found));
    if (!is_line_of((struct str){ line, len }, &found))
        return ERR_NOT_FOUND;
    place_note(&found, resume);
    resume->archive_bytes = found.end;
    resume->sums_bytes += (int64_t)len;
    return ERR_OK;
}

enum err export_resume_look(int archive_fd, int sums_fd, int64_t sums_from, struct export_resume *ret_resume)
{
    char *chunk = malloc(COPY_CHUNK_BYTES);
    enum err e = chunk != NULL ? ERR_OK : ERR_NO_MEMORY;

    *ret_resume = (struct export_resume){ .sums_bytes = sums_from };
    while (e == ERR_OK)
        e = next_look(archive_fd, sums_fd, chunk, ret_resume);
    free(chunk);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}
