/* Providers that stand in the environment. Private to domain/assist. */
#ifndef PARLEY_APP_DOMAIN_PROVIDER_ENVIRONMENT_H
#define PARLEY_APP_DOMAIN_PROVIDER_ENVIRONMENT_H

#include "parley/domain/assist/provider.h"

/* Address and key, as the configuration has them now; false: it has none of that kind. Borrowed from the configuration. */
bool provider_environment_fill(const struct config *config, struct provider *provider);
/* Its key; absent: none. Borrowed from the configuration. */
struct str provider_environment_key(const struct config *config, enum provider_kind kind);
/* Which model it is asked for; absent: none is set. */
struct str provider_environment_model(const struct config *config, enum provider_kind kind);

/* Makes the rows of those that have none yet, and of their models. No transaction may be open. */
enum err provider_environment_sync(struct ctx *ctx) MUST_CHECK;

#endif
