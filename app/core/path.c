#include "parley/core/path.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include <sys/stat.h>

enum { ABOVE_MODE = 0750 };

/* The first len bytes of path are the folder. */
static enum err make(const char *path, size_t len, mode_t mode)
{
    char part[PATH_MAX];

    if (len >= sizeof(part)) {
        errno = ENAMETOOLONG;
        return ERR_STORAGE;
    }
    memcpy(part, path, len);
    part[len] = '\0';
    for (size_t i = 1; i < len; i++) {
        if (part[i] != '/')
            continue;
        part[i] = '\0';
        (void)mkdir(part, ABOVE_MODE); /* the last mkdir reports why a folder cannot be made */
        part[i] = '/';
    }
    return mkdir(part, mode) == 0 || errno == EEXIST ? ERR_OK : ERR_STORAGE;
}

enum err path_make_dir(const char *path, mode_t mode)
{
    return make(path, strlen(path), mode);
}

enum err path_make_parent(const char *path, mode_t mode)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL || slash == path ? ERR_OK : make(path, (size_t)(slash - path), mode);
}
