/* Rows of budgets. Private to domain/assist. */
#ifndef PARLEY_APP_DOMAIN_BUDGET_ROW_H
#define PARLEY_APP_DOMAIN_BUDGET_ROW_H

#include "parley/domain/assist/budget.h"

/* As it is now. ERR_NOT_FOUND, with nothing in the problem. */
enum err budget_row_find(struct ctx *ctx, enum budget_kind kind, int64_t id, struct budget *ret_budget) MUST_CHECK;

#endif
