#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor.h"
#include "parley/auth/certificate.h"
#include "parley/core/buf.h"
#include "parley/core/clock.h"
#include "parley/core/host.h"
#include "parley/core/limits.h"

/* Rights that nobody but the owner should have; what is not there yet is no finding. */
static void check_mode(struct doctor_run *run, const char *path, mode_t unwanted, const char *remedy)
{
    struct stat st;

    if (path[0] == '\0' || stat(path, &st) != 0)
        return;
    if ((st.st_mode & unwanted) != 0)
        check_result(run, "%s has mode %03o: others than its owner can use it; run: chmod %s %s", path,
                     (unsigned)st.st_mode & 0777, remedy, path);
}

/* The path of "sqlite:///file", or "". */
static const char *sqlite_path(const struct config *config)
{
    static const char scheme[] = "sqlite:///";

    return strncmp(config->database_url, scheme, sizeof(scheme) - 1) == 0 ? config->database_url + sizeof(scheme) - 1
                                                                          : "";
}

/* Who owns the folder is who runs the server: it makes the folder. */
static void check_owner_of(struct doctor_run *run, const char *path)
{
    struct stat st;

    if (stat(path, &st) == 0 && st.st_uid == 0)
        check_result(
            run,
            "%s belongs to root: the server runs as root, and a fault in it is one in the whole machine; stop it, "
            "give it a user of its own, and run: chown -R USER %s",
            path, path);
}

void check_files(struct doctor_run *run)
{
    const struct config *c = run->config;

    check_owner_of(run, c->var_dir);

    check_mode(run, c->var_dir, 0007, "o-rwx");
    check_mode(run, c->objects_dir, 0007, "o-rwx");
    check_mode(run, c->log_file, 0007, "o-rwx");
    check_mode(run, sqlite_path(c), 0007, "o-rwx");
    check_mode(run, ".env", 0077, "go-rwx");
    check_mode(run, c->tls_key, 0007, "o-rwx");
}

void check_tls(struct doctor_run *run)
{
    const struct config *c = run->config;
    struct buf error_text;

    if (c->tls_cert[0] == '\0' && c->tls_key[0] == '\0') {
        if (!host_is_loopback(c->https_host))
            check_result(run, "TLS_CERT is empty: clients get a self-signed certificate; set TLS_CERT and TLS_KEY");
        return;
    }
    buf_init(&error_text, 4096);
    if (certificate_check(c->tls_cert, c->tls_key, clock_now_us() / US_PER_S, &error_text) != ERR_OK)
        check_result(run, "%s", error_text.len > 0 ? error_text.ptr : "the certificate cannot be read: out of memory");
    buf_release(&error_text);
}
