/*
 * The audit log: who did what to whom, when and from where. Append-only. A row is written in the transaction of the action
 * (one INSERT), so there is none for what did not happen; a job seals rows later (domain/record/audit_chain.h). What is personal
 * in a row, the actor's name and address, can be erased; the chain still holds. Nothing else in a row may be personal, nor
 * be what somebody wrote: no addresses, titles or names of people in the details. What administrators write on an API key
 * is no person's.
 */
#ifndef PARLEY_DOMAIN_AUDIT_H
#define PARLEY_DOMAIN_AUDIT_H

#include <stddef.h>
#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/str.h"

enum audit_action {
#define AUDIT(id, name, watch, sentence) AUDIT_##id,
#include "parley/domain/record/audit_actions.def"
#undef AUDIT
    AUDIT_ACTION_COUNT_
};

enum audit_watch { AUDIT_WATCH_NONE, AUDIT_WATCH_INFO, AUDIT_WATCH_WARN };

/* What the table says of an action. Static storage. */
struct audit_action_info {
    const char *name;       /* public, stable: "auth.signed_in" */
    enum audit_watch watch; /* is it a security event, and how loud */
    const char *sentence;
};
const struct audit_action_info *audit_action_info(enum audit_action action);

/* What an action was done to. */
enum audit_target_kind {
    AUDIT_ON_NOTHING,
    AUDIT_ON_USER,
    AUDIT_ON_SESSION,
    AUDIT_ON_WORKSPACE,
    AUDIT_ON_INVITATION,
    AUDIT_ON_CHAT,
    AUDIT_ON_MESSAGE,
    AUDIT_ON_API_KEY,
    AUDIT_ON_PROVIDER,
    AUDIT_TARGET_KIND_COUNT_
};
/* "user", "workspace" …, as shown; "" for AUDIT_ON_NOTHING. Static. */
const char *audit_target_kind_name(enum audit_target_kind kind);

/* One thing to know about an action; text and names are borrowed until audit_add returns. */
struct audit_detail {
    const char *name;
    enum { AUDIT_DETAIL_TEXT, AUDIT_DETAIL_INT, AUDIT_DETAIL_UUID, AUDIT_DETAIL_JSON } kind;
    struct str text; /* absent: null */
    int64_t number;
    const struct uuid *id;
};
#define AUDIT_TEXT(n, s) ((struct audit_detail){ .name = (n), .kind = AUDIT_DETAIL_TEXT, .text = (s) })
#define AUDIT_INT(n, i) ((struct audit_detail){ .name = (n), .kind = AUDIT_DETAIL_INT, .number = (i) })
#define AUDIT_UUID(n, u) ((struct audit_detail){ .name = (n), .kind = AUDIT_DETAIL_UUID, .id = (u) })
/* A text that is JSON already, e.g. a nested object. */
#define AUDIT_JSON(n, s) ((struct audit_detail){ .name = (n), .kind = AUDIT_DETAIL_JSON, .text = (s) })
struct audit_details {
    const struct audit_detail *items;
    size_t count;
};
/* .details = AUDIT_DETAILS(AUDIT_TEXT("from", STR("USER")), AUDIT_TEXT("to", STR("ADMIN"))) */
#define AUDIT_DETAILS(...) \
    ((struct audit_details){ (const struct audit_detail[]){ __VA_ARGS__ }, \
                             sizeof((const struct audit_detail[]){ __VA_ARGS__ }) / sizeof(struct audit_detail) })

/* Who acts, where ctx->actor does not say it: at the end of a sign-in. */
struct audit_actor {
    struct uuid user; /* all zero: ctx->actor */
    struct str name;  /* address or username; absent: none */
};

struct audit_entry {
    enum audit_action action;
    struct audit_actor actor;
    enum audit_target_kind target_kind;
    struct uuid target;    /* public id */
    int64_t target_key_id; /* AUDIT_ON_API_KEY: its integer key, which a dialect speaks; else 0 */
    struct audit_details details;
};

/*
 * Writes the row. Actor, key and address come from ctx (ctx->actor, ctx->ip; an anonymous visitor's address is not kept),
 * time and request id too. Inside the transaction of the action, as its last statement where that is possible:
 *
 *     return audit_add(ctx, &(struct audit_entry){ .action = AUDIT_USER_ROLE_CHANGED,
 *                                                  .target_kind = AUDIT_ON_USER,
 *                                                  .target = user->uuid,
 *                                                  .details = AUDIT_DETAILS(AUDIT_TEXT("to", STR("ADMIN"))) });
 *
 * Security events become part of the transaction's outcome (core/outcome.h), from which they are logged once it is
 * committed; a transaction that is rolled back takes them along. Errors of the database, ERR_NO_MEMORY. Any thread. One statement.
 */
enum err audit_add(struct ctx *ctx, const struct audit_entry *entry) MUST_CHECK;

/*
 * The same for what was refused and so has no transaction (a failed sign-in, a refused key): a statement of its own.
 * ctx->problem is left as it is; that the row could not be written is no reason to answer anything else. Not inside
 * db_run or db_read.
 */
void audit_note(struct ctx *ctx, const struct audit_entry *entry);

/* A security event of a transaction; in the arena of its ctx. */
struct audit_event {
    enum audit_action action;
    struct uuid actor, target;      /* all zero: nobody, nothing */
    struct str ip;                  /* absent: not known, or not to be kept */
    const struct audit_event *next; /* the one before */
};

/*
 * Erases what is personal in the rows of a user who is being deleted: in rows that they caused, and in those about them
 * that nobody signed in has caused. Inside the transaction of the deletion: the newest ERASE_BATCH_ROWS at once; the
 * others, and those of requests that are still under way, are left to audit_erase_step.
 */
enum err audit_forget_user(struct ctx *ctx, const struct uuid *user) MUST_CHECK;
/* One batch of what audit_forget_user has left. *ret_count 0: nothing is left. For the job. */
enum err audit_erase_step(struct ctx *ctx, int64_t *ret_count) MUST_CHECK;

#endif
