/* Addresses as keys: one person, however they type it. */
#ifndef PARLEY_DOMAIN_EMAIL_H
#define PARLEY_DOMAIN_EMAIL_H

#include "parley/core/arena.h"
#include "parley/core/str.h"

/*
 * The one form of an address, without blanks at its ends (parley/core/mail_address.h, mail_address_key): that in which
 * addresses are stored and looked up. In the arena; absent when there is no memory or the address is absent.
 */
struct str email_normalise(struct arena *a, struct str email);

#endif
