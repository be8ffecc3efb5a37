/* What is in the folder. */
#include "files_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static DIR *open_folder(struct files *files, const char *path)
{
    int fd = openat(files->dir, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
    if (stream == NULL && fd >= 0)
        close(fd);
    return stream;
}

/* NULL with *ret_e ERR_OK: there are no more. */
static struct dirent *next_entry(struct files *files, DIR *stream, enum err *ret_e)
{
    struct dirent *entry;

    errno = 0;
    entry = readdir(stream);
    *ret_e = entry == NULL && errno != 0 ? files_errno(files, "list") : ERR_OK;
    return entry;
}

/* A file that goes meanwhile is passed over, and so is what is no file of ours. */
static enum err each_file(struct files *files, const char *folder, const char *name, store_object_fn fn, void *arg)
{
    char path[FILES_PATH_BYTES];
    struct stat st;
    TRY(files_path(path, "%s/%s", folder, name));
    if (fstatat(files->dir, path, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT || errno == ENOTDIR ? ERR_OK : files_errno(files, "list");
    return S_ISREG(st.st_mode) ? fn(arg, str_from(path), st.st_size) : ERR_OK;
}

static enum err each_in_folder(struct files *files, const char *folder, store_object_fn fn, void *arg)
{
    DIR *stream = open_folder(files, folder);
    enum err e = ERR_OK;
    struct dirent *entry;
    if (stream == NULL)
        return errno == ENOENT || errno == ENOTDIR ? ERR_OK : files_errno(files, "list");
    while (e == ERR_OK && (entry = next_entry(files, stream, &e)) != NULL) {
        if (entry->d_name[0] != '.')
            e = each_file(files, folder, entry->d_name, fn, arg);
    }
    closedir(stream);
    return e;
}

/* Keys are a folder of the workspace and a name. */
enum err files_each(struct store *store, store_object_fn fn, void *arg)
{
    struct files *files = (struct files *)store;
    DIR *stream = open_folder(files, ".");
    enum err e = ERR_OK;
    struct dirent *entry;
    if (stream == NULL && errno == ENOENT)
        return store_fail(store, "The object folder is not there (OBJECTS_DIR)");
    if (stream == NULL)
        return files_errno(files, "list");
    while (e == ERR_OK && (entry = next_entry(files, stream, &e)) != NULL) {
        if (str_starts_with(str_from(entry->d_name), STR(STORE_KEY_PREFIX)))
            e = each_in_folder(files, entry->d_name, fn, arg);
    }
    closedir(stream);
    return e;
}
