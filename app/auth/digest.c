#include "parley/auth/digest.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char alphabet_url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Asked for once: OpenSSL 3 looks for an algorithm by its name, and EVP_sha256() is no more than a name. */
static const EVP_MD *sha256_found;

static void sha256_find(void)
{
    sha256_found = EVP_MD_fetch(NULL, "SHA2-256", NULL);
    if (sha256_found == NULL)
        sha256_found = EVP_sha256();
}

static const EVP_MD *sha256(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, sha256_find);
    return sha256_found;
}

void digest_sha256(struct str data, uint8_t ret_digest[SHA256_BYTES])
{
    int done = EVP_Digest(data.ptr, data.len, ret_digest, NULL, sha256(), NULL);

    assert(done == 1);
    (void)done;
}

void digest_hex(const uint8_t digest[SHA256_BYTES], char ret_hex[SHA256_HEX_BYTES])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < SHA256_BYTES; i++) {
        ret_hex[2 * i] = digits[digest[i] >> 4];
        ret_hex[2 * i + 1] = digits[digest[i] & 15];
    }
    ret_hex[SHA256_HEX_BYTES - 1] = '\0';
}

void digest_hmac(struct str key, struct str data, uint8_t ret_digest[SHA256_BYTES])
{
    unsigned int len = 0;
    const unsigned char *done;

    assert(key.len <= INT32_MAX);
    done = HMAC(sha256(), key.len > 0 ? key.ptr : "", (int)key.len, (const unsigned char *)data.ptr, data.len,
                ret_digest, &len);
    assert(done != NULL && len == SHA256_BYTES);
    (void)done;
}

struct digest {
    EVP_MD_CTX *md;
};

struct digest *digest_new(void)
{
    struct digest *d = calloc(1, sizeof(*d));

    if (d == NULL)
        return NULL;
    d->md = EVP_MD_CTX_new();
    if (d->md == NULL || EVP_DigestInit_ex(d->md, sha256(), NULL) != 1) {
        digest_free(d);
        return NULL;
    }
    return d;
}

void digest_add(struct digest *d, const void *bytes, size_t len)
{
    int done = EVP_DigestUpdate(d->md, bytes, len);

    assert(done == 1);
    (void)done;
}

void digest_end(struct digest *d, uint8_t ret_digest[SHA256_BYTES])
{
    int done = EVP_DigestFinal_ex(d->md, ret_digest, NULL);

    assert(done == 1);
    (void)done;
    digest_free(d);
}

void digest_free(struct digest *d)
{
    if (d == NULL)
        return;
    EVP_MD_CTX_free(d->md);
    free(d);
}

/* Up to three bytes as up to four characters; returns how many of them carry something. */
static size_t encode_group(const uint8_t *bytes, size_t count, const char *letters, char ret_text[4])
{
    uint32_t bits = (uint32_t)bytes[0] << 16;

    if (count > 1)
        bits |= (uint32_t)bytes[1] << 8;
    if (count > 2)
        bits |= bytes[2];
    for (size_t i = 0; i < 4; i++)
        ret_text[i] = letters[(bits >> (18 - 6 * i)) & 63];
    return count + 1;
}

static void encode(struct buf *out, const uint8_t *bytes, size_t len, const char *letters, struct str padding)
{
    char text[4];

    for (size_t i = 0; i < len; i += 3) {
        size_t used = encode_group(bytes + i, len - i < 3 ? len - i : 3, letters, text);

        buf_add_bytes(out, text, used);
        buf_add(out, str_head(padding, 4 - used));
    }
}

void digest_base64(struct buf *out, const void *bytes, size_t len)
{
    encode(out, bytes, len, alphabet, STR("=="));
}

void digest_base64url(struct buf *out, const void *bytes, size_t len)
{
    encode(out, bytes, len, alphabet_url, STR(""));
}

/* 0 … 63, or -1 for a byte that base64url does not know. */
static int letter_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '-')
        return 62;
    return c == '_' ? 63 : -1;
}

enum err digest_base64url_decode(struct arena *a, struct str text, struct str *ret_bytes)
{
    uint32_t bits = 0;
    unsigned bit_count = 0;
    size_t len = 0;
    char *bytes;

    if (text.len % 4 == 1)
        return ERR_INVALID;
    bytes = arena_alloc(a, text.len / 4 * 3 + 3);
    if (bytes == NULL)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < text.len; i++) {
        int value = letter_value(text.ptr[i]);

        if (value < 0)
            return ERR_INVALID;
        bits = bits << 6 | (uint32_t)value;
        bit_count += 6;
        if (bit_count >= 8) {
            bit_count -= 8;
            bytes[len++] = (char)(bits >> bit_count & 255);
        }
    }
    /* One text per value: what is left over in the last letter must be zero. */
    if ((bits & ((1U << bit_count) - 1)) != 0)
        return ERR_INVALID;
    bytes[len] = '\0';
    *ret_bytes = (struct str){ bytes, len };
    return ERR_OK;
}

enum err digest_hex_decode(struct str hex, void *ret_bytes, size_t len)
{
    uint8_t *bytes = ret_bytes;

    if (hex.len != 2 * len)
        return ERR_INVALID;
    for (size_t i = 0; i < hex.len; i++) {
        if (str_hex_digit(hex.ptr[i]) < 0)
            return ERR_INVALID;
    }
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(str_hex_digit(hex.ptr[2 * i]) << 4 | str_hex_digit(hex.ptr[2 * i + 1]));
    return ERR_OK;
}
