/* Rows of providers, read and written. Private to domain/assist. */
#ifndef PARLEY_APP_DOMAIN_PROVIDER_ROW_H
#define PARLEY_APP_DOMAIN_PROVIDER_ROW_H

#include "parley/ai/kinds.h"
#include "parley/auth/seal.h"
#include "parley/db/db.h"
#include "parley/domain/assist/provider.h"
#include "parley/domain/record/audit.h"

/* What a kind speaks. Static. */
const struct provider_ops *provider_ops_of(enum provider_kind kind);
/* The address that a kind has where none is named; absent: it has none. Static. */
struct str provider_kind_address(enum provider_kind kind);

/* Under what its key is sealed. */
struct seal_label provider_seal_label(const struct uuid *provider);

/* db_each over {provider_row} into a struct list of struct provider; those of the environment as their row has them. */
enum err provider_read(struct ctx *ctx, const struct db_row *row, void *arg) MUST_CHECK;

/* The integer key under which a statement looks for the owner's. */
int64_t provider_owner_id(const struct provider_owner *owner);

/* What may be shown of a key; absent: nothing, it is too short. Borrowed. */
struct str provider_key_end(struct str key);

/* A new one of this owner (an integer key or PROVIDER_OF_…), as sent; with an identifier and no key. */
void provider_defaults(struct provider *provider, int64_t owner_id, const struct provider_settings *settings);
/* Takes over what was sent, but for the key. */
void provider_apply(struct provider *provider, const struct provider_settings *settings);

/* Writes a row, and sets id and times. ERR_CONFLICT with its sentence: the name is taken. */
enum err provider_row_insert(struct ctx *ctx, struct provider *provider) MUST_CHECK;
/* Writes all that can change, and moves the version. ERR_CONFLICT as above. */
enum err provider_row_update(struct ctx *ctx, struct provider *provider) MUST_CHECK;

/* An entry of the audit log about one; `fields`: what has changed, absent: not said. */
enum err provider_audit(struct ctx *ctx, enum audit_action action, const struct provider_owner *owner,
                        const struct uuid *provider, struct str fields) MUST_CHECK;

#endif
