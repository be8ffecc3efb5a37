/* The two ways of proving a second factor, as rows of a body. Private to app/api. */
#ifndef PARLEY_APP_API_SECOND_FACTOR_CODE_BODY_H
#define PARLEY_APP_API_SECOND_FACTOR_CODE_BODY_H

#include "parley/domain/trust/second_factor_code.h"
#include "parley/gate/spec.h"

enum { RECOVERY_CODE_TYPED_MAX = 40 };

/* Of a struct with the members code and recovery_code. */
#define SECOND_FACTOR_CODE_FIELDS(type) \
    { "code", \
      FIELD_STR, \
      FIELD_NULLABLE, \
      TOTP_DIGITS, \
      TOTP_DIGITS, \
      .offset = offsetof(type, code), \
      .doc = "Six digits of the authenticator; this or recovery_code" }, \
    { \
        "recovery_code", FIELD_STR, FIELD_NULLABLE, 1, RECOVERY_CODE_TYPED_MAX, \
            .offset = offsetof(type, recovery_code), .doc = "One of the ten, in any case, with or without its dash" \
    }

#endif
