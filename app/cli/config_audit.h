/* Changed settings in the audit log. */
#ifndef PARLEY_APP_CLI_CONFIG_AUDIT_H
#define PARLEY_APP_CLI_CONFIG_AUDIT_H

#include "parley/core/ctx.h"

/* Writes which settings differ, with old and new value (secrets as ***); nothing where none does. A failure is logged. */
void config_audit(const struct app *app, const struct config *before, const struct config *after);

#endif
