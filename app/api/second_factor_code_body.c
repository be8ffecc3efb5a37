#include "second_factor_code_body.h"

enum { RECOVERY_CODE_TYPED_MAX = 40 };

#define CODE_FIELD(member) .offset = offsetof(struct second_factor_code_body, member)
static const struct field code_fields[] = {
    { "code", FIELD_STR, FIELD_NULLABLE | FIELD_CODE, TOTP_DIGITS, TOTP_DIGITS, CODE_FIELD(code),
      .example = "\"492039\"",
      .doc = "Six digits of the authenticator, with blanks as it shows them or without; this or recovery_code" },
    { "recovery_code", FIELD_STR, FIELD_NULLABLE | FIELD_CODE, 1, RECOVERY_CODE_TYPED_MAX, CODE_FIELD(recovery_code),
      .example = "\"k7wq-93ft\"", .doc = "One of the ten, in any case, with or without its dash and with blanks" },
};
const struct spec second_factor_code_spec = { SPEC_INIT("SecondFactorProof", struct second_factor_code_body,
                                                        code_fields),
                                              .doc = "A fresh code, or a recovery code" };

struct second_factor_code second_factor_code_of(const struct second_factor_code_body *body)
{
    return (struct second_factor_code){ body->code, body->recovery_code };
}
