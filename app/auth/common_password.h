/* The passwords that an attacker tries first. Private to app/auth; app/auth/common_passwords.py makes the list. */
#ifndef PARLEY_AUTH_COMMON_PASSWORD_H
#define PARLEY_AUTH_COMMON_PASSWORD_H

#include <stdbool.h>

#include "parley/core/str.h"

/* Is it one of the 10,000 commonest that the other rules let pass? ASCII letters count the same in both cases. */
bool common_password_is(struct str password);

#endif
