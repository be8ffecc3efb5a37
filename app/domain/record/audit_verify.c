#include "parley/domain/record/audit_verify.h"

#include <inttypes.h>

#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/db/db.h"

/* ---- the rules ---- */

static bool hash_is(const struct audit_hash *hash, struct str bytes)
{
    return str_eq(audit_hash_str(hash), bytes);
}

/* A hash of another length than ours is none. */
static struct audit_hash hash_from(struct str bytes)
{
    struct audit_hash hash = { .bytes = { 0 } };

    if (bytes.len == SHA256_BYTES)
        memcpy(hash.bytes, bytes.ptr, SHA256_BYTES);
    return hash;
}

static struct audit_fault fault_of(enum audit_fault_kind kind, const struct audit_link *link)
{
    return (struct audit_fault){ .kind = kind, .position = link->position, .id = link->id, .uuid = link->uuid };
}

static void fault_add(struct audit_walk *walk, struct audit_fault fault)
{
    struct audit_report *report = walk->report;

    if (report->fault_count < AUDIT_FAULTS_LISTED_MAX)
        report->faults[report->fault_count] = fault;
    report->fault_count++;
}

/* The row before `link` is not what `link` was sealed after. A second look may find that elsewhere. */
static void replaced_add(struct audit_walk *walk, const struct audit_link *link)
{
    bool is_first = walk->last.position == 0;
    struct audit_fault fault = is_first ? fault_of(AUDIT_FAULT_BEHEADED, link)
                                        : fault_of(AUDIT_FAULT_REPLACED, &walk->last);
    size_t at = (size_t)walk->report->fault_count;

    if (at < AUDIT_FAULTS_LISTED_MAX) {
        walk->open[walk->open_count].fault = at;
        walk->open[walk->open_count].moved = fault_of(AUDIT_FAULT_MOVED, link);
        walk->open[walk->open_count].behind = hash_from(link->previous_hash);
        walk->open_count++;
    }
    fault_add(walk, fault);
}

static enum err is_as_sealed(const struct audit_link *link, bool *ret_is)
{
    struct audit_hash hash, digest;

    TRY(audit_link_hash(link, link->previous_hash, &hash));
    TRY(audit_personal_digest(link->salt, &link->personal, &digest));
    *ret_is = hash_is(&hash, link->hash) && link->previous_hash.len == SHA256_BYTES;
    if (link->salt.ptr != NULL)
        *ret_is = *ret_is && hash_is(&digest, link->digest);
    else
        *ret_is = *ret_is && link->personal.name.ptr == NULL && link->personal.ip.ptr == NULL;
    return ERR_OK;
}

/* Is it the row that stood after the last one when it was sealed? */
static void place_check(struct audit_walk *walk, const struct audit_link *link)
{
    if (link->position > walk->last.position + 1) {
        fault_add(walk, (struct audit_fault){ .kind = AUDIT_FAULT_REMOVED,
                                              .position = walk->last.position + 1,
                                              .other_position = link->position - 1 });
        return;
    }
    if (hash_is(&walk->last_hash, link->previous_hash))
        return;
    if (walk->last.position > 0 && hash_is(&walk->last_previous, link->previous_hash))
        fault_add(walk, fault_of(AUDIT_FAULT_ADDED, &walk->last));
    else
        replaced_add(walk, link);
}

void audit_walk_begin(struct audit_walk *walk, struct audit_report *report, const struct audit_end *known)
{
    *report = (struct audit_report){ .sealed_count = 0 };
    *walk = (struct audit_walk){ .report = report, .known = known };
}

enum err audit_walk_row(struct audit_walk *walk, const struct audit_link *link)
{
    bool is_whole;

    walk->report->sealed_count++;
    if (walk->begins_within)
        walk->last_hash = hash_from(link->previous_hash);
    walk->begins_within = false;
    if (link->position <= walk->last.position) {
        fault_add(walk, fault_of(AUDIT_FAULT_ADDED, link));
        return ERR_OK;
    }
    TRY(is_as_sealed(link, &is_whole));
    place_check(walk, link);
    if (!is_whole)
        fault_add(walk, fault_of(AUDIT_FAULT_CHANGED, link));
    if (walk->known != NULL && walk->known->position == link->position && !hash_is(&walk->known->hash, link->hash))
        fault_add(walk, fault_of(AUDIT_FAULT_UNKNOWN, link));
    walk->last = *link;
    walk->last_hash = hash_from(link->hash);
    walk->last_previous = hash_from(link->previous_hash);
    return ERR_OK;
}

void audit_walk_end(struct audit_walk *walk, const struct audit_end *end)
{
    const struct audit_link *last = &walk->last;
    int64_t end_position = end->position;

    if (walk->known != NULL && walk->known->position > end_position)
        end_position = walk->known->position;
    if (end_position > last->position)
        fault_add(walk, (struct audit_fault){ .kind = AUDIT_FAULT_REMOVED,
                                              .position = last->position + 1,
                                              .other_position = end_position });
    else if (end->position < last->position)
        fault_add(walk, fault_of(AUDIT_FAULT_ADDED, last));
    else if (!hash_is(&end->hash, audit_hash_str(&walk->last_hash)))
        fault_add(walk, fault_of(AUDIT_FAULT_REPLACED, last));
    walk->report->end = (struct audit_end){ .position = last->position, .hash = walk->last_hash };
}

static void place_found(struct audit_walk *walk, const struct audit_hash *hash, int64_t position)
{
    for (size_t i = 0; i < walk->open_count; i++) {
        struct audit_fault fault = walk->open[i].moved;

        if (!hash_is(&walk->open[i].behind, audit_hash_str(hash)))
            continue;
        fault.other_position = position;
        walk->report->faults[walk->open[i].fault] = fault;
    }
}

void audit_walk_row_again(struct audit_walk *walk, const struct audit_link *link)
{
    static const struct audit_hash start;
    struct audit_hash hash = hash_from(link->hash);

    place_found(walk, &start, 0);
    place_found(walk, &hash, link->position);
}

/* ---- all of it ---- */

enum { PAGE_ROWS = 200 };

/* A page behind *position, which moves to its end; *ret_count 0: there are no more. */
static enum err page_walk(struct ctx *ctx, struct audit_walk *walk, int64_t *position, size_t *ret_count)
{
    const struct audit_link *links;
    struct list list;

    TRY(audit_links_sealed(ctx, *position, PAGE_ROWS, &list));
    links = list.items;
    for (size_t i = 0; i < list.count; i++) {
        if (audit_walk_row(walk, &links[i]) != ERR_OK)
            return fail(ctx, ERR_NO_MEMORY);
        *position = links[i].position;
    }
    *ret_count = list.count;
    arena_reset(ctx->arena);
    return ERR_OK;
}

/*
 * From behind a position up to the end as it is read last, or until a moment (of the monotonic clock); what is sealed meanwhile
 * is taken along. *ret_complete: all was walked, and the walk is ended.
 */
static enum err walk_on(struct ctx *ctx, struct audit_walk *walk, int64_t position, int64_t until_us,
                        bool *ret_complete)
{
    struct audit_end end = { .position = 0 }, before;
    size_t count = 0;

    do {
        do {
            TRY(page_walk(ctx, walk, &position, &count));
            if (count == PAGE_ROWS && clock_monotonic_us() >= until_us) {
                *ret_complete = false;
                walk->report->end = (struct audit_end){ .position = walk->last.position, .hash = walk->last_hash };
                return ERR_OK;
            }
        } while (count > 0);
        before = end;
        TRY(audit_end_get(ctx, &end));
    } while (end.position > position && end.position != before.position);
    audit_walk_end(walk, &end);
    *ret_complete = true;
    return ERR_OK;
}

static enum err walk_again(struct ctx *ctx, struct audit_walk *walk)
{
    int64_t position = INT64_MIN;
    struct list list = { NULL, 1 };

    while (walk->open_count > 0 && list.count > 0) {
        const struct audit_link *links;

        TRY(audit_links_sealed(ctx, position, PAGE_ROWS, &list));
        links = list.items;
        for (size_t i = 0; i < list.count; i++) {
            audit_walk_row_again(walk, &links[i]);
            position = links[i].position;
        }
        arena_reset(ctx->arena);
    }
    return ERR_OK;
}

enum err audit_verify(struct ctx *ctx, const struct audit_end *known, struct audit_report *ret_report)
{
    struct audit_walk walk;
    bool is_complete;

    audit_walk_begin(&walk, ret_report, known);
    TRY(walk_on(ctx, &walk, INT64_MIN, INT64_MAX, &is_complete));
    TRY(walk_again(ctx, &walk));
    return db_number(ctx, SQL_AUDIT_UNSEALED_COUNT, DB_NO_ARGS, &ret_report->unsealed_count);
}

/* Begins at the known row itself, so that it is compared. */
static enum err part_walk(struct ctx *ctx, const struct audit_end *from, int64_t max_ms,
                          struct audit_report *ret_report, bool *ret_complete)
{
    int64_t until_us = clock_monotonic_us() + max_ms * US_PER_MS;
    struct audit_walk walk;

    audit_walk_begin(&walk, ret_report, from);
    walk.begins_within = from != NULL;
    if (from != NULL)
        walk.last.position = from->position - 1;
    TRY(walk_on(ctx, &walk, from != NULL ? from->position - 1 : INT64_MIN, until_us, ret_complete));
    return db_number(ctx, SQL_AUDIT_UNSEALED_COUNT, DB_NO_ARGS, &ret_report->unsealed_count);
}

/* The pages' arena is another than the request's; what a failure wrote into it goes with it, so it is told anew. */
enum err audit_verify_part(struct ctx *ctx, const struct audit_end *from, int64_t max_ms,
                           struct audit_report *ret_report, bool *ret_complete)
{
    struct arena *requests_own = ctx->arena;
    struct problem *problem = ctx->problem;
    struct problem of_pages = { .err = ERR_OK };
    enum err e;

    ctx->arena = arena_new(REQUEST_ARENA_BYTES);
    if (ctx->arena == NULL) {
        ctx->arena = requests_own;
        return fail(ctx, ERR_NO_MEMORY);
    }
    ctx->problem = &of_pages;
    e = part_walk(ctx, from, max_ms, ret_report, ret_complete);
    ctx->problem = problem;
    arena_free(ctx->arena);
    ctx->arena = requests_own;
    return e == ERR_OK ? ERR_OK : fail(ctx, e);
}

/* ---- as text ---- */

struct str audit_end_text(struct arena *a, const struct audit_end *end)
{
    char hex[SHA256_HEX_BYTES];

    digest_hex(end->hash.bytes, hex);
    return str_from(arena_printf(a, "%" PRId64 ":%s", end->position, hex));
}

bool audit_end_parse(struct str text, struct audit_end *ret_end)
{
    struct str rest = text, position;

    return str_split(&rest, ':', &position) && str_to_int64(position, &ret_end->position) == ERR_OK &&
           ret_end->position > 0 && rest.len == SHA256_HEX_BYTES - 1 &&
           digest_hex_decode(rest, ret_end->hash.bytes, SHA256_BYTES) == ERR_OK;
}

const char *audit_fault_sentence(struct arena *a, const struct audit_fault *fault)
{
    char uuid[UUID_TEXT_BYTES];
    const char *what;

    if (fault->kind == AUDIT_FAULT_REMOVED)
        return arena_printf(a, "position %" PRId64 " to %" PRId64 ": removed, %" PRId64 " in all", fault->position,
                            fault->other_position, fault->other_position - fault->position + 1);
    uuid_format(&fault->uuid, uuid);
    switch (fault->kind) {
    case AUDIT_FAULT_CHANGED: what = "changed since it was sealed"; break;
    case AUDIT_FAULT_ADDED: what = "added; it was not sealed where it stands"; break;
    case AUDIT_FAULT_MOVED: what = "moved; it was sealed after the row that now is at position"; break;
    case AUDIT_FAULT_REPLACED: what = "replaced, or a row after it was removed"; break;
    case AUDIT_FAULT_BEHEADED: what = "not the first row; those before it were removed"; break;
    default: what = "not the row that is known to have been here"; break;
    }
    if (fault->kind == AUDIT_FAULT_MOVED)
        return arena_printf(a, "position %" PRId64 ", row %" PRId64 " (%s): %s %" PRId64, fault->position, fault->id,
                            uuid, what, fault->other_position);
    return arena_printf(a, "position %" PRId64 ", row %" PRId64 " (%s): %s", fault->position, fault->id, uuid, what);
}
