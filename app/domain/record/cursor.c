#include "parley/domain/record/cursor.h"

#include "parley/auth/digest.h"
#include "parley/auth/keys.h"
#include "parley/core/secret.h"

enum { KEY_BYTES = 8, MAC_BYTES = 8, CURSOR_BYTES_MAX = CURSOR_KEYS_MAX * KEY_BYTES + MAC_BYTES };

static void key_put(int64_t key, unsigned char out[KEY_BYTES])
{
    for (int i = 0; i < KEY_BYTES; i++)
        out[i] = (unsigned char)((uint64_t)key >> (56 - 8 * i));
}

static int64_t key_get(const unsigned char in[KEY_BYTES])
{
    uint64_t key = 0;

    for (int i = 0; i < KEY_BYTES; i++)
        key = key << 8 | in[i];
    return (int64_t)key;
}

/* The context is digested first: of one length, so that no context can look like another with other keys. */
static void mac_make(struct keys *keys, struct str context, struct str position, unsigned char ret_mac[MAC_BYTES])
{
    static const char label[] = "cursor";
    char text[sizeof(label) + SHA256_BYTES + CURSOR_BYTES_MAX];
    unsigned char whole[32];

    memcpy(text, label, sizeof(label));
    digest_sha256(context, (uint8_t *)text + sizeof(label));
    memcpy(text + sizeof(label) + SHA256_BYTES, position.ptr, position.len);
    keys_local_mac(keys, (struct str){ text, sizeof(label) + SHA256_BYTES + position.len }, whole);
    memcpy(ret_mac, whole, MAC_BYTES);
}

void cursor_write(struct ctx *ctx, struct str context, const int64_t *keys, size_t count, struct buf *out)
{
    unsigned char bytes[CURSOR_BYTES_MAX];
    size_t len = count * KEY_BYTES;

    for (size_t i = 0; i < count; i++)
        key_put(keys[i], bytes + i * KEY_BYTES);
    mac_make(ctx->app->keys, context, (struct str){ (const char *)bytes, len }, bytes + len);
    digest_base64url(out, bytes, len + MAC_BYTES);
}

enum err cursor_read(struct ctx *ctx, struct str context, struct str text, size_t count, int64_t *ret_keys)
{
    size_t len = count * KEY_BYTES;
    unsigned char mac[MAC_BYTES];
    struct str bytes;

    TRY(digest_base64url_decode(ctx->arena, text, &bytes));
    if (bytes.len != len + MAC_BYTES)
        return ERR_INVALID;
    mac_make(ctx->app->keys, context, str_head(bytes, len), mac);
    if (!secret_eq((struct str){ (const char *)mac, MAC_BYTES }, str_tail(bytes, len)))
        return ERR_INVALID;
    for (size_t i = 0; i < count; i++)
        ret_keys[i] = key_get((const unsigned char *)bytes.ptr + i * KEY_BYTES);
    return ERR_OK;
}
