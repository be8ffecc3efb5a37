#include "config_private.h"
#include "parley/core/edit_distance.h"

/* Other systems' names for our settings (first those that are asked first). */
static const struct alias {
    const char *name;
    size_t index;
} aliases[] = {
    { "BUCKET_NAME", ROW_minio_bucket_name },
    { "MINIO_BUCKET", ROW_minio_bucket_name },
    { "MEDIA_DIRECTORY", ROW_objects_dir },
    { "UPLOAD_PATH", ROW_objects_dir },
    { "DB_HOST", ROW_mysql_host },
    { "DB_PORT", ROW_mysql_port },
    { "DB_NAME", ROW_mysql_database },
    { "DB_USER", ROW_mysql_user },
    { "DB_PASSWORD", ROW_mysql_password },
};

static const char key_pair[] = "tokens are signed with the key pair in KEYS_DIR (RS256)";
static const char mysql_instead[] = "rows are kept in SQLite, MySQL or MariaDB: set DATABASE_URL or MYSQL_HOST";
static const char nginx_listens[] = "nginx listens: set HTTPS_HOST and HTTPS_PORT";
static const char always_on[] = "it is always on, on the same port";
static const char not_yet[] = "this version does not use it";

/* Names known from other systems that set nothing here. */
static const struct unused {
    const char *name;
    const char *reason;
} unused[] = {
    { "SECRET_KEY", key_pair },
    { "JWT_SECRET", key_pair },
    { "JWT_SECRET_KEY", key_pair },
    { "JWT_ALGORITHM", key_pair },
    { "JWT_ACCESS_TOKEN_EXPIRE_HOURS", "set ACCESS_TOKEN_EXPIRE_MINUTES" },
    { "DEBUG", "there is no mode that shows strangers what is inside; set LOG_LEVEL" },
    { "HTTP_HOST", nginx_listens },
    { "APP_HOST", nginx_listens },
    { "APP_PORT", nginx_listens },
    { "ENABLE_METRICS", always_on },
    { "ENABLE_HEALTH_CHECKS", always_on },
    { "METRICS_PORT", always_on },
    { "POSTGRES_HOST", mysql_instead },
    { "POSTGRES_PORT", mysql_instead },
    { "POSTGRES_DB", mysql_instead },
    { "POSTGRES_USER", mysql_instead },
    { "POSTGRES_PASSWORD", mysql_instead },
    { "TOTP_ISSUER", not_yet },
    { "API_KEY", not_yet },
    { "MAX_FILE_SIZE_MB", not_yet },
    { "MAX_DATABASE_SIZE_MB", not_yet },
    { "EVENT_LOG_HOURS", not_yet },
    { "ARCHIVE_WORKSPACE", not_yet },
    { "ARCHIVE_MAX_AGE_DAYS", not_yet },
    { "CHATROOM_OPEN", not_yet },
    { "CHATROOM_WORKSPACE", not_yet },
    { "CHATROOM_TOKEN_DAYS", not_yet },
    { "ANONYMOUS_TTL_HOURS", not_yet },
};

const char *config_name_of(size_t index, size_t n)
{
    if (n == 0)
        return config_row_at(index)->name;
    for (size_t i = 0; i < COUNT_OF(aliases); i++) {
        if (aliases[i].index == index && --n == 0)
            return aliases[i].name;
    }
    return NULL;
}

static bool is_secret_file(struct str name, size_t index, const char *known)
{
    return (config_row_at(index)->flags & CONFIG_SECRET) != 0 && str_starts_with(name, str_from(known)) &&
           str_eq_c(str_tail(name, strlen(known)), SECRET_FILE_SUFFIX);
}

bool config_name_is_ours(struct str name)
{
    for (size_t i = 0; i < ROW_COUNT_; i++) {
        const char *known;

        for (size_t n = 0; (known = config_name_of(i, n)) != NULL; n++) {
            if (str_eq_c(name, known) || is_secret_file(name, i, known))
                return true;
        }
    }
    return false;
}

const char *config_name_unused(struct str name)
{
    for (size_t i = 0; i < COUNT_OF(unused); i++) {
        if (str_eq_c(name, unused[i].name))
            return unused[i].reason;
    }
    return NULL;
}

static size_t word_count(struct str name)
{
    size_t count = 1;

    for (size_t i = 0; i < name.len; i++)
        count += name.ptr[i] == '_';
    return count;
}

/* Two wrong letters in a long word, one in a short one: HTTP_HOST is not HTTP_PORT misspelt. */
static bool words_are_near(struct str a, struct str b)
{
    struct str word_a;
    struct str word_b;
    size_t sum = 0;

    while (str_split(&a, '_', &word_a) && str_split(&b, '_', &word_b)) {
        size_t between = edit_distance(word_a, word_b);

        sum += between;
        if (between > (word_b.len >= 6 ? 2U : 1U) || sum > 2)
            return false;
    }
    return true;
}

static bool is_near(struct str name, struct str known, enum config_place place)
{
    if (place == IN_ENVIRONMENT && (name.len < 6 || name.ptr[0] != known.ptr[0]))
        return false;
    if (word_count(name) == word_count(known))
        return words_are_near(name, known);
    if (edit_distance(name, known) <= 1)
        return true;
    /* MINIO_SECRET for MINIO_SECRET_KEY. */
    return place == IN_ENV_FILE && word_count(name) > 1 && known.len > name.len && known.ptr[name.len] == '_' &&
           str_starts_with(known, name);
}

const char *config_name_near(struct str name, enum config_place place)
{
    for (size_t i = 0; i < ROW_COUNT_; i++) {
        const char *known;

        for (size_t n = 0; (known = config_name_of(i, n)) != NULL; n++) {
            if (is_near(name, str_from(known), place))
                return known;
        }
    }
    return NULL;
}
