#include "cursor.h"

#include "parley/auth/digest.h"
#include "parley/core/secret.h"

enum { KEY_BYTES = 8, MAC_BYTES = 8, CURSOR_BYTES_MAX = PAGE_KEYS_MAX * KEY_BYTES + MAC_BYTES, CONTEXT_MAX = 4096 };

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

static void mac_make(struct keys *keys, struct str context, struct str position, unsigned char ret_mac[MAC_BYTES])
{
    unsigned char whole[32];
    struct buf text;

    buf_init(&text, CONTEXT_MAX + CURSOR_BYTES_MAX);
    buf_add_c(&text, "cursor");
    buf_add_byte(&text, '\0');
    buf_add_bytes(&text, position.ptr, position.len);
    buf_add_byte(&text, '\0');
    buf_add(&text, str_head(context, CONTEXT_MAX - 16));
    keys_local_mac(keys, buf_str(&text), whole);
    buf_release(&text);
    memcpy(ret_mac, whole, MAC_BYTES);
}

void cursor_write(struct keys *keys, struct str context, const struct page_position *position, struct buf *out)
{
    unsigned char bytes[CURSOR_BYTES_MAX];
    size_t len = position->key_count * KEY_BYTES;

    for (size_t i = 0; i < position->key_count; i++)
        key_put(position->keys[i], bytes + i * KEY_BYTES);
    mac_make(keys, context, (struct str){ (const char *)bytes, len }, bytes + len);
    digest_base64url(out, bytes, len + MAC_BYTES);
}

enum err cursor_read(struct keys *keys, struct arena *a, struct str context, struct str text, size_t key_count,
                     struct page_position *ret_position)
{
    struct page_position position = { .key_count = key_count };
    size_t len = key_count * KEY_BYTES;
    unsigned char mac[MAC_BYTES];
    struct str bytes;

    TRY(digest_base64url_decode(a, text, &bytes));
    if (bytes.len != len + MAC_BYTES)
        return ERR_INVALID;
    mac_make(keys, context, str_head(bytes, len), mac);
    if (!secret_eq((struct str){ (const char *)mac, MAC_BYTES }, str_tail(bytes, len)))
        return ERR_INVALID;
    for (size_t i = 0; i < key_count; i++)
        position.keys[i] = key_get((const unsigned char *)bytes.ptr + i * KEY_BYTES);
    *ret_position = position;
    return ERR_OK;
}
