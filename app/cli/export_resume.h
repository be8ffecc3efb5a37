/* What is there of an archive that was cut off. Private to the room: export.c. */
#ifndef PARLEY_APP_CLI_EXPORT_RESUME_H
#define PARLEY_APP_CLI_EXPORT_RESUME_H

#include "parley/core/ids.h"
#include "parley/core/tar.h"

struct export_resume {
    int64_t archive_bytes, sums_bytes; /* so much of both is whole */
    int64_t entry_count;
    char entry[TAR_NAME_MAX_BYTES]; /* the last entry but files; "": none */
    struct uuid file;               /* the last file behind it; all zero: none */
};

/*
 * Reads the archive from its beginning and holds each entry against its line of sums.
 *   sums_from  where the lines begin in the file of sums
 * ERR_UNAVAILABLE: a file cannot be read, and errno says why. ERR_NO_MEMORY.
 */
enum err export_resume_look(int archive_fd, int sums_fd, int64_t sums_from,
                            struct export_resume *ret_resume) MUST_CHECK;

#endif
