/* Names that are made from addresses. Any thread. */
#ifndef PARLEY_DOMAIN_USERNAME_H
#define PARLEY_DOMAIN_USERNAME_H

#include "parley/core/limits.h"
#include "parley/core/str.h"

enum { USERNAME_BYTES = USERNAME_MAX_CHARS * 4 + 1 };

/*
 * The name of an address: what stands before '@' and before the first '+', in lower case, of [a-z0-9._-] only, without
 * dots and hyphens at its ends; "user" where nothing is left. 1 to 56 characters, NUL-ended.
 */
void username_from_email(struct str email, char ret_username[USERNAME_BYTES]);
/* Adds '-' and six random characters of [a-z0-9], for a name that is taken. username: as made above. */
void username_vary(struct str username, char ret_username[USERNAME_BYTES]);

#endif
