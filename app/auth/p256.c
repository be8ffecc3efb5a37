#include "p256.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdlib.h>

struct p256_pair {
    EVP_PKEY *pkey;
    uint8_t point[WEB_PUSH_POINT_BYTES];
};

static const char curve[] = "prime256v1";

/* The public key of a private one. */
static bool point_make(const EC_GROUP *group, const BIGNUM *scalar, uint8_t *ret_point)
{
    EC_POINT *point = EC_POINT_new(group);
    bool ok = point != NULL && EC_POINT_mul(group, point, scalar, NULL, NULL, NULL) == 1 &&
              EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, ret_point, WEB_PUSH_POINT_BYTES, NULL) ==
                  WEB_PUSH_POINT_BYTES;

    EC_POINT_free(point);
    return ok;
}

/* scalar: NULL: a public key alone. NULL: it is none, or no memory. */
static EVP_PKEY *pkey_make(const BIGNUM *scalar, const uint8_t *point)
{
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    int selection = scalar != NULL ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
    OSSL_PARAM *params = NULL;
    EVP_PKEY *pkey = NULL;
    bool ok = builder != NULL && maker != NULL &&
              OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, curve, 0) == 1 &&
              OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, WEB_PUSH_POINT_BYTES) == 1 &&
              (scalar == NULL || OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, scalar) == 1);

    if (ok)
        params = OSSL_PARAM_BLD_to_param(builder);
    if (params == NULL || EVP_PKEY_fromdata_init(maker) != 1 || EVP_PKEY_fromdata(maker, &pkey, selection, params) != 1)
        pkey = NULL;
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(builder);
    EVP_PKEY_CTX_free(maker);
    return pkey;
}

static enum err pair_fill(struct p256_pair *pair, const BIGNUM *scalar)
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    bool is_one = group != NULL && !BN_is_zero(scalar) && BN_cmp(scalar, EC_GROUP_get0_order(group)) < 0;

    if (is_one && point_make(group, scalar, pair->point))
        pair->pkey = pkey_make(scalar, pair->point);
    EC_GROUP_free(group);
    return !is_one ? ERR_INVALID : pair->pkey == NULL ? ERR_NO_MEMORY : ERR_OK;
}

enum err p256_pair_new(const uint8_t scalar[P256_BYTES], struct p256_pair **ret_pair)
{
    struct p256_pair *pair = calloc(1, sizeof(*pair));
    BIGNUM *number = BN_bin2bn(scalar, P256_BYTES, BN_secure_new());
    enum err e = pair == NULL || number == NULL ? ERR_NO_MEMORY : pair_fill(pair, number);

    BN_clear_free(number);
    if (e != ERR_OK) {
        p256_pair_free(pair);
        return e;
    }
    *ret_pair = pair;
    return ERR_OK;
}

void p256_pair_free(struct p256_pair *pair)
{
    if (pair == NULL)
        return;
    EVP_PKEY_free(pair->pkey);
    free(pair);
}

const uint8_t *p256_pair_point(const struct p256_pair *pair)
{
    return pair->point;
}

enum err p256_agree(const struct p256_pair *pair, const uint8_t point[WEB_PUSH_POINT_BYTES],
                    uint8_t ret_secret[P256_BYTES])
{
    EVP_PKEY *other = point[0] == POINT_CONVERSION_UNCOMPRESSED ? pkey_make(NULL, point) : NULL;
    EVP_PKEY_CTX *agreement = other == NULL ? NULL : EVP_PKEY_CTX_new(pair->pkey, NULL);
    size_t len = P256_BYTES;
    bool ok = agreement != NULL && EVP_PKEY_derive_init(agreement) == 1 &&
              EVP_PKEY_derive_set_peer(agreement, other) == 1 && EVP_PKEY_derive(agreement, ret_secret, &len) == 1 &&
              len == P256_BYTES;

    EVP_PKEY_CTX_free(agreement);
    EVP_PKEY_free(other);
    return ok ? ERR_OK : ERR_INVALID;
}

/* OpenSSL writes a signature as DER. */
static bool signature_flatten(const unsigned char *der, size_t der_len, uint8_t *ret_signature)
{
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)der_len);
    bool ok = signature != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(signature), ret_signature, P256_BYTES) == P256_BYTES &&
              BN_bn2binpad(ECDSA_SIG_get0_s(signature), ret_signature + P256_BYTES, P256_BYTES) == P256_BYTES;

    ECDSA_SIG_free(signature);
    return ok;
}

enum err p256_sign(const struct p256_pair *pair, struct str text, uint8_t ret_signature[P256_SIGNATURE_BYTES])
{
    enum { DER_MAX_BYTES = 80 };
    unsigned char der[DER_MAX_BYTES];
    size_t der_len = sizeof(der);
    EVP_MD_CTX *signer = EVP_MD_CTX_new();
    bool ok = signer != NULL && EVP_DigestSignInit(signer, NULL, EVP_sha256(), NULL, pair->pkey) == 1 &&
              EVP_DigestSign(signer, der, &der_len, (const unsigned char *)text.ptr, text.len) == 1 &&
              signature_flatten(der, der_len, ret_signature);

    EVP_MD_CTX_free(signer);
    return ok ? ERR_OK : ERR_NO_MEMORY;
}
