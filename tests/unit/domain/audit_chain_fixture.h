/* A chain of audit rows in memory, as sealing makes it, and what verification finds in it. */
#ifndef PARLEY_TESTS_AUDIT_CHAIN_FIXTURE_H
#define PARLEY_TESTS_AUDIT_CHAIN_FIXTURE_H

#include "unit.h"

#include <string.h>

#include "parley/domain/record/audit_verify.h"

enum { ROWS = 6 };

/* A chain of ROWS rows as sealing makes it, in memory. */
struct chain {
    struct audit_link links[ROWS + 1];
    struct audit_hash hashes[ROWS + 1], previous[ROWS + 1], digests[ROWS + 1];
    size_t count;
    struct audit_end end;
};

static const char salt[] = "0123456789abcdef";

static inline void link_seal(struct chain *chain, size_t i, const struct audit_hash *previous)
{
    struct audit_link *link = &chain->links[i];

    assert_ok(audit_personal_digest(link->salt, &link->personal, &chain->digests[i]));
    link->digest = audit_hash_str(&chain->digests[i]);
    chain->previous[i] = *previous;
    assert_ok(audit_link_hash(link, audit_hash_str(previous), &chain->hashes[i]));
    link->previous_hash = audit_hash_str(&chain->previous[i]);
    link->hash = audit_hash_str(&chain->hashes[i]);
}

static inline struct audit_link link_of(int64_t number)
{
    return (struct audit_link){
        .id = 100 + number,
        .uuid = { .bytes = { 1, 2, 3, (uint8_t)number } },
        .at_us = 1000 * number,
        .action = STR("auth.signed_in"),
        .actor = { .bytes = { 9, (uint8_t)number } },
        .target_kind = STR("session"),
        .target = { .bytes = { 7, (uint8_t)number } },
        .request_id = STR("0123456789"),
        .details = STR("{}"),
        .personal = { .name = STR("alice@example.org"), .ip = STR("192.0.2.1") },
        .salt = STR("0123456789abcdef"),
        .position = number,
    };
}

static inline void chain_init(struct chain *chain)
{
    struct audit_hash previous = { .bytes = { 0 } };

    *chain = (struct chain){ .count = ROWS };
    for (size_t i = 0; i < ROWS; i++) {
        chain->links[i] = link_of((int64_t)i + 1);
        link_seal(chain, i, &previous);
        previous = chain->hashes[i];
    }
    chain->end = (struct audit_end){ .position = ROWS, .hash = previous };
}

static struct audit_report *report;

static inline void verify_known(const struct chain *chain, const struct audit_end *known)
{
    struct audit_walk walk;

    audit_walk_begin(&walk, report, known);
    for (size_t i = 0; i < chain->count; i++)
        assert_ok(audit_walk_row(&walk, &chain->links[i]));
    audit_walk_end(&walk, &chain->end);
    for (size_t i = 0; i < chain->count; i++)
        audit_walk_row_again(&walk, &chain->links[i]);
}

static inline void verify(const struct chain *chain)
{
    verify_known(chain, NULL);
}

static inline void assert_fault(size_t i, enum audit_fault_kind kind, int64_t position)
{
    assert_true((int64_t)i < report->fault_count);
    assert_int_equal(report->faults[i].kind, kind);
    assert_int_equal(report->faults[i].position, position);
}

static inline void assert_only_fault(enum audit_fault_kind kind, int64_t position)
{
    assert_int_equal(report->fault_count, 1);
    assert_fault(0, kind, position);
}

/* Takes the row at index i out of the array. */
static inline void take_out(struct chain *chain, size_t i)
{
    memmove(&chain->links[i], &chain->links[i + 1], (chain->count - i - 1) * sizeof(chain->links[0]));
    chain->count--;
}

/* Positions 1, 2, 3 … in the order of the array. */
static inline void renumber(struct chain *chain)
{
    for (size_t i = 0; i < chain->count; i++)
        chain->links[i].position = (int64_t)i + 1;
}

#endif
