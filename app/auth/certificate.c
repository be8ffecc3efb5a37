#include "parley/auth/certificate.h"

#include <errno.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <time.h>

enum { DAY_S = 86400, STRENGTH_BITS_MIN = 112 };

/* No pass phrase: nginx could not ask for one either. */
static int no_phrase(char *text, int size, int writing, void *arg)
{
    (void)writing;
    (void)arg;
    if (size > 0)
        text[0] = '\0';
    return 0;
}

static FILE *open_file(const char *path, const char *setting, struct buf *ret_error_text)
{
    FILE *file = path[0] != '\0' ? fopen(path, "re") : NULL;

    if (file == NULL)
        buf_addf(ret_error_text, "%s=%s cannot be read: %s; put the file there, readable for this user", setting, path,
                 path[0] == '\0' ? "it is not set" : strerror(errno));
    return file;
}

static X509 *read_chain(const char *path, struct buf *ret_error_text)
{
    FILE *file = open_file(path, "TLS_CERT", ret_error_text);
    X509 *cert;

    if (file == NULL)
        return NULL;
    cert = PEM_read_X509(file, NULL, no_phrase, NULL);
    (void)fclose(file);
    if (cert == NULL)
        buf_addf(ret_error_text, "%s holds no certificate in PEM; set TLS_CERT to the chain", path);
    return cert;
}

static EVP_PKEY *read_private(const char *path, struct buf *ret_error_text)
{
    FILE *file = open_file(path, "TLS_KEY", ret_error_text);
    EVP_PKEY *key;

    if (file == NULL)
        return NULL;
    key = PEM_read_PrivateKey(file, NULL, no_phrase, NULL);
    (void)fclose(file);
    if (key == NULL)
        buf_addf(ret_error_text, "%s holds no private key in PEM without a pass phrase; set TLS_KEY to one", path);
    return key;
}

/* Below, at or beyond the time that stands in the certificate: -1, or 1; 0 for a time that cannot be read. */
static int compare_time(const ASN1_TIME *time, int64_t at_s)
{
    time_t at = (time_t)at_s;

    return X509_cmp_time(time, &at);
}

static enum err check_pair(const char *path, X509 *cert, EVP_PKEY *key, int64_t now_s, struct buf *ret_error_text)
{
    if (X509_check_private_key(cert, key) != 1)
        buf_addf(ret_error_text, "%s: TLS_KEY does not belong to it; set the key that it was made for", path);
    else if (EVP_PKEY_get_security_bits(key) < STRENGTH_BITS_MIN)
        buf_addf(ret_error_text, "%s: its key is weak; make one of RSA 2048 bits or EC P-256", path);
    else if (compare_time(X509_get0_notBefore(cert), now_s) > 0)
        buf_addf(ret_error_text, "%s is not valid yet; look at this machine's clock, or wait", path);
    else if (compare_time(X509_get0_notAfter(cert), now_s) <= 0)
        buf_addf(ret_error_text, "%s has expired; renew it", path);
    else if (compare_time(X509_get0_notAfter(cert), now_s + (int64_t)CERTIFICATE_SOON_DAYS * DAY_S) <= 0)
        buf_addf(ret_error_text, "%s expires within %d days; renew it", path, CERTIFICATE_SOON_DAYS);
    else
        return ERR_OK;
    return ERR_INVALID;
}

enum err certificate_expiry(const char *chain_path, int64_t now_s, int64_t *ret_left_s, struct buf *ret_error_text)
{
    X509 *cert = read_chain(chain_path, ret_error_text);
    const time_t now = (time_t)now_s;
    ASN1_TIME *from = cert != NULL ? ASN1_TIME_set(NULL, now) : NULL;
    int days = 0, seconds = 0;
    enum err e = cert != NULL ? ERR_OK : ERR_INVALID;

    if (e == ERR_OK && (from == NULL || ASN1_TIME_diff(&days, &seconds, from, X509_get0_notAfter(cert)) != 1)) {
        buf_addf(ret_error_text, "%s: its time of expiry cannot be read", chain_path);
        e = ERR_INVALID;
    }
    if (e == ERR_OK)
        *ret_left_s = (int64_t)days * DAY_S + seconds;
    ASN1_TIME_free(from);
    X509_free(cert);
    return e;
}

enum err certificate_check(const char *chain_path, const char *key_path, int64_t now_s, struct buf *ret_error_text)
{
    X509 *cert = read_chain(chain_path, ret_error_text);
    EVP_PKEY *key = cert != NULL ? read_private(key_path, ret_error_text) : NULL;
    enum err e = cert != NULL && key != NULL ? check_pair(chain_path, cert, key, now_s, ret_error_text) : ERR_INVALID;

    EVP_PKEY_free(key);
    X509_free(cert);
    return e;
}
