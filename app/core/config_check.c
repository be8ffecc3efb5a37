/* What follows from other settings, and what does not go together. */
#include <sys/socket.h>
#include <sys/un.h>

#include "config_private.h"
#include "parley/core/limits.h"
#include "parley/core/mail_address.h"
#include "parley/core/origin.h"

static bool is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* Replaces an empty value by the text in `value`, which is emptied. */
static enum err derive(struct config_loaded *loaded, size_t index, struct buf *value)
{
    enum err e = buf_check(value);

    if (e == ERR_OK && !is_set(*(const char **)config_slot(&loaded->config, index)))
        e = config_value_set(&loaded->config, index, config_row_at(index)->name, buf_str(value), &loaded->notes);
    buf_clear(value);
    return e;
}

static enum err derive_paths(struct config_loaded *loaded, struct buf *value)
{
    const struct config *config = &loaded->config;

    buf_addf(value, "%s/keys", config->var_dir);
    TRY(derive(loaded, ROW_keys_dir, value));
    buf_addf(value, "%s/private.pem", config->keys_dir);
    TRY(derive(loaded, ROW_jwt_private_key_path, value));
    buf_addf(value, "%s/public.pem", config->keys_dir);
    TRY(derive(loaded, ROW_jwt_public_key_path, value));
    buf_addf(value, "%s/run/parley.sock", config->var_dir);
    TRY(derive(loaded, ROW_fcgi_socket, value));
    buf_addf(value, "%s/objects", config->var_dir);
    TRY(derive(loaded, ROW_objects_dir, value));
    if (is_set(config->mysql_host))
        return ERR_OK;
    buf_addf(value, "sqlite:///%s/parley.db", config->var_dir);
    return derive(loaded, ROW_database_url, value);
}

/* https://HTTPS_HOST:HTTPS_PORT, with a name that a client can use where nginx listens everywhere. */
static enum err derive_public_url(struct config_loaded *loaded, struct buf *value)
{
    const struct config *config = &loaded->config;
    const char *host = config->https_host;
    bool bare_ipv6 = strchr(host, ':') != NULL && host[0] != '[';

    if (strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0 || strcmp(host, "[::]") == 0 || strcmp(host, "*") == 0)
        host = "localhost", bare_ipv6 = false;
    buf_addf(value, "https://%s%s%s", bare_ipv6 ? "[" : "", host, bare_ipv6 ? "]" : "");
    if (config->https_port != 443)
        buf_addf(value, ":%lld", (long long)config->https_port);
    return derive(loaded, ROW_public_url, value);
}

/* Links are made by adding "/…". */
static void cut_last_slash(struct config_loaded *loaded)
{
    char **url = config_slot(&loaded->config, ROW_public_url);
    size_t len = strlen(*url);

    while (len > 0 && (*url)[len - 1] == '/')
        (*url)[--len] = '\0';
}

/* As browsers send them. What is none stays as it is, for config_check to name. */
static enum err canonical_origins(struct config_loaded *loaded, struct buf *value)
{
    struct str rest = str_from(loaded->config.allowed_origins);
    struct str origin;
    enum err e;

    while (str_split(&rest, ',', &origin)) {
        origin = str_trim(origin);
        if (origin.len == 0)
            continue;
        if (value->len > 0)
            buf_add_byte(value, ',');
        if (origin_read(origin, value) != ERR_OK)
            buf_add(value, origin);
    }
    e = buf_check(value);
    if (e == ERR_OK)
        e = config_value_set(&loaded->config, ROW_allowed_origins, "ALLOWED_ORIGINS", buf_str(value), &loaded->notes);
    buf_clear(value);
    /* Longer than any row may be: the same as too long a text to begin with. */
    return e == ERR_INVALID ? ERR_OK : e;
}

enum err config_derive(struct config_loaded *loaded)
{
    struct buf value;
    enum err e;

    buf_init(&value, 8192);
    e = derive_paths(loaded, &value);
    if (e == ERR_OK)
        e = derive_public_url(loaded, &value);
    if (e == ERR_OK)
        e = canonical_origins(loaded, &value);
    buf_release(&value);
    cut_last_slash(loaded);
    /* A maximum below the default minimum of connections lowers that minimum. */
    if (loaded->origin[ROW_db_pool_min_size] == FROM_DEFAULT &&
        loaded->config.db_pool_min_size > loaded->config.db_pool_max_size)
        loaded->config.db_pool_min_size = loaded->config.db_pool_max_size;
    return e;
}

static bool begins(const char *text, const char *prefix)
{
    return str_starts_with(str_from(text), str_from(prefix));
}

static void check_database(const struct config *config, struct buf *faults)
{
    const char *url = config->database_url;

    if (begins(url, "postgres")) {
        buf_add_c(faults,
                  "DATABASE_URL: PostgreSQL is not supported; Parley keeps its rows in SQLite, MySQL or MariaDB: "
                  "use sqlite:///file or mysql://user:password@host:port/database\n");
        return;
    }
    if (is_set(url) && !begins(url, "sqlite:///") && !begins(url, "sqlite+aiosqlite:///") && !begins(url, "mysql://") &&
        !begins(url, "mysql+") && !begins(url, "mariadb://") && !begins(url, "mariadb+"))
        buf_add_c(faults, "DATABASE_URL must be sqlite:///file or mysql://user:password@host:port/database\n");
    if (config->db_pool_min_size > config->db_pool_max_size)
        buf_add_c(faults, "DB_POOL_MIN_SIZE must not be greater than DB_POOL_MAX_SIZE\n");
}

static void check_redis(const struct config *config, struct buf *faults)
{
    const char *url = config->redis_url;

    if (begins(url, "rediss:"))
        buf_add_c(faults,
                  "REDIS_URL: TLS to Redis goes through a local tunnel such as stunnel; give the tunnel's address "
                  "as redis://host:port\n");
    else if (is_set(url) && !begins(url, "redis://") && !begins(url, "unix:"))
        buf_add_c(faults, "REDIS_URL must be redis://:password@host:port/db or unix:/path\n");
}

static bool is_bucket_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool inner = c == '-' || c == '.';

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && !(inner && i > 0 && i + 1 < name.len))
            return false;
    }
    return true;
}

static void check_store(const struct config *config, struct buf *faults)
{
    if (!is_set(config->minio_endpoint))
        return;
    if (!is_set(config->minio_access_key) || !is_set(config->minio_secret_key))
        buf_add_c(faults, "MINIO_ENDPOINT needs MINIO_ACCESS_KEY and MINIO_SECRET_KEY\n");
    if (!is_bucket_name(str_from(config->minio_bucket_name)))
        buf_add_c(faults, "MINIO_BUCKET_NAME may hold a-z, 0-9, and - and . between them\n");
}

static void check_socket(const struct config *config, struct buf *faults)
{
    size_t room_bytes = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;

    if (strlen(config->fcgi_socket) > room_bytes)
        buf_addf(faults, "FCGI_SOCKET: the system takes at most %zu bytes for a socket's path, this has %zu: %s\n",
                 room_bytes, strlen(config->fcgi_socket), config->fcgi_socket);
}

static void check_port(const struct config *config, struct buf *faults)
{
    struct str text = str_from(config->http_port);
    int64_t port = 0;

    if (text.len == 0 || str_eq_c(text, "off"))
        return;
    if (str_to_int64(text, &port) != ERR_OK || port < 1 || port > 65535)
        buf_add_c(faults, "HTTP_PORT must be off or a port from 1 to 65535\n");
}

static void check_origins(const struct config *config, struct buf *faults)
{
    struct str rest = str_from(config->allowed_origins);
    struct buf read;
    struct str origin;
    enum err e = ERR_OK;

    buf_init(&read, ORIGIN_MAX_BYTES);
    while (e == ERR_OK && str_split(&rest, ',', &origin)) {
        origin = str_trim(origin);
        if (origin.len > 0)
            e = origin_read(origin, &read);
        buf_clear(&read);
    }
    buf_release(&read);
    if (e != ERR_OK)
        buf_add_c(faults, "ALLOWED_ORIGINS must list origins such as https://chat.example.org, with commas; * is not "
                          "taken, since answers carry credentials\n");
}

/* An empty one once made an empty key. */
static void check_master_key(const struct config *config, struct buf *faults)
{
    struct str key = str_from(config->master_api_key);

    if (key.len == 0 || str_eq_c(key, MASTER_API_KEY_NONE))
        return;
    if (key.len < MASTER_API_KEY_MIN_BYTES || str_has_control(key) || str_trim(key).len != key.len)
        buf_addf(faults, "MASTER_API_KEY must have at least %d characters and no blanks around them, or be empty\n",
                 MASTER_API_KEY_MIN_BYTES);
}

static void check_public_url(const struct config *config, struct buf *faults)
{
    struct str url = str_from(config->public_url);

    if ((!str_starts_with(url, STR("https://")) && !str_starts_with(url, STR("http://"))) ||
        str_index(url, '?') != SIZE_MAX || str_index(url, '#') != SIZE_MAX || str_index(url, ' ') != SIZE_MAX)
        buf_add_c(faults, "PUBLIC_URL must be an address such as https://chat.example.org\n");
}

static void check_mail(const struct config *config, struct buf *faults)
{
    const char *url = config->smtp_url;
    struct mail_address from;

    if (is_set(url) && !begins(url, "smtp://") && !begins(url, "smtps://"))
        buf_add_c(faults, "SMTP_URL must look like smtp://user:password@host:587 or smtps://user:password@host\n");
    if (is_set(config->from_email) && mail_address_parse(str_from(config->from_email), &from) != ERR_OK)
        buf_add_c(faults, "FROM_EMAIL must look like noreply@example.org or Parley <noreply@example.org>\n");
    if ((is_set(url) || is_set(config->smtp_server)) && !is_set(config->from_email))
        buf_add_c(faults, "Mail needs a sender: set FROM_EMAIL beside SMTP_URL or SMTP_SERVER\n");
}

void config_check(const struct config_loaded *loaded, struct buf *ret_faults)
{
    const struct config *config = &loaded->config;

    check_database(config, ret_faults);
    check_redis(config, ret_faults);
    check_store(config, ret_faults);
    check_socket(config, ret_faults);
    check_port(config, ret_faults);
    check_origins(config, ret_faults);
    check_public_url(config, ret_faults);
    check_master_key(config, ret_faults);
    check_mail(config, ret_faults);
    if (is_set(config->tls_cert) != is_set(config->tls_key))
        buf_add_c(ret_faults, "TLS_CERT and TLS_KEY must be set together\n");
}
