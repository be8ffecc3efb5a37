#include "parley/auth/jwt.h"

#include "keyset.h"
#include "parley/auth/digest.h"
#include "parley/core/clock.h"
#include "parley/core/json_in.h"
#include "parley/core/json_out.h"
#include "parley/core/limits.h"

static const char issuer[] = "parley";
static const char *const type_names[] = { [JWT_ACCESS] = "access", [JWT_REFRESH] = "refresh", [JWT_2FA] = "2fa" };
enum { NOT_BEFORE_LEEWAY_S = 60 };
/* The last time that can be counted in microseconds. */
static const int64_t time_max_s = INT64_MAX / US_PER_S;

static void write_header(const struct key *key, struct buf *out)
{
    struct json_out json;

    json_out_init(&json, out);
    json_out_object(&json);
    json_out_kv_c(&json, "alg", "RS256");
    json_out_kv_c(&json, "typ", "JWT");
    json_out_kv_c(&json, "kid", key_id(key));
    json_out_object_end(&json);
}

static void write_claims(const struct jwt_claims *claims, struct buf *out)
{
    struct json_out json;

    json_out_init(&json, out);
    json_out_object(&json);
    json_out_kv_c(&json, "iss", issuer);
    json_out_kv_uuid(&json, "sub", &claims->subject);
    json_out_kv_str(&json, "email", claims->email.ptr == NULL ? STR("") : claims->email);
    json_out_kv_str(&json, "role", claims->role);
    json_out_kv_uuid(&json, "sid", &claims->session);
    json_out_kv_uuid(&json, "jti", &claims->id);
    json_out_kv_c(&json, "type", type_names[claims->type]);
    json_out_kv_int(&json, "iat", claims->issued_s);
    json_out_kv_int(&json, "nbf", claims->issued_s);
    json_out_kv_int(&json, "exp", claims->expires_s);
    json_out_object_end(&json);
}

/* RFC 7515 §7.1: header.claims.signature into out; part is room for the pieces. */
static enum err write_token(const struct key *key, const struct jwt_claims *claims, struct buf *part, struct buf *out)
{
    write_header(key, part);
    digest_base64url(out, part->ptr, part->len);
    buf_add_byte(out, '.');
    TRY(buf_check(part));
    buf_clear(part);
    write_claims(claims, part);
    digest_base64url(out, part->ptr, part->len);
    TRY(buf_check(part));
    TRY(buf_check(out));
    buf_clear(part);
    TRY(key_sign(key, buf_str(out), part));
    buf_add_byte(out, '.');
    digest_base64url(out, part->ptr, part->len);
    return buf_check(out);
}

enum err jwt_sign(struct keys *keys, struct arena *a, const struct jwt_claims *claims, struct str *ret_token)
{
    struct key_set *set = keys_borrow(keys);
    struct buf part;
    struct buf out;
    struct str token = { NULL, 0 };
    enum err e;

    buf_init(&part, TOKEN_MAX_BYTES);
    buf_init(&out, TOKEN_MAX_BYTES);
    e = write_token(set->signing, claims, &part, &out);
    if (e == ERR_OK) {
        token = arena_str(a, buf_str(&out));
        e = token.ptr == NULL ? ERR_NO_MEMORY : ERR_OK;
    }
    buf_release(&part);
    buf_release(&out);
    key_set_put(set);
    if (e == ERR_OK)
        *ret_token = token;
    return e;
}

/* A token cut in its three parts. */
struct parts {
    struct str header, claims, signature;
    struct str signed_part; /* header.claims as sent */
};

static enum err cut(struct str token, struct parts *ret_parts)
{
    size_t first;
    size_t second;

    if (token.ptr == NULL || token.len > TOKEN_MAX_BYTES)
        return ERR_TOKEN;
    first = str_index(token, '.');
    if (first == SIZE_MAX)
        return ERR_TOKEN;
    second = str_index(str_tail(token, first + 1), '.');
    if (second == SIZE_MAX)
        return ERR_TOKEN;
    ret_parts->header = str_head(token, first);
    ret_parts->claims = str_head(str_tail(token, first + 1), second);
    ret_parts->signed_part = str_head(token, first + 1 + second);
    ret_parts->signature = str_tail(token, first + 1 + second + 1);
    return ERR_OK;
}

/* Anything wrong with what the client sent is ERR_TOKEN; only a lack of memory is another error. */
static enum err as_token(enum err e)
{
    return e == ERR_OK || e == ERR_NO_MEMORY ? e : ERR_TOKEN;
}

static enum err read_object(struct arena *a, struct str text, const struct json_in **ret_object)
{
    const char *reason;
    struct str bytes;

    TRY(as_token(digest_base64url_decode(a, text, &bytes)));
    TRY(as_token(json_in_parse(a, bytes, ret_object, &reason)));
    return json_in_kind(*ret_object) == JSON_OBJECT_KIND ? ERR_OK : ERR_TOKEN;
}

/* Exactly alg, typ and kid: whatever else a header may bring (jwk, jku, x5u, crit) is refused with it. */
static enum err read_header(struct arena *a, struct str text, struct str *ret_kid)
{
    const struct json_in *header;

    TRY(read_object(a, text, &header));
    if (json_in_count(header) != 3 || !str_eq_c(json_in_string(json_in_member(header, "alg")), "RS256") ||
        !str_eq_c(json_in_string(json_in_member(header, "typ")), "JWT"))
        return ERR_TOKEN;
    *ret_kid = json_in_string(json_in_member(header, "kid"));
    return ret_kid->len == KEY_ID_BYTES - 1 ? ERR_OK : ERR_TOKEN;
}

static enum err check_signature_with(const struct key_set *set, struct str kid, struct str data, struct str signature)
{
    const struct key *key = key_set_find(set, kid);

    return key == NULL ? ERR_NOT_FOUND : key_check(key, data, signature);
}

/* With a look at the disk when the key id is unknown. */
static enum err check_signature(struct keys *keys, struct str kid, struct str data, struct str signature)
{
    struct key_set *set = keys_borrow(keys);
    enum err e = check_signature_with(set, kid, data, signature);

    key_set_put(set);
    if (e != ERR_NOT_FOUND)
        return e;
    keys_look_again(keys);
    set = keys_borrow(keys);
    e = check_signature_with(set, kid, data, signature);
    key_set_put(set);
    return as_token(e);
}

static enum err read_uuid(const struct json_in *claims, const char *name, struct uuid *ret_id)
{
    return as_token(uuid_parse(json_in_string(json_in_member(claims, name)), ret_id));
}

static enum err read_time(const struct json_in *claims, const char *name, int64_t *ret_time_s)
{
    const struct json_in *value = json_in_member(claims, name);

    if (value == NULL || json_in_kind(value) != JSON_INT_KIND || json_in_integer(value) < 0 ||
        json_in_integer(value) > time_max_s)
        return ERR_TOKEN;
    *ret_time_s = json_in_integer(value);
    return ERR_OK;
}

/* All claims must be there and have their types. A token for an audience is for somebody else (RFC 7519 §4.1.3). */
static enum err read_claims(const struct json_in *json, int64_t *ret_not_before_s, struct jwt_claims *ret_claims)
{
    if (json_in_member(json, "aud") != NULL)
        return ERR_TOKEN;
    TRY(read_uuid(json, "sub", &ret_claims->subject));
    TRY(read_uuid(json, "sid", &ret_claims->session));
    TRY(read_uuid(json, "jti", &ret_claims->id));
    TRY(read_time(json, "iat", &ret_claims->issued_s));
    TRY(read_time(json, "nbf", ret_not_before_s));
    TRY(read_time(json, "exp", &ret_claims->expires_s));
    ret_claims->email = json_in_string(json_in_member(json, "email"));
    ret_claims->role = json_in_string(json_in_member(json, "role"));
    return ret_claims->email.ptr != NULL && ret_claims->role.ptr != NULL ? ERR_OK : ERR_TOKEN;
}

enum err jwt_verify(struct keys *keys, struct arena *a, struct str token, enum jwt_type type, int64_t now_s,
                    struct jwt_claims *ret_claims)
{
    struct jwt_claims claims = { .type = type };
    const struct json_in *json;
    struct parts parts;
    struct str kid;
    struct str signature;
    int64_t not_before_s = 0;

    TRY(cut(token, &parts));
    TRY(read_header(a, parts.header, &kid));
    TRY(as_token(digest_base64url_decode(a, parts.signature, &signature)));
    TRY(check_signature(keys, kid, parts.signed_part, signature));
    TRY(read_object(a, parts.claims, &json));
    if (!str_eq_c(json_in_string(json_in_member(json, "iss")), issuer) ||
        !str_eq_c(json_in_string(json_in_member(json, "type")), type_names[type]))
        return ERR_TOKEN;
    TRY(read_claims(json, &not_before_s, &claims));
    if (now_s >= claims.expires_s || not_before_s > now_s + NOT_BEFORE_LEEWAY_S)
        return ERR_TOKEN;
    *ret_claims = claims;
    return ERR_OK;
}
