#include "parley/auth/seal.h"

#include <openssl/evp.h>

#include "keyset.h"
#include "parley/core/rand.h"

enum { VERSION = 1, NONCE_BYTES = 12, TAG_BYTES = 16, LABEL_MAX_BYTES = 64 };

/* Where the pieces of a sealed secret lie: version, key id, nonce, ciphertext, tag. */
struct pieces {
    struct str id, nonce, cipher, tag;
};

static enum err cut(struct str sealed, struct pieces *ret_pieces)
{
    struct str rest = sealed;

    if (sealed.ptr == NULL || sealed.len < SEAL_EXTRA_BYTES || sealed.ptr[0] != VERSION)
        return ERR_INVALID;
    rest = str_tail(rest, 1);
    ret_pieces->id = str_head(rest, SEAL_KEY_ID_BYTES);
    rest = str_tail(rest, SEAL_KEY_ID_BYTES);
    ret_pieces->nonce = str_head(rest, NONCE_BYTES);
    rest = str_tail(rest, NONCE_BYTES);
    ret_pieces->cipher = str_head(rest, rest.len - TAG_BYTES);
    ret_pieces->tag = str_tail(rest, rest.len - TAG_BYTES);
    return ERR_OK;
}

static const struct seal_key *find_key(const struct key_set *set, struct str id)
{
    for (size_t i = 0; i < set->seal_count; i++)
        if (memcmp(set->seals[i].id, id.ptr, SEAL_KEY_ID_BYTES) == 0)
            return &set->seals[i];
    return NULL;
}

/* The label as bytes: purpose, NUL, owner. */
static int write_label(const struct seal_label *label, unsigned char ret_bytes[LABEL_MAX_BYTES])
{
    int len = snprintf((char *)ret_bytes, LABEL_MAX_BYTES - sizeof(label->owner), "%s", label->purpose) + 1;

    memcpy(ret_bytes + len, label->owner.bytes, sizeof(label->owner.bytes));
    return len + (int)sizeof(label->owner.bytes);
}

static bool encrypt(EVP_CIPHER_CTX *cipher, const struct seal_key *key, const struct seal_label *label,
                    struct str secret, unsigned char *sealed)
{
    unsigned char bytes[LABEL_MAX_BYTES];
    unsigned char *nonce = sealed + 1 + SEAL_KEY_ID_BYTES;
    unsigned char *text = nonce + NONCE_BYTES;
    int len = 0;

    sealed[0] = VERSION;
    memcpy(sealed + 1, key->id, SEAL_KEY_ID_BYTES);
    rand_bytes(nonce, NONCE_BYTES);
    return EVP_EncryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key->bytes, nonce) == 1 &&
           EVP_EncryptUpdate(cipher, NULL, &len, bytes, write_label(label, bytes)) == 1 &&
           EVP_EncryptUpdate(cipher, text, &len, (const unsigned char *)secret.ptr, (int)secret.len) == 1 &&
           EVP_EncryptFinal_ex(cipher, text + len, &len) == 1 &&
           EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, TAG_BYTES, text + secret.len) == 1;
}

static bool decrypt(EVP_CIPHER_CTX *cipher, const struct seal_key *key, const struct seal_label *label,
                    const struct pieces *pieces, unsigned char *text)
{
    unsigned char bytes[LABEL_MAX_BYTES];
    unsigned char tag[TAG_BYTES];
    int len = 0;

    memcpy(tag, pieces->tag.ptr, TAG_BYTES);
    return EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key->bytes, (const unsigned char *)pieces->nonce.ptr) ==
               1 &&
           EVP_DecryptUpdate(cipher, NULL, &len, bytes, write_label(label, bytes)) == 1 &&
           EVP_DecryptUpdate(cipher, text, &len, (const unsigned char *)pieces->cipher.ptr, (int)pieces->cipher.len) ==
               1 &&
           EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, TAG_BYTES, tag) == 1 &&
           EVP_DecryptFinal_ex(cipher, text + len, &len) == 1;
}

enum err seal_close(struct keys *keys, struct arena *a, const struct seal_label *label, struct str secret,
                    struct str *ret_sealed)
{
    struct str sealed = { NULL, secret.len + SEAL_EXTRA_BYTES };
    unsigned char *bytes = arena_alloc(a, sealed.len);
    EVP_CIPHER_CTX *cipher;
    struct key_set *set;
    bool done;

    if (bytes == NULL)
        return ERR_NO_MEMORY;
    keys_look_again(keys);
    cipher = EVP_CIPHER_CTX_new();
    set = keys_borrow(keys);
    done = cipher != NULL && encrypt(cipher, &set->seals[0], label, secret, bytes);
    key_set_put(set);
    EVP_CIPHER_CTX_free(cipher);
    if (!done)
        return ERR_INTERNAL;
    sealed.ptr = (const char *)bytes;
    *ret_sealed = sealed;
    return ERR_OK;
}

static enum err open_with(struct keys *keys, const struct seal_label *label, const struct pieces *pieces,
                          unsigned char *text)
{
    struct key_set *set = keys_borrow(keys);
    const struct seal_key *key = find_key(set, pieces->id);
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    enum err e = cipher == NULL ? ERR_NO_MEMORY : ERR_NOT_FOUND;

    if (cipher != NULL && key != NULL)
        e = decrypt(cipher, key, label, pieces, text) ? ERR_OK : ERR_INVALID;
    EVP_CIPHER_CTX_free(cipher);
    key_set_put(set);
    return e;
}

/* Only rows of our own name keys, so no stranger can make us read the disk: another process has rotated just now. */
static void look_for_new_key(struct keys *keys)
{
    struct buf error_text;

    buf_init(&error_text, 1024);
    (void)!keys_reload(keys, &error_text); /* the old keys stay; SIGHUP says what is wrong */
    buf_release(&error_text);
}

enum err seal_open(struct keys *keys, struct arena *a, const struct seal_label *label, struct str sealed,
                   struct str *ret_secret)
{
    struct pieces pieces;
    unsigned char *text;
    enum err e;

    TRY(cut(sealed, &pieces));
    text = arena_alloc(a, pieces.cipher.len + 1);
    if (text == NULL)
        return ERR_NO_MEMORY;
    e = open_with(keys, label, &pieces, text);
    if (e == ERR_NOT_FOUND) {
        look_for_new_key(keys);
        e = open_with(keys, label, &pieces, text);
    }
    TRY(e);
    *ret_secret = (struct str){ (const char *)text, pieces.cipher.len };
    return ERR_OK;
}

bool seal_is_newest(struct keys *keys, struct str sealed)
{
    struct pieces pieces;
    struct key_set *set;
    bool newest;

    if (cut(sealed, &pieces) != ERR_OK)
        return false;
    set = keys_borrow(keys);
    newest = memcmp(set->seals[0].id, pieces.id.ptr, SEAL_KEY_ID_BYTES) == 0;
    key_set_put(set);
    return newest;
}
