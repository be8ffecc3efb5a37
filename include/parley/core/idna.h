/* Names of hosts in other scripts, in the form that the network knows. Any thread. */
#ifndef PARLEY_CORE_IDNA_H
#define PARLEY_CORE_IDNA_H

#include "parley/core/err.h"
#include "parley/core/str.h"

enum { IDNA_DOMAIN_BYTES = 254 }; /* RFC 1035 §2.3.4, and the NUL */

/*
 * The name in lower case and ASCII: labels in other scripts as xn--… (IDNA2008 with the mapping of UTS #46, not
 * transitional), so that bücher.example, BÜCHER.example and xn--bcher-kva.example are one. A name that is all ASCII is
 * only put into lower case.
 * ERR_INVALID: empty, too long, or not a name that may be registered. The result is NUL-ended; on failure
 * it means nothing.
 */
enum err idna_ascii(struct str domain, char ret_ascii[IDNA_DOMAIN_BYTES]) MUST_CHECK;

#endif
