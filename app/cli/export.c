#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "export_resume.h"
#include "parley/cli/commands.h"
#include "parley/core/clock.h"
#include "parley/core/limits.h"
#include "parley/core/path.h"
#include "parley/domain/lifecycle/archive.h"
#include "parley/domain/record/audit.h"
#include "parley/shapes/archive_encode.h"

enum option { OPTION_DIRECT };
enum { PATH_BYTES = 4096, LINE_BYTES = TAR_NAME_MAX_BYTES + 80, FILE_MODE = 0600 };

struct exporting {
    struct cli *cli;
    struct task *task;
    struct archive_workspace_opts opts;
    struct archive *archive;
    char part[PATH_BYTES], sums[PATH_BYTES];
    int part_fd, sums_fd; /* -1: not open, or another's */
    bool is_part_empty;   /* when it was opened */
    bool has_title;       /* the sums are of this archive */
    int64_t sums_from;    /* where the lines begin: the first one says what the archive is of */
    struct export_resume resume;
    struct buf out;
    int64_t entry_count, byte_count, missing_count;
    int64_t told_us; /* monotonic */
};

static bool fail_errno(const struct exporting *exporting, const char *path)
{
    (void)cli_fail(exporting->cli, "%s: %s", path, strerror(errno));
    return false;
}

static bool write_all(struct exporting *exporting, int fd, const char *path, struct str bytes)
{
    while (bytes.len > 0) {
        ssize_t written = write(fd, bytes.ptr, bytes.len);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return fail_errno(exporting, path);
        bytes = str_tail(bytes, (size_t)written);
    }
    return true;
}

/* ---- the two files ---- */

static bool is_done(struct exporting *exporting)
{
    const char *path = exporting->cli->words[1];

    if (access(path, F_OK) != 0)
        return false;
    (void)cli_fail(exporting->cli, "%s is there already; name another file, or take it away", path);
    return true;
}

static bool names_make(struct exporting *exporting)
{
    const char *path = exporting->cli->words[1];
    int len = snprintf(exporting->part, PATH_BYTES, "%s.part", path);

    (void)snprintf(exporting->sums, PATH_BYTES, "%s.part.sums", path);
    if (len > PATH_BYTES - 8)
        return cli_fail(exporting->cli, "the name of the file is too long") == CLI_OK;
    return !is_done(exporting);
}

/* What the archive is of: one that was cut off is gone on with for the same only. */
static void title_make(const struct exporting *exporting, char ret_line[LINE_BYTES])
{
    char id[UUID_TEXT_BYTES];

    uuid_format(&exporting->opts.workspace, id);
    (void)snprintf(ret_line, LINE_BYTES, "# workspace %s%s\n", id, exporting->opts.with_direct ? " --direct" : "");
}

static bool fail_foreign(const struct exporting *exporting)
{
    return cli_fail(exporting->cli, "%s is of something else; take it and %s away, or name another file",
                    exporting->part, exporting->sums) == CLI_OK;
}

static bool title_write(struct exporting *exporting, const char *title)
{
    return ftruncate(exporting->sums_fd, 0) == 0 && lseek(exporting->sums_fd, 0, SEEK_SET) == 0
               ? write_all(exporting, exporting->sums_fd, exporting->sums, str_from(title))
               : fail_errno(exporting, exporting->sums);
}

static bool title_check(struct exporting *exporting, off_t sums_bytes)
{
    char title[LINE_BYTES], found[LINE_BYTES];
    size_t len, kept;

    title_make(exporting, title);
    len = strlen(title);
    kept = sums_bytes < (off_t)len ? (size_t)sums_bytes : len;
    exporting->sums_from = (int64_t)len;
    if (pread(exporting->sums_fd, found, kept, 0) != (ssize_t)kept)
        return fail_errno(exporting, exporting->sums);
    if (memcmp(found, title, kept) != 0 || (kept < len && !exporting->is_part_empty))
        return fail_foreign(exporting);
    return kept == len || title_write(exporting, title); /* new, or cut off in its first moment */
}

/* Whoever had it before may have ended meanwhile, and taken it away or given it its name. */
static bool part_lock(const struct exporting *exporting, int fd, struct stat *ret_st)
{
    bool is_locked = flock(fd, LOCK_EX | LOCK_NB) == 0;
    struct stat named;

    if (!is_locked && errno == EWOULDBLOCK)
        return cli_fail(exporting->cli, "%s: another export is writing it", exporting->part) == CLI_OK;
    if (!is_locked || fstat(fd, ret_st) != 0)
        return fail_errno(exporting, exporting->part);
    if (stat(exporting->part, &named) != 0 || named.st_ino != ret_st->st_ino)
        return cli_fail(exporting->cli, "%s: another export has just ended; call it again", exporting->part) == CLI_OK;
    return true;
}

/* Locked, so that no two write it. Another may have ended in the moment before, and the archive be there. */
static bool part_open(struct exporting *exporting)
{
    int fd = open(exporting->part, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
    struct stat st;

    if (fd < 0)
        return fail_errno(exporting, exporting->part);
    if (!part_lock(exporting, fd, &st)) {
        close(fd);
        return false;
    }
    exporting->part_fd = fd;
    exporting->is_part_empty = st.st_size == 0;
    return !is_done(exporting);
}

/* An archive without its sums is none of ours. */
static bool files_open(struct exporting *exporting)
{
    struct stat st;

    if (!part_open(exporting))
        return false;
    exporting->sums_fd = open(exporting->sums, O_RDWR | (exporting->is_part_empty ? O_CREAT : 0) | O_CLOEXEC,
                              FILE_MODE);
    if (exporting->sums_fd < 0 && errno == ENOENT && !exporting->is_part_empty)
        return fail_foreign(exporting);
    if (exporting->sums_fd < 0 || fstat(exporting->sums_fd, &st) != 0)
        return fail_errno(exporting, exporting->sums);
    exporting->has_title = title_check(exporting, st.st_size);
    return exporting->has_title;
}

/* Takes away what is not whole, and goes on behind it. */
static bool files_cut(struct exporting *exporting)
{
    const struct export_resume *resume = &exporting->resume;

    if (export_resume_look(exporting->part_fd, exporting->sums_fd, exporting->sums_from, &exporting->resume) != ERR_OK)
        return fail_errno(exporting, exporting->part);
    if (ftruncate(exporting->part_fd, resume->archive_bytes) != 0 ||
        lseek(exporting->part_fd, resume->archive_bytes, SEEK_SET) < 0)
        return fail_errno(exporting, exporting->part);
    if (ftruncate(exporting->sums_fd, resume->sums_bytes) != 0 ||
        lseek(exporting->sums_fd, resume->sums_bytes, SEEK_SET) < 0)
        return fail_errno(exporting, exporting->sums);
    exporting->entry_count = resume->entry_count;
    exporting->byte_count = resume->archive_bytes;
    return true;
}

/* ---- the archive ---- */

static enum err archive_open(struct exporting *exporting)
{
    const struct export_resume *resume = &exporting->resume;
    struct ctx *ctx = &exporting->task->ctx;
    struct str entry = resume->entry_count > 0 ? str_from(resume->entry) : (struct str){ NULL, 0 };

    TRY(archive_of_workspace(ctx, &exporting->opts, &archive_encoder, &exporting->archive));
    TRY(archive_go_on(ctx, exporting->archive, entry, &resume->file));
    return audit_add(
        ctx, &(struct audit_entry){ .action = AUDIT_WORKSPACE_EXPORTED,
                                    .target_kind = AUDIT_ON_WORKSPACE,
                                    .target = exporting->opts.workspace,
                                    .details = AUDIT_DETAILS(AUDIT_INT("direct_chats", exporting->opts.with_direct),
                                                             AUDIT_INT("entries_before", resume->entry_count)) });
}

static bool piece_keep(struct exporting *exporting, const struct archive_piece *piece)
{
    char line[LINE_BYTES];

    if (!write_all(exporting, exporting->part_fd, exporting->part, buf_str(&exporting->out)))
        return false;
    exporting->byte_count += (int64_t)exporting->out.len;
    if (piece->name.ptr == NULL)
        return true;
    exporting->entry_count++;
    exporting->missing_count += piece->is_missing;
    (void)snprintf(line, sizeof(line), "%s  %.*s\n", piece->sha256, STR_FMT(piece->name));
    return write_all(exporting, exporting->sums_fd, exporting->sums, str_from(line));
}

static void progress_tell(struct exporting *exporting)
{
    int64_t now_us = clock_monotonic_us();

    if (now_us - exporting->told_us < US_PER_S)
        return;
    exporting->told_us = now_us;
    (void)printf("%lld entries, %lld MiB\n", (long long)exporting->entry_count,
                 (long long)(exporting->byte_count / (int64_t)MIB));
    (void)fflush(stdout);
}

static bool entries_write(struct exporting *exporting)
{
    struct archive_piece piece = { .more = true };

    while (piece.more) {
        enum err e;

        task_renew(exporting->task);
        buf_clear(&exporting->out);
        e = archive_next(&exporting->task->ctx, exporting->archive, &exporting->out, &piece);
        if (e != ERR_OK)
            return cli_fail(exporting->cli, "%s; call it again to go on", task_sentence(exporting->task, e)) == CLI_OK;
        if (!piece_keep(exporting, &piece))
            return false;
        progress_tell(exporting);
    }
    return true;
}

/* ---- its end ---- */

static bool sums_copy(struct exporting *exporting, int64_t size_bytes)
{
    char chunk[LINE_BYTES];
    int64_t at = exporting->sums_from;

    tar_entry_begin(&exporting->out, STR("SHA256SUMS"), size_bytes, exporting->task->ctx.now_us);
    while (at < exporting->sums_from + size_bytes) {
        ssize_t got = pread(exporting->sums_fd, chunk, sizeof(chunk), at);

        if (got <= 0)
            return fail_errno(exporting, exporting->sums);
        buf_add_bytes(&exporting->out, chunk, (size_t)got);
        if (!write_all(exporting, exporting->part_fd, exporting->part, buf_str(&exporting->out)))
            return false;
        buf_clear(&exporting->out);
        at += got;
    }
    return true;
}

/* The list of sums as the last entry, and the file gets its name. */
static bool finish(struct exporting *exporting)
{
    const char *path = exporting->cli->words[1];
    int64_t size_bytes = lseek(exporting->sums_fd, 0, SEEK_END) - exporting->sums_from;

    buf_clear(&exporting->out);
    if (!sums_copy(exporting, size_bytes))
        return false;
    tar_entry_end(&exporting->out, size_bytes);
    tar_end(&exporting->out);
    if (!write_all(exporting, exporting->part_fd, exporting->part, buf_str(&exporting->out)))
        return false;
    if (fsync(exporting->part_fd) != 0 || rename(exporting->part, path) != 0)
        return fail_errno(exporting, exporting->part);
    if (unlink(exporting->sums) != 0)
        return fail_errno(exporting, exporting->sums);
    (void)printf("Done: %s, %lld entries.\n", path, (long long)exporting->entry_count);
    if (exporting->missing_count > 0)
        (void)printf("%lld files%s have no object; `parley reconcile` names them all.\n",
                     (long long)exporting->missing_count,
                     exporting->resume.entry_count > 0 ? " that were written in this run" : "");
    return true;
}

static bool export_all(struct exporting *exporting)
{
    enum err e;

    if (!names_make(exporting) || !files_open(exporting) || !files_cut(exporting))
        return false;
    if (exporting->resume.entry_count > 0)
        (void)printf("Going on behind %lld entries, whose sums are right.\n", (long long)exporting->resume.entry_count);
    e = archive_open(exporting);
    if (e != ERR_OK)
        return cli_fail(exporting->cli, "%s", task_sentence(exporting->task, e)) == CLI_OK;
    return entries_write(exporting) && finish(exporting);
}

/* ---- the command ---- */

/* What was not begun leaves nothing behind. It goes while the lock is held: what stands there later is another's. */
static void files_close(const struct exporting *exporting)
{
    bool is_empty = exporting->part_fd >= 0 && lseek(exporting->part_fd, 0, SEEK_END) == 0;

    if (is_empty && exporting->has_title)
        (void)unlink(exporting->sums);
    if (is_empty)
        (void)unlink(exporting->part);
    if (exporting->sums_fd >= 0)
        close(exporting->sums_fd);
    if (exporting->part_fd >= 0)
        close(exporting->part_fd);
}

static void exporting_end(struct exporting *exporting)
{
    archive_free(exporting->archive);
    buf_release(&exporting->out);
    files_close(exporting);
}

static int export_with(struct cli *cli, struct cli_runtime *runtime, const struct uuid *workspace)
{
    struct exporting exporting = { .cli = cli,
                                   .task = &runtime->task,
                                   .opts = { *workspace, cli_option(cli, OPTION_DIRECT) != NULL },
                                   .part_fd = -1,
                                   .sums_fd = -1,
                                   .told_us = clock_monotonic_us() };
    bool done;

    buf_init(&exporting.out, REPLY_MAX_BYTES);
    done = export_all(&exporting);
    exporting_end(&exporting);
    return done ? CLI_OK : CLI_FAILED;
}

static int export_run(struct cli *cli)
{
    struct cli_runtime runtime = { .app.db = NULL };
    struct uuid workspace;
    bool opened;
    int result;

    if (uuid_parse(str_from(cli->words[0]), &workspace) != ERR_OK)
        return cli_wrong_use(cli, "that is not the id of a workspace");
    opened = cli_runtime_open(cli, CLI_WRITES, &runtime) && cli_store_open(cli, &runtime);
    result = opened ? export_with(cli, &runtime, &workspace) : CLI_FAILED;
    cli_store_close(&runtime);
    cli_runtime_close(&runtime);
    return result;
}

static const struct command_option options[] = {
    [OPTION_DIRECT] = { "--direct", NULL, "with direct chats, which otherwise only their people see and export" },
    { NULL, NULL, NULL },
};

const struct command export_command = {
    .name = "export",
    .summary = "Write a workspace with its chats, messages and files into a tar archive",
    .words = "WORKSPACE FILE",
    .options = options,
    .text =
        "Servers may run meanwhile. In it are workspace.json, members.jsonl, a folder for each chat with its messages as lines of\n"
        "JSON and its files, and SHA256SUMS, the sums of all of these (`sha256sum -c`). Until it is whole it is called FILE.part;\n"
        "cut off, it is gone on with when the command is called again: what is there is read and held against FILE.part.sums.",
    .run = export_run,
};
