#include "parley/core/disk.h"

#include <sys/statvfs.h>

int64_t disk_free_bytes(const char *path)
{
    struct statvfs room;

    if (statvfs(path, &room) != 0)
        return -1;
    return (int64_t)room.f_bavail * (int64_t)room.f_frsize;
}

/* What is kept for root counts as not there, so that a full disk is full. */
int64_t disk_total_bytes(const char *path)
{
    struct statvfs room;

    if (statvfs(path, &room) != 0)
        return -1;
    return (int64_t)(room.f_blocks - room.f_bfree + room.f_bavail) * (int64_t)room.f_frsize;
}
