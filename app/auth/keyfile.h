/*
 * Files of keys: read only when nobody else can read them, written whole or not at all. Private to app/auth.
 * ret_error_text gets one line: what is wrong and what to do.
 */
#ifndef PARLEY_AUTH_KEYFILE_H
#define PARLEY_AUTH_KEYFILE_H

#include "parley/core/buf.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

/* Makes the folder and the missing ones above it; the last one 0700. ERR_OK when it is there already. */
enum err keyfile_make_dir(const char *path, struct buf *ret_error_text) MUST_CHECK;
/* ERR_INVALID when group or others have any right on the folder. */
enum err keyfile_check_dir(const char *path, struct buf *ret_error_text) MUST_CHECK;
/* Takes group's and others' rights away from a folder that holds no keys yet. */
enum err keyfile_close_dir(const char *path, struct buf *ret_error_text) MUST_CHECK;

enum keyfile_kind {
    KEYFILE_SECRET, /* refused when group or others have any right on it */
    KEYFILE_PUBLIC, /* refused when group or others can write it */
};
/* Appends the content. ERR_NOT_FOUND (nothing is written into ret_error_text) when there is no such file, ERR_INVALID. */
enum err keyfile_read(const char *path, enum keyfile_kind kind, struct buf *ret_error_text, struct buf *out) MUST_CHECK;

enum keyfile_write {
    KEYFILE_NEW,     /* an existing file stays as it is, so of two writers at once the first wins; ERR_OK for both */
    KEYFILE_REPLACE, /* takes the place of an existing one in one step */
};
/* Mode 0600, durable when the call returns. */
enum err keyfile_write(const char *path, struct str content, enum keyfile_write how,
                       struct buf *ret_error_text) MUST_CHECK;

#endif
