/* Base addresses of providers. Private to domain/assist. */
#ifndef PARLEY_APP_DOMAIN_PROVIDER_ADDRESS_H
#define PARLEY_APP_DOMAIN_PROVIDER_ADDRESS_H

#include "parley/ai/probe.h"
#include "parley/domain/assist/provider.h"

/* Without one slash at its end. Borrowed. */
struct str provider_address_trim(struct str base_url);

/* Do both name the same scheme, host and port? */
bool provider_address_same_host(struct str a, struct str b);

/*
 * May the provider have its address, as far as can be seen without going there? ERR_INVALID with a fault: it is no address, or
 * one whose owner must use TLS.
 */
enum err provider_address_check(struct ctx *ctx, const struct provider *provider) MUST_CHECK;

/* How much its address is trusted. */
enum egress_trust provider_address_trust(const struct config *config, const struct provider *provider);

#endif
