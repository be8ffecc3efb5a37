#include "parley/auth/web_push.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "p256.h"
#include "parley/auth/digest.h"
#include "parley/core/json_out.h"
#include "parley/core/limits.h"
#include "parley/core/rand.h"
#include "parley/core/secret.h"
#include "web_push_private.h"

enum { KEY_BYTES = 16, NONCE_BYTES = 12, TAG_BYTES = 16, LAST_RECORD = 2, INFO_MAX_BYTES = 160 };

static struct str view(const uint8_t *bytes, size_t len)
{
    return (struct str){ (const char *)bytes, len };
}

/* HKDF (RFC 5869) for what fits into one block; info ends with the counter 1. */
static void expand(const uint8_t extracted[SHA256_BYTES], struct str info, uint8_t ret_block[SHA256_BYTES])
{
    uint8_t bytes[INFO_MAX_BYTES];

    memcpy(bytes, info.ptr, info.len);
    bytes[info.len] = 1;
    digest_hmac(view(extracted, SHA256_BYTES), view(bytes, info.len + 1), ret_block);
}

/* ---- a message ---- */

/* RFC 8291 §3.4: of what both sides can make, and of the browser's secret. */
static void input_key(const struct web_push_browser *browser, const uint8_t *own_point, const uint8_t *shared,
                      uint8_t ret_key[SHA256_BYTES])
{
    static const char label[] = "WebPush: info"; /* and its NUL */
    uint8_t info[sizeof(label) + 2 * WEB_PUSH_POINT_BYTES], extracted[SHA256_BYTES];

    memcpy(info, label, sizeof(label));
    memcpy(info + sizeof(label), browser->point, WEB_PUSH_POINT_BYTES);
    memcpy(info + sizeof(label) + WEB_PUSH_POINT_BYTES, own_point, WEB_PUSH_POINT_BYTES);
    digest_hmac(view(browser->secret, sizeof(browser->secret)), view(shared, P256_BYTES), extracted);
    expand(extracted, view(info, sizeof(info)), ret_key);
    secret_wipe(extracted, sizeof(extracted));
}

static bool gcm_seal(const uint8_t *key, const uint8_t *nonce, struct str text, uint8_t *sealed)
{
    static const unsigned char end = LAST_RECORD;
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    int text_len = 0, end_len = 0, rest_len = 0;
    bool ok = cipher != NULL && EVP_EncryptInit_ex(cipher, EVP_aes_128_gcm(), NULL, key, nonce) == 1 &&
              EVP_EncryptUpdate(cipher, sealed, &text_len, (const unsigned char *)text.ptr, (int)text.len) == 1 &&
              EVP_EncryptUpdate(cipher, sealed + text_len, &end_len, &end, 1) == 1 &&
              EVP_EncryptFinal_ex(cipher, sealed + text_len + end_len, &rest_len) == 1 &&
              EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, sealed + text_len + end_len) == 1;

    EVP_CIPHER_CTX_free(cipher);
    return ok;
}

/* RFC 8188 §2.1: salt, length of a record, and the sender's point as the key's name. */
static void header_add(struct buf *out, const uint8_t *salt, const uint8_t *point)
{
    static const uint8_t record_len[] = { 0, 0, WEB_PUSH_RECORD_BYTES >> 8, WEB_PUSH_RECORD_BYTES & 0xff };

    buf_add_bytes(out, salt, WEB_PUSH_SALT_BYTES);
    buf_add_bytes(out, record_len, sizeof(record_len));
    buf_add_byte(out, (char)WEB_PUSH_POINT_BYTES);
    buf_add_bytes(out, point, WEB_PUSH_POINT_BYTES);
}

/* RFC 8188 §2.2 and §2.3. */
static enum err record_add(const uint8_t *ikm, const uint8_t *salt, struct str text, struct buf *out)
{
    static const char key_label[] = "Content-Encoding: aes128gcm", nonce_label[] = "Content-Encoding: nonce";
    uint8_t extracted[SHA256_BYTES], key[SHA256_BYTES], nonce[SHA256_BYTES];
    size_t sealed_len = text.len + 1 + TAG_BYTES;
    char *room = buf_room(out, sealed_len);
    bool ok;

    if (room == NULL)
        return ERR_NO_MEMORY;
    digest_hmac(view(salt, WEB_PUSH_SALT_BYTES), view(ikm, SHA256_BYTES), extracted);
    expand(extracted, (struct str){ key_label, sizeof(key_label) }, key);
    expand(extracted, (struct str){ nonce_label, sizeof(nonce_label) }, nonce);
    ok = gcm_seal(key, nonce, text, (uint8_t *)room);
    if (ok)
        buf_grown(out, sealed_len);
    secret_wipe(extracted, sizeof(extracted));
    secret_wipe(key, sizeof(key));
    return ok ? ERR_OK : ERR_NO_MEMORY;
}

enum err web_push_encrypt_with(const struct web_push_browser *browser, const uint8_t scalar[WEB_PUSH_SCALAR_BYTES],
                               const uint8_t salt[WEB_PUSH_SALT_BYTES], struct str text, struct buf *out)
{
    uint8_t shared[P256_BYTES], ikm[SHA256_BYTES];
    struct p256_pair *pair;
    enum err e;

    if (text.len > WEB_PUSH_TEXT_MAX_BYTES)
        return ERR_INVALID;
    TRY(p256_pair_new(scalar, &pair));
    e = p256_agree(pair, browser->point, shared);
    if (e == ERR_OK) {
        input_key(browser, p256_pair_point(pair), shared, ikm);
        header_add(out, salt, p256_pair_point(pair));
        e = record_add(ikm, salt, text, out);
    }
    secret_wipe(shared, sizeof(shared));
    secret_wipe(ikm, sizeof(ikm));
    p256_pair_free(pair);
    return e == ERR_OK ? buf_check(out) : e;
}

enum err web_push_encrypt(const struct web_push_browser *browser, struct str text, struct buf *out)
{
    uint8_t scalar[WEB_PUSH_SCALAR_BYTES], salt[WEB_PUSH_SALT_BYTES];
    size_t before = out->len;
    enum err e;

    /* A number from 0 to 2^256 - 1 is no private key once in 2^32 times. */
    do {
        buf_cut(out, before);
        rand_bytes(scalar, sizeof(scalar));
        rand_bytes(salt, sizeof(salt));
        e = web_push_encrypt_with(browser, scalar, salt, text, out);
    } while (e == ERR_INVALID && web_push_point_is_good(browser->point) && text.len <= WEB_PUSH_TEXT_MAX_BYTES);
    secret_wipe(scalar, sizeof(scalar));
    return e;
}

bool web_push_point_is_good(const uint8_t point[WEB_PUSH_POINT_BYTES])
{
    static const uint8_t one[P256_BYTES] = { [P256_BYTES - 1] = 1 };
    uint8_t shared[P256_BYTES];
    struct p256_pair *pair;
    bool is_good;

    if (p256_pair_new(one, &pair) != ERR_OK)
        return false;
    is_good = p256_agree(pair, point, shared) == ERR_OK;
    p256_pair_free(pair);
    return is_good;
}

/* ---- who sends it ---- */

struct web_push_key {
    struct p256_pair *pair;
};

/* The first of a row of numbers that is a private key: the first, but for once in 2^32 keys. */
enum err web_push_key_new(struct keys *keys, struct web_push_key **ret_key)
{
    uint8_t scalar[SHA256_BYTES];
    char purpose[] = "web push key 0";
    struct web_push_key *key = calloc(1, sizeof(*key));
    enum err e = key == NULL ? ERR_NO_MEMORY : ERR_INVALID;

    for (; e == ERR_INVALID && purpose[sizeof(purpose) - 2] <= '9'; purpose[sizeof(purpose) - 2]++) {
        keys_local_mac(keys, str_from(purpose), scalar);
        e = p256_pair_new(scalar, &key->pair);
    }
    secret_wipe(scalar, sizeof(scalar));
    if (e != ERR_OK) {
        web_push_key_free(key);
        return ERR_NO_MEMORY;
    }
    *ret_key = key;
    return ERR_OK;
}

void web_push_key_free(struct web_push_key *key)
{
    if (key == NULL)
        return;
    p256_pair_free(key->pair);
    free(key);
}

void web_push_key_public(const struct web_push_key *key, struct buf *out)
{
    digest_base64url(out, p256_pair_point(key->pair), WEB_PUSH_POINT_BYTES);
}

static void claims_write(const struct web_push_claim *claim, struct buf *out)
{
    struct json_out json;

    json_out_init(&json, out);
    json_out_object(&json);
    json_out_kv_str(&json, "aud", claim->audience);
    json_out_kv_int(&json, "exp", claim->expires_s);
    json_out_kv_str(&json, "sub", claim->subject);
    json_out_object_end(&json);
}

static enum err token_write(const struct web_push_key *key, const struct web_push_claim *claim, struct buf *out)
{
    static const char header[] = "{\"typ\":\"JWT\",\"alg\":\"ES256\"}";
    uint8_t signature[P256_SIGNATURE_BYTES];
    size_t begin = out->len;
    struct buf claims;
    enum err e;

    buf_init(&claims, 4 * KIB);
    claims_write(claim, &claims);
    digest_base64url(out, header, sizeof(header) - 1);
    buf_add_byte(out, '.');
    digest_base64url(out, claims.ptr, claims.len);
    e = buf_check(&claims);
    buf_release(&claims);
    TRY(e);
    TRY(buf_check(out));
    TRY(p256_sign(key->pair, (struct str){ out->ptr + begin, out->len - begin }, signature));
    buf_add_byte(out, '.');
    digest_base64url(out, signature, sizeof(signature));
    return buf_check(out);
}

enum err web_push_authorize(const struct web_push_key *key, const struct web_push_claim *claim, struct buf *out)
{
    buf_add_c(out, "vapid t=");
    TRY(token_write(key, claim, out));
    buf_add_c(out, ", k=");
    web_push_key_public(key, out);
    return buf_check(out);
}
