/*
 * Changing and deleting accounts. The last working administrator (domain/people/administrator.h) can be neither demoted nor
 * switched off nor deleted, not even by two requests at once that mean different ones.
 *
 * Errors of all functions, besides those named: what db_run returns.
 */
#ifndef PARLEY_DOMAIN_USER_CHANGE_H
#define PARLEY_DOMAIN_USER_CHANGE_H

#include "parley/core/ctx.h"
#include "parley/core/ids.h"
#include "parley/core/str.h"
#include "parley/domain/people/user.h"

/* What is changed, as bits of user_change.what. */
enum user_change_what {
    USER_CHANGE_FIRST_NAME = 1,
    USER_CHANGE_LAST_NAME = 2,
    USER_CHANGE_TOS = 4,
    USER_CHANGE_ACTIVE = 8,
    USER_CHANGE_ROLE = 16,
    USER_CHANGE_EMAIL = 32,
};
struct user_change {
    unsigned what;
    int64_t version;                  /* the row must still have this version; 0: any */
    struct str first_name, last_name; /* absent: none */
    bool tos_accepted, is_active;
    enum user_role role;
    struct str email; /* sane */
};
/*
 * Changes a user. Switching off ends all sessions; another address changes what email_change.h says.
 * ERR_EMAIL_TAKEN, ERR_USER_NOT_FOUND, ERR_PRECONDITION (another version), ERR_LAST_ADMIN, ERR_FORBIDDEN (one's own
 * address), ERR_KEY_BOUNDS (a bounded key makes nobody an ADMIN and gives nobody an address). Who may change what besides
 * is the caller's to check.
 */
enum err user_change(struct ctx *ctx, const struct uuid *uuid, const struct user_change *change,
                     struct user *ret_user) MUST_CHECK;

/* What becomes of the messages of a deleted account. */
enum user_messages { USER_MESSAGES_KEEP, USER_MESSAGES_ERASE };
/* What the job has still to erase of a deleted one. Stored as these numbers. */
enum user_erasing { USER_ERASING_NOTHING, USER_ERASING_ALL, USER_ERASING_FILES /* that no message holds */ };
/*
 * Deletes an account: names, address, password, sessions, memberships, open invitations to it, links that were mailed to it,
 * reactions, drafts, read marks and the personal workspace go; files that no message holds are erased by the job. What they
 * wrote stays under "Deleted user", or is erased by the job too. A workspace whose only owner this
 * was has no owner until an administrator takes it over. ERR_USER_NOT_FOUND, ERR_LAST_ADMIN.
 */
enum err user_delete(struct ctx *ctx, const struct uuid *uuid, enum user_messages messages) MUST_CHECK;

/*
 * Sets a password without asking for the old one and ends all sessions (command line). The rules hold.
 * ERR_USER_NOT_FOUND, ERR_PASSWORD_RULES, ERR_BUSY. no connection may be checked out.
 */
enum err user_set_password(struct ctx *ctx, struct str email, struct str password) MUST_CHECK;

#endif
