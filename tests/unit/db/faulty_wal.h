/* SQLite's own way to the disk, but what is written to a write-ahead log fails once when the test says so. */
#ifndef PARLEY_TESTS_DB_FAULTY_WAL_H
#define PARLEY_TESTS_DB_FAULTY_WAL_H

#include <sqlite3.h>
#include <stdatomic.h>

#include "unit.h"

enum wal_fault {
    WAL_FINE,
    WAL_FULL,       /* the next write finds no room */
    WAL_NOT_SYNCED, /* everything is written, then the disk says that the wait for it failed */
};

static _Atomic enum wal_fault wal_fault;
static sqlite3_vfs faulty_vfs;
static sqlite3_vfs *real_vfs;
static sqlite3_io_methods faulty_methods;
static const sqlite3_io_methods *real_methods;

static inline bool wal_fails(enum wal_fault fault)
{
    return atomic_compare_exchange_strong(&wal_fault, &fault, WAL_FINE);
}

static inline int faulty_write(sqlite3_file *file, const void *bytes, int len, sqlite3_int64 offset)
{
    return wal_fails(WAL_FULL) ? SQLITE_FULL : real_methods->xWrite(file, bytes, len, offset);
}

static inline int faulty_sync(sqlite3_file *file, int flags)
{
    return wal_fails(WAL_NOT_SYNCED) ? SQLITE_IOERR_FSYNC : real_methods->xSync(file, flags);
}

static inline int faulty_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *ret_flags)
{
    int rc = real_vfs->xOpen(real_vfs, name, file, flags, ret_flags);

    (void)vfs;
    if (rc == SQLITE_OK && (flags & SQLITE_OPEN_WAL) && file->pMethods != NULL)
        file->pMethods = &faulty_methods;
    return rc;
}

/* The methods of a log are those of every file without locks, so of a temporary one, too. Before the first thread. */
static inline void faulty_wal_install(void)
{
    sqlite3_file *file;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_TEMP_DB | SQLITE_OPEN_EXCLUSIVE |
                SQLITE_OPEN_DELETEONCLOSE;

    assert_int_equal(sqlite3_initialize(), SQLITE_OK);
    real_vfs = sqlite3_vfs_find(NULL);
    file = calloc(1, (size_t)real_vfs->szOsFile);
    assert_non_null(file);
    assert_int_equal(real_vfs->xOpen(real_vfs, NULL, file, flags, NULL), SQLITE_OK);
    real_methods = file->pMethods;
    real_methods->xClose(file);
    free(file);
    faulty_methods = *real_methods;
    faulty_methods.xWrite = faulty_write;
    faulty_methods.xSync = faulty_sync;
    faulty_vfs = *real_vfs;
    faulty_vfs.zName = "faulty-wal";
    faulty_vfs.xOpen = faulty_open;
    assert_int_equal(sqlite3_vfs_register(&faulty_vfs, 1), SQLITE_OK);
}

#endif
