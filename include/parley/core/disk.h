/* Room on disks. Any thread. */
#ifndef PARLEY_CORE_DISK_H
#define PARLEY_CORE_DISK_H

#include <stdint.h>

/* How many bytes this user may still write on the file system of a file or folder; -1: there is no such place. */
int64_t disk_free_bytes(const char *path);
/* How many it has for this user in all, free or not; -1 likewise. */
int64_t disk_total_bytes(const char *path);

#endif
