/*
 * When all that somebody wrote is erased, what others have passed on of it goes, too: text and files come out of their messages,
 * whose own words stay, under "Deleted user".
 */
#ifndef PARLEY_DOMAIN_FORWARD_ERASURE_H
#define PARLEY_DOMAIN_FORWARD_ERASURE_H

#include <stdint.h>

#include "parley/core/ctx.h"
#include "parley/domain/files/attachment.h"

/*
 * Inside db_run: one of them. *ret_count 0: there is none left. *ret_files: what has gone of its files, as attachment_remove_found
 * says it; what is pending may be left to the job. Errors of the database.
 */
enum err forward_erase_step(struct ctx *ctx, int64_t user_id, int64_t *ret_count,
                            struct attachment_removal *ret_files) MUST_CHECK;

#endif
