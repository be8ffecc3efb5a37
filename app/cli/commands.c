#include "parley/cli/commands.h"

#include "parley/core/edit_distance.h"

extern const struct command audit_command, completion_command, config_command, doctor_command, events_command,
    export_command, help_command, key_command, mail_command, migrate_command, openapi_command, reconcile_command,
    reindex_command, reload_command, serve_command, status_command, user_command, version_command;

const struct command *const commands[] = {
    &serve_command,
    &migrate_command,
    &config_command,
    &openapi_command,
    &user_command,
    &key_command,
    &audit_command,
    &events_command,
    &export_command,
    &reconcile_command,
    &reindex_command,
    &reload_command,
    &status_command,
    &doctor_command,
    &mail_command,
    &completion_command,
    &help_command,
    &version_command,
    NULL,
};

const struct command *command_find(const char *name)
{
    for (size_t i = 0; commands[i] != NULL; i++) {
        if (strcmp(name, commands[i]->name) == 0)
            return commands[i];
    }
    return NULL;
}

/* ---- did you mean ---- */

/* The nearest name so far. */
struct nearest {
    struct str typed;
    size_t distance;
    const char *name;
};

/* Two wrong letters at the most, and fewer than half of them: "ad" is "add", and "ls" is nothing. */
static struct nearest nearest_begin(struct str typed)
{
    size_t distance_max = typed.len < 4 ? 1 : 2;

    return (struct nearest){ .typed = typed, .distance = distance_max + 1 };
}

static void nearest_look(struct nearest *nearest, const char *name)
{
    size_t distance = edit_distance(nearest->typed, str_from(name));

    if (distance >= nearest->distance)
        return;
    nearest->distance = distance;
    nearest->name = name;
}

const char *command_name_near(const char *name)
{
    struct nearest nearest = nearest_begin(str_from(name));

    for (size_t i = 0; commands[i] != NULL; i++)
        nearest_look(&nearest, commands[i]->name);
    return nearest.name;
}

const char *command_action_near(const struct command_action *rows, const char *name)
{
    struct nearest nearest = nearest_begin(str_from(name));

    for (; rows != NULL && rows->name != NULL; rows++)
        nearest_look(&nearest, rows->name);
    return nearest.name;
}

const char *command_option_near(const struct command_option *rows, struct str name)
{
    struct nearest nearest = nearest_begin(name);

    for (; rows != NULL && rows->name != NULL; rows++)
        nearest_look(&nearest, rows->name);
    return nearest.name;
}
