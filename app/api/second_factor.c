#include "parley/domain/trust/second_factor.h"

#include "parley/api/routes.h"
#include "second_factor_code_body.h"

/* ---- what goes in and out ---- */
/* clang-format off */
#define SETUP_FIELD(member) .offset = offsetof(struct second_factor_setup, member)
static const struct field setup_fields[] = {
    { "secret", FIELD_STR, SETUP_FIELD(secret), .example = "\"JBSWY3DPEHPK3PXP\"",
      .doc = "Base32, to be typed where no camera is at hand" },
    { "provisioning_uri", FIELD_STR, SETUP_FIELD(provisioning_uri),
      .example = "\"otpauth://totp/Parley:ada@example.org?secret=JBSWY3DPEHPK3PXP&issuer=Parley\"",
      .doc = "otpauth://, for authenticator apps" },
    { "qr_svg", FIELD_STR, SETUP_FIELD(qr_svg), .doc = "The URI as a QR code" },
};
static const struct spec setup_spec = { SPEC_INIT("SecondFactorSetup", struct second_factor_setup, setup_fields),
    .doc = "What an authenticator needs" };

struct verify_body {
    struct body body;
    struct str code;
};
static const struct field verify_fields[] = {
    { "code", FIELD_STR, FIELD_REQUIRED | FIELD_CODE, TOTP_DIGITS, TOTP_DIGITS,
      .offset = offsetof(struct verify_body, code), .example = "\"492039\"", .doc = "Six digits of the authenticator" },
};
static const struct spec verify_spec = { SPEC_INIT("SecondFactorVerify", struct verify_body, verify_fields),
    .doc = "A first code" };

struct codes_answer {
    struct str message;
    struct list codes;
};
static const struct field codes_fields[] = {
    { "message", FIELD_STR, FIELD_OMIT, .offset = offsetof(struct codes_answer, message),
      .doc = "A sentence for a person" },
    { "recovery_codes", FIELD_LIST, .offset = offsetof(struct codes_answer, codes), .element = FIELD_STR,
      .doc = "Each good for one use in the place of a code; shown this once" },
};
static const struct spec codes_spec = { SPEC_INIT("RecoveryCodes", struct codes_answer, codes_fields),
    .doc = "Codes for when the device is lost" };
/* clang-format on */

/* ---- handlers ---- */

static enum err setup_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    struct second_factor_setup setup;

    TRY(second_factor_setup(ctx, call->principal, &setup));
    spec_encode(&reply->json, &setup_spec, &setup);
    return ERR_OK;
}

static enum err verify_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct verify_body *body = call->body;
    struct codes_answer answer = { .message = STR("2FA enabled successfully") };

    TRY(second_factor_verify(ctx, call->principal, body->code, &answer.codes));
    spec_encode(&reply->json, &codes_spec, &answer);
    return ERR_OK;
}

static enum err disable_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct second_factor_code code = second_factor_code_of(call->body);

    (void)reply;
    return second_factor_disable(ctx, call->principal, &code);
}

static enum err codes_post(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    const struct second_factor_code code = second_factor_code_of(call->body);
    struct codes_answer answer = { .message = { NULL, 0 } };

    TRY(second_factor_new_codes(ctx, call->principal, &code, &answer.codes));
    spec_encode(&reply->json, &codes_spec, &answer);
    return ERR_OK;
}

/* One's own needs a fresh code, an administrator's too. */
static enum err users_delete_2fa(struct ctx *ctx, const struct call *call, struct reply *reply)
{
    (void)reply;
    if (uuid_eq(&call->ids[0], &call->principal->user))
        return failf(ctx, ERR_FORBIDDEN, "Switch your own second factor off with a fresh code");
    return second_factor_remove(ctx, &call->ids[0]);
}

/* clang-format off */
static const struct route routes[] = {
    { POST, "/auth/2fa/setup", setup_post,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_WRITE,
      .reply = &setup_spec, .status = 200,
      .id = "setUpSecondFactor",
      .fails = { ERR_SECOND_FACTOR_ON },
      .summary = "Make a secret for an authenticator; it counts once a first code is verified",
      .tag = "Second factor" },
    { POST, "/auth/2fa/verify", verify_post,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_CREDENTIAL,
      .body = &verify_spec, .reply = &codes_spec, .status = 200,
      .id = "enableSecondFactor",
      .fails = { ERR_SECOND_FACTOR_ON, ERR_SECOND_FACTOR_UNSET, ERR_CODE_WRONG, ERR_CODE_REFUSED, ERR_LOCKED },
      .summary = "Switch the second factor on with a first code; answers with the recovery codes",
      .tag = "Second factor" },
    { POST, "/auth/2fa/disable", disable_post,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_CREDENTIAL,
      .body = &second_factor_code_spec, .status = 204,
      .id = "disableSecondFactor",
      .fails = { ERR_SECOND_FACTOR_OFF, ERR_CODE_WRONG, ERR_CODE_REFUSED, ERR_LOCKED },
      .summary = "Switch the second factor off with a fresh code", .tag = "Second factor" },
    { POST, "/auth/2fa/recovery-codes", codes_post,
      .access = ACCESS_SIGNED_IN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_NONE, .rate = RATE_CREDENTIAL,
      .body = &second_factor_code_spec, .reply = &codes_spec, .status = 200,
      .id = "replaceRecoveryCodes",
      .fails = { ERR_SECOND_FACTOR_OFF, ERR_CODE_WRONG, ERR_CODE_REFUSED, ERR_LOCKED },
      .summary = "Take new recovery codes for the old ones, with a fresh code", .tag = "Second factor" },
    { DELETE, "/users/{user}/2fa", users_delete_2fa,
      .access = ACCESS_ADMIN, .role = ROLE_NO_WORKSPACE, .scope = SCOPE_ADMIN, .rate = RATE_WRITE, .status = 204,
      .id = "removeSecondFactor",
      .fails = { ERR_USER_NOT_FOUND, ERR_SECOND_FACTOR_OFF, ERR_FORBIDDEN },
      .doc = "For somebody who has lost their device and their recovery codes.",
      .summary = "Take away somebody's second factor, and end their sessions", .tag = "Second factor" },
};
/* clang-format on */
const struct route_table second_factor_routes = { routes, COUNT_OF(routes) };
