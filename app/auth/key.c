#include "key.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "parley/auth/digest.h"

struct key {
    EVP_PKEY *pkey;
    char id[KEY_ID_BYTES];
};

/* One big number of the key (RFC 7518 §2: big-endian, as short as possible), base64url, appended. */
static void add_number(const struct key *key, const char *name, struct buf *out)
{
    unsigned char bytes[KEY_BITS_MAX / 8];
    BIGNUM *number = NULL;

    if (EVP_PKEY_get_bn_param(key->pkey, name, &number) != 1 || BN_num_bytes(number) > (int)sizeof(bytes)) {
        BN_free(number);
        return;
    }
    digest_base64url(out, bytes, (size_t)BN_bn2bin(number, bytes));
    BN_free(number);
}

/* RFC 7638 §3: the digest of the required members, in the order of their names and without blanks. */
static enum err set_id(struct key *key)
{
    uint8_t digest[SHA256_BYTES];
    struct buf text;
    enum err e;

    buf_init(&text, KEY_PEM_MAX_BYTES);
    buf_add_c(&text, "{\"e\":\"");
    add_number(key, OSSL_PKEY_PARAM_RSA_E, &text);
    buf_add_c(&text, "\",\"kty\":\"RSA\",\"n\":\"");
    add_number(key, OSSL_PKEY_PARAM_RSA_N, &text);
    buf_add_c(&text, "\"}");
    digest_sha256(buf_str(&text), digest);
    e = buf_check(&text);
    buf_clear(&text);
    digest_base64url(&text, digest, sizeof(digest));
    if (e == ERR_OK)
        e = buf_check(&text);
    if (e == ERR_OK)
        memcpy(key->id, text.ptr, KEY_ID_BYTES);
    buf_release(&text);
    return e;
}

/* Takes ownership of pkey, also on failure. */
static struct key *key_new(EVP_PKEY *pkey)
{
    struct key *key = calloc(1, sizeof(*key));

    if (key == NULL) {
        EVP_PKEY_free(pkey);
        return NULL;
    }
    key->pkey = pkey;
    if (set_id(key) != ERR_OK) {
        key_free(key);
        return NULL;
    }
    return key;
}

struct key *key_generate(void)
{
    EVP_PKEY *pkey = EVP_RSA_gen(KEY_BITS);

    return pkey == NULL ? NULL : key_new(pkey);
}

/* Refuses encrypted keys: a server has nobody to ask for the pass phrase, and OpenSSL would wait at the terminal. */
static int no_pass_phrase(char *text, int size, int writing, void *arg)
{
    if (size > 0)
        text[0] = '\0';
    (void)writing;
    (void)arg;
    return -1;
}

/* NULL, or what is wrong. */
static const char *unfit(EVP_PKEY *pkey)
{
    if (EVP_PKEY_get_base_id(pkey) != EVP_PKEY_RSA)
        return "is no RSA key";
    if (EVP_PKEY_get_bits(pkey) < KEY_BITS_MIN)
        return "is shorter than 2048 bits";
    if (EVP_PKEY_get_bits(pkey) > KEY_BITS_MAX)
        return "is longer than 8192 bits";
    return NULL;
}

enum err key_read(struct str pem, enum key_half half, const char **ret_error_text, struct key **ret_key)
{
    BIO *bio;
    EVP_PKEY *pkey;
    struct key *key;

    if (pem.len > KEY_PEM_MAX_BYTES) {
        *ret_error_text = "is too long for a key";
        return ERR_INVALID;
    }
    bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    if (bio == NULL)
        return ERR_NO_MEMORY;
    pkey = half == KEY_PRIVATE ? PEM_read_bio_PrivateKey(bio, NULL, no_pass_phrase, NULL)
                               : PEM_read_bio_PUBKEY(bio, NULL, no_pass_phrase, NULL);
    BIO_free(bio);
    ERR_clear_error();
    if (pkey == NULL) {
        *ret_error_text = half == KEY_PRIVATE ? "is no unencrypted private key in PEM" : "is no public key in PEM";
        return ERR_INVALID;
    }
    *ret_error_text = unfit(pkey);
    if (*ret_error_text != NULL) {
        EVP_PKEY_free(pkey);
        return ERR_INVALID;
    }
    key = key_new(pkey);
    if (key == NULL)
        return ERR_NO_MEMORY;
    *ret_key = key;
    return ERR_OK;
}

void key_free(struct key *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_free(key->pkey);
    free(key);
}

const char *key_id(const struct key *key)
{
    return key->id;
}

enum err key_write(const struct key *key, enum key_half half, struct buf *out)
{
    BIO *bio = BIO_new(BIO_s_secmem());
    char *bytes = NULL;
    long len;
    int written;

    if (bio == NULL)
        return ERR_NO_MEMORY;
    written = half == KEY_PRIVATE ? PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0, NULL, NULL)
                                  : PEM_write_bio_PUBKEY(bio, key->pkey);
    len = BIO_get_mem_data(bio, &bytes);
    if (written == 1 && len > 0)
        buf_add_bytes(out, bytes, (size_t)len);
    BIO_free(bio);
    return written == 1 ? buf_check(out) : ERR_NO_MEMORY;
}

void key_write_jwk(const struct key *key, struct buf *out)
{
    buf_add_c(out, "{\"kty\":\"RSA\",\"use\":\"sig\",\"alg\":\"RS256\",\"kid\":\"");
    buf_add_c(out, key->id);
    buf_add_c(out, "\",\"n\":\"");
    add_number(key, OSSL_PKEY_PARAM_RSA_N, out);
    buf_add_c(out, "\",\"e\":\"");
    add_number(key, OSSL_PKEY_PARAM_RSA_E, out);
    buf_add_c(out, "\"}");
}

enum err key_sign(const struct key *key, struct str data, struct buf *out)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    size_t len = (size_t)EVP_PKEY_get_size(key->pkey);
    char *room = buf_room(out, len);
    int done;

    if (md == NULL || room == NULL) {
        EVP_MD_CTX_free(md);
        return ERR_NO_MEMORY;
    }
    done = EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, key->pkey) == 1 &&
           EVP_DigestSign(md, (unsigned char *)room, &len, (const unsigned char *)data.ptr, data.len) == 1;
    EVP_MD_CTX_free(md);
    ERR_clear_error();
    if (!done)
        return ERR_INTERNAL;
    buf_grown(out, len);
    return ERR_OK;
}

enum err key_check(const struct key *key, struct str data, struct str signature)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    int fits;

    if (md == NULL)
        return ERR_NO_MEMORY;
    fits = EVP_DigestVerifyInit(md, NULL, EVP_sha256(), NULL, key->pkey) == 1 &&
           EVP_DigestVerify(md, (const unsigned char *)signature.ptr, signature.len, (const unsigned char *)data.ptr,
                            data.len) == 1;
    EVP_MD_CTX_free(md);
    ERR_clear_error();
    return fits ? ERR_OK : ERR_TOKEN;
}
