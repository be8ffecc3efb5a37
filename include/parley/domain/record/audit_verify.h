/*
 * Verification of the audit log's chain: finds what was changed, removed, added or moved behind the program's back, and names
 * it. Who can write into the database can also make the whole chain again; a position and hash that were kept outside of it
 * (`known`) show that as well.
 */
#ifndef PARLEY_DOMAIN_AUDIT_VERIFY_H
#define PARLEY_DOMAIN_AUDIT_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/domain/record/audit_chain.h"

enum audit_fault_kind {
    AUDIT_FAULT_CHANGED,  /* the row is not what was sealed */
    AUDIT_FAULT_REMOVED,  /* rows from `position` to `other_position` are missing */
    AUDIT_FAULT_ADDED,    /* the row was never sealed where it stands */
    AUDIT_FAULT_MOVED,    /* the row was sealed after the one that now stands at `other_position` */
    AUDIT_FAULT_REPLACED, /* the next row was sealed after another one: this was replaced, or one after it removed */
    AUDIT_FAULT_BEHEADED, /* the first row was sealed after another one, which is gone */
    AUDIT_FAULT_UNKNOWN,  /* the row is not the one that is known to stand here */
};

struct audit_fault {
    enum audit_fault_kind kind;
    int64_t position; /* in the chain */
    int64_t other_position;
    int64_t id; /* the row's integer key; 0: the row is not there */
    struct uuid uuid;
};

enum { AUDIT_FAULTS_LISTED_MAX = 100 };

struct audit_report {
    int64_t sealed_count, unsealed_count;
    struct audit_end end; /* the last sealed row */
    int64_t fault_count;  /* all of them; listed are AUDIT_FAULTS_LISTED_MAX */
    struct audit_fault faults[AUDIT_FAULTS_LISTED_MAX];
};

/* ---- the rules, without a database ---- */

/* A walk along the chain. */
struct audit_walk {
    struct audit_report *report;
    const struct audit_end *known; /* NULL: none */
    struct audit_link last; /* position 0: the first row is to come. Of its texts only the copies below are used */
    struct audit_hash last_hash, last_previous;
    bool begins_within; /* the first row to come is not the chain's: what stands before it is not looked at */
    size_t open_count;  /* faults whose row's place is still to be found, by the hash that it was sealed behind */
    struct {
        size_t fault;
        struct audit_fault moved; /* what the fault becomes when it is found */
        struct audit_hash behind;
    } open[AUDIT_FAULTS_LISTED_MAX];
};

/* *walk and *report are the caller's, kept until the end. */
void audit_walk_begin(struct audit_walk *walk, struct audit_report *report, const struct audit_end *known);
/* The next row, by position. Its texts are not used any more afterwards. ERR_NO_MEMORY. */
enum err audit_walk_row(struct audit_walk *walk, const struct audit_link *link) MUST_CHECK;
/* All rows have been seen; `end` is where the chain should end. */
void audit_walk_end(struct audit_walk *walk, const struct audit_end *end);
/* A second look at all rows, needed when open_count > 0: where does what a row was sealed behind stand now? */
void audit_walk_row_again(struct audit_walk *walk, const struct audit_link *link);

/* ---- all of it ---- */

/*
 * Walks along the whole chain. Sealing may go on meanwhile. The request arena is emptied between two pages, so nothing in it
 * may still be in use. known: NULL, or an end of the chain that was kept outside. Errors of the database; faults are no
 * errors. Outside of db_run and db_read.
 */
enum err audit_verify(struct ctx *ctx, const struct audit_end *known, struct audit_report *ret_report) MUST_CHECK;

/*
 * Walks along a part of the chain, for whoever must not be kept long: from the row that is known to stand at from->position on
 * (it is checked too; NULL: from the first row), until the end or the first page of rows after max_ms. *ret_complete: it has
 * come to the end. Else report->end, given as `from`, goes on there. A row that was moved is reported as replaced: where it
 * stands now would take another walk. The request arena stays as it is. Errors as audit_verify's.
 */
enum err audit_verify_part(struct ctx *ctx, const struct audit_end *from, int64_t max_ms,
                           struct audit_report *ret_report, bool *ret_complete) MUST_CHECK;

/* An end of the chain as text, "POSITION:HASH" with the hash in hex, and back. Absent past the arena's cap. */
struct str audit_end_text(struct arena *a, const struct audit_end *end);
/* false: it is not of that form, or no position. */
bool audit_end_parse(struct str text, struct audit_end *ret_end);

/* One fault as a sentence that names the row. In the arena; NULL past its cap. */
const char *audit_fault_sentence(struct arena *a, const struct audit_fault *fault);

#endif
