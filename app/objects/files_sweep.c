/* Removing what unfinished work has left in the folder store. */
#include "files_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parley/core/clock.h"
#include "parley/core/limits.h"

static int64_t mtime_us(const struct stat *st)
{
    return (int64_t)st->st_mtim.tv_sec * US_PER_S + st->st_mtim.tv_nsec / 1000;
}

/* One entry of .tmp or .uploads, when nobody has touched it since before_us. */
static enum err sweep_entry(struct files *files, const char *folder, const char *name, int64_t before_us,
                            int64_t *count)
{
    char path[FILES_PATH_BYTES];
    struct stat st;
    enum err e = ERR_OK;
    TRY(files_path(path, "%s/%s", folder, name));
    if (fstatat(files->dir, path, &st, AT_SYMLINK_NOFOLLOW) != 0 || mtime_us(&st) >= before_us)
        return ERR_OK;
    if (S_ISDIR(st.st_mode))
        e = files_upload_remove(files, path);
    else if (unlinkat(files->dir, path, 0) != 0)
        e = files_errno(files, "delete");
    if (e == ERR_OK)
        (*count)++;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err sweep_folder(struct files *files, const char *folder, int64_t before_us, int64_t *count)
{
    int dir = openat(files->dir, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = dir >= 0 ? fdopendir(dir) : NULL;
    enum err e = ERR_OK;
    struct dirent *entry;
    if (stream == NULL) {
        if (dir >= 0)
            close(dir);
        return store_fail(&files->base, "The object folder is not there (OBJECTS_DIR)");
    }
    while (e == ERR_OK && (entry = readdir(stream)) != NULL) {
        if (entry->d_name[0] != '.')
            e = sweep_entry(files, folder, entry->d_name, before_us, count);
    }
    closedir(stream);
    return e;
}

enum err files_sweep(struct store *store, struct arena *a, int64_t older_than_us, int64_t *ret_count)
{
    int64_t count = 0;
    (void)a;
    TRY(sweep_folder((struct files *)store, FILES_TEMP_DIR, older_than_us, &count));
    TRY(sweep_folder((struct files *)store, FILES_UPLOADS_DIR, older_than_us - STORE_UPLOAD_KEPT_DAYS * US_PER_DAY,
                     &count));
    *ret_count = count;
    return ERR_OK;
}
