/* The two ways of proving a second factor, as a body or inline in one. Private to app/api. */
#ifndef PARLEY_APP_API_SECOND_FACTOR_CODE_BODY_H
#define PARLEY_APP_API_SECOND_FACTOR_CODE_BODY_H

#include "parley/domain/trust/second_factor_code.h"
#include "parley/gate/spec.h"

struct second_factor_code_body {
    struct body body;
    struct str code, recovery_code;
};

/* struct second_factor_code_body */
extern const struct spec second_factor_code_spec;

/* The same for the domain; texts are borrowed from the body. */
struct second_factor_code second_factor_code_of(const struct second_factor_code_body *body);

#endif
