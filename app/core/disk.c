#include "parley/core/disk.h"

#include <sys/statvfs.h>

int64_t disk_free_bytes(const char *path)
{
    struct statvfs room;

    if (statvfs(path, &room) != 0)
        return -1;
    return (int64_t)room.f_bavail * (int64_t)room.f_frsize;
}
