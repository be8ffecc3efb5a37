/* Rows of models, read and written. Private to domain/assist. */
#ifndef PARLEY_APP_DOMAIN_MODEL_ROW_H
#define PARLEY_APP_DOMAIN_MODEL_ROW_H

#include "parley/ai/probe.h"
#include "parley/db/db.h"
#include "parley/domain/assist/model.h"

/* db_each over {model_row} into a struct list of struct model. */
enum err model_read(struct ctx *ctx, const struct db_row *row, void *arg) MUST_CHECK;

/* The names (struct str) of the bits that are set. */
enum err model_flags_list(struct ctx *ctx, unsigned flags, struct list *ret_names) MUST_CHECK;

/* INT64_MIN is NULL; and the way back. */
struct db_value model_figure(int64_t number);
int64_t model_figure_read(const struct db_row *row, int column);

/* A new one of a provider, as if it were sent so: nothing is known of it. */
struct model model_new(const struct provider *provider, struct str model);
/* Inside db_run, under providers_lock. ERR_NAME_TAKEN, ERR_LIMIT. */
enum err model_row_insert(struct ctx *ctx, struct model *model) MUST_CHECK;

/* Has this provider no model of that name? */
enum err model_is_missing(struct ctx *ctx, int64_t provider_id, struct str model, bool *ret_is_missing) MUST_CHECK;
/* Inside db_run, under providers_lock: the configuration names it. */
enum err model_add_known(struct ctx *ctx, const struct provider *provider, struct str model) MUST_CHECK;
/* Inside db_run, under providers_lock: the provider's list has these (struct ai_probe_model); at most as many as there may be. */
enum err models_see(struct ctx *ctx, const struct provider *provider, const struct list *models) MUST_CHECK;

#endif
