/*
 * Whether this host's keys are those of the server that the database belongs to. The database holds the fingerprint of
 * local.key and the ids of all signing and sealing keys that were ever used.
 */
#ifndef PARLEY_DOMAIN_KEY_OWNERSHIP_H
#define PARLEY_DOMAIN_KEY_OWNERSHIP_H

#include "parley/core/ctx.h"

/*
 * The first host of a new database writes its keys down; of several at once one is the first. Every other must have the
 * same local.key, at least one known signing key and one known sealing key (a rotation keeps the one before); its new
 * ones are added.
 * ERR_CONFLICT: other keys, with one line in ret_error_text. Otherwise what db_run returns.
 */
enum err key_ownership_check(struct ctx *ctx, struct buf *ret_error_text) MUST_CHECK;
/* The same question, but nothing is written down. ERR_OK, or as above. */
enum err key_ownership_look(struct ctx *ctx, struct buf *ret_error_text) MUST_CHECK;
/*
 * The same before the schema is brought to another version: a database without our tables belongs to nobody yet. Errors as
 * above, and those of migrate_version, with a line.
 */
enum err key_ownership_look_before(struct ctx *ctx, struct buf *ret_error_text) MUST_CHECK;
/* Writes this host's keys down, whatever is there. */
enum err key_ownership_adopt(struct ctx *ctx) MUST_CHECK;

#endif
