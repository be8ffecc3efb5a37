/*
 * Rows held against objects, both ways. At every moment, whatever died in between, each object is known to a row of a file, of an
 * upload under way, or of what is to be deleted (object_deletion.h), and each row of a file has its object. What does not hold that
 * is found here, while servers run: what is on its way is looked at a second time.
 *
 * Errors of the database and the store.
 */
#ifndef PARLEY_DOMAIN_RECONCILE_H
#define PARLEY_DOMAIN_RECONCILE_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/task.h"

enum reconcile_fault {
    RECONCILE_ORPHAN,  /* an object that no row knows */
    RECONCILE_MISSING, /* a file's row whose object is not there, or is of another size */
};

struct reconcile_report {
    int64_t object_count, file_count; /* that were looked at */
    int64_t orphan_count, orphan_bytes;
    int64_t missing_count;
};

enum reconcile_way {
    RECONCILE_TELL,
    RECONCILE_REPAIR, /* orphans are deleted; files without an object are taken off their messages, visibly */
};
struct reconcile_opts {
    enum reconcile_way way;
    /* Told of each fault that was found (and repaired), by its key, and, with fault -1, now and then how far it is. */
    void (*tell)(void *arg, int fault, struct str key, const struct reconcile_report *report);
    void *arg;
};
/* Looks at everything. The task is renewed meanwhile; with RECONCILE_REPAIR the audit log is told what was done. */
enum err reconcile(struct task *task, const struct reconcile_opts *opts,
                   struct reconcile_report *ret_report) MUST_CHECK;

#endif
