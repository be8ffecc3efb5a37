/* What `parley doctor` looks at. Private to app/cli. */
#ifndef PARLEY_APP_CLI_DOCTOR_H
#define PARLEY_APP_CLI_DOCTOR_H

#include "parley/cli/cli.h"
#include "parley/core/config.h"
#include "parley/core/json_out.h"
#include "parley/core/task.h"

struct doctor_run {
    const struct config *config;
    struct app app;        /* keys and db where they could be opened */
    struct task task;      /* begun in any case */
    const char *part;      /* whose check runs, for JSON */
    struct json_out *json; /* NULL: lines */
    int result_count;
};

/* One finding: what is wrong and what to do. */
void check_result(struct doctor_run *run, const char *format, ...) PRINTF_LIKE(2, 3);

/* The checks, in the order of their findings. The later ones use what the earlier ones have opened. */
/* doctor_files.c: who else can read what the server keeps */
void check_files(struct doctor_run *run);
/* doctor_settings.c: settings that are weak outside of a developer's machine */
void check_settings(struct doctor_run *run);
/* doctor_streams.c: nginx has too few connections for the event streams that may be open */
void check_streams(struct doctor_run *run);
/* doctor_files.c: certificate and key */
void check_tls(struct doctor_run *run);
/* doctor.c: they are there, strong, and nobody else's to read */
void check_keys(struct doctor_run *run);
/* doctor_database.c: its schema, its keys, its clock, its durability, damage, its user's rights */
void check_database(struct doctor_run *run);
/* doctor_database.c: anybody could become the first administrator */
void check_setup(struct doctor_run *run);
/* doctor_parts.c: each answers and takes the credentials of the settings; the database's check does the same */
void check_store(struct doctor_run *run);
void check_redis(struct doctor_run *run);
void check_mail(struct doctor_run *run);
/* doctor_bucket.c: a stranger can list or read it; pages of this server and of ALLOWED_ORIGINS cannot use it */
void check_bucket(struct doctor_run *run);
void check_bucket_origins(struct doctor_run *run);

#endif
