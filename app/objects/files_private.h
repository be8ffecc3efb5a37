/* Inside the objects room: the folder store. */
#ifndef PARLEY_OBJECTS_FILES_PRIVATE_H
#define PARLEY_OBJECTS_FILES_PRIVATE_H

#include "store_private.h"

/* Below OBJECTS_DIR, beside the objects; no key begins with a dot. */
#define FILES_TEMP_DIR ".tmp"
#define FILES_UPLOADS_DIR ".uploads"

enum {
    FILES_MODE = 0640, /* nginx may be another user of the same group */
    FILES_DIR_MODE = 0750,
    FILES_NAME_BYTES = 64, /* of a name that we make */
    FILES_PATH_BYTES = 1400,
};

struct files {
    struct store base;
    int dir;          /* OBJECTS_DIR, open */
    char *public_url; /* without a slash at its end */
    struct keys *keys;
};

/* A file that is being written, in FILES_TEMP_DIR; it appears under its name only after staged_file_commit. */
struct staged_file {
    struct files *files;
    int fd;
    char path[FILES_NAME_BYTES];
};

/* Begins. ERR_STORAGE, with the reason in store_fault. End with commit or drop. */
enum err staged_file_begin(struct files *files, struct staged_file *ret_draft) MUST_CHECK;
/* Adds bytes at the end. */
enum err staged_file_write(struct staged_file *draft, const void *bytes, size_t len) MUST_CHECK;
/* Makes it durable and gives it the name `path`, below OBJECTS_DIR; folders in between are made where `folders` says so. */
enum files_folders { FILES_FOLDERS_MADE, FILES_FOLDERS_THERE };
enum err staged_file_commit(struct staged_file *draft, const char *path, enum files_folders folders) MUST_CHECK;
/* Removes it, unless it was committed. */
void staged_file_drop(struct staged_file *draft);

/* Writes a whole source into a new draft. ERR_UPLOAD_MISMATCH where size or digest (NULL: none) are not the promised ones. */
struct files_intake_opts {
    store_source_fn source;
    void *arg;
    int64_t size_bytes; /* or -1 */
    int64_t max_bytes;
    const uint8_t *sha256; /* or NULL */
};
enum err files_take(struct staged_file *draft, const struct files_intake_opts *opts, int64_t *ret_size,
                    uint8_t ret_sha256[32]) MUST_CHECK;

/* What errno means; ERR_NOT_FOUND for ENOENT, else ERR_STORAGE, with the reason in store_fault. `doing`: "write", "read". */
enum err files_errno(struct files *files, const char *doing) MUST_CHECK;
/* fsync of the folder that holds `path`. */
enum err files_sync_parent(struct files *files, const char *path) MUST_CHECK;
/* A NUL-ended copy of a key, or of a name made of pieces, in path. ERR_INVALID when it does not fit. */
enum err files_path(char ret_path[FILES_PATH_BYTES], const char *format, ...) PRINTF_LIKE(2, 3) MUST_CHECK;

/* Uploads in parts (files_multipart.c) and signed addresses (files_url.c). */
enum err files_multipart_begin(struct store *store, struct arena *a, struct str key, struct str content_type,
                               struct str *ret_upload_id) MUST_CHECK;
enum err files_multipart_list(struct store *store, struct arena *a, struct str key, struct str upload_id,
                              struct store_part **ret_parts, size_t *ret_count) MUST_CHECK;
enum err files_multipart_complete(struct store *store, struct arena *a, struct str key, struct str upload_id,
                                  const struct store_part *parts, size_t count) MUST_CHECK;
enum err files_multipart_abort(struct store *store, struct arena *a, struct str key, struct str upload_id) MUST_CHECK;
/* Stores one part; the caller has checked the grant. */
enum err files_multipart_receive(struct files *files, struct arena *a, const struct store_local_grant *grant,
                                 store_source_fn source, void *arg, struct str *ret_etag) MUST_CHECK;
/* Removes the folder of an upload (its path below OBJECTS_DIR) and what is in it. */
enum err files_upload_remove(struct files *files, const char *path) MUST_CHECK;
enum err files_each(struct store *store, store_object_fn fn, void *arg) MUST_CHECK;
enum err files_sweep(struct store *store, struct arena *a, int64_t older_than_us, int64_t *ret_count) MUST_CHECK;
enum err files_presign_get(struct store *store, struct arena *a, const struct store_download_opts *opts,
                           struct str *ret_url) MUST_CHECK;
enum err files_presign_put(struct store *store, struct arena *a, const struct store_presign_put_opts *opts,
                           struct str *ret_url, struct store_header ret_headers[STORE_HEADERS_MAX],
                           size_t *ret_header_count) MUST_CHECK;
enum err files_multipart_presign(struct store *store, struct arena *a, const struct store_part_opts *opts,
                                 struct str *ret_url) MUST_CHECK;
enum err files_local_verify(struct store *store, struct arena *a, const struct store_local_request *request,
                            struct store_local_grant *ret_grant) MUST_CHECK;

/* 32 hex digits and quotes that stand for this very version of an open file. In the arena. */
enum err files_etag(struct files *files, struct arena *a, int fd, struct str *ret_etag) MUST_CHECK;

#endif
