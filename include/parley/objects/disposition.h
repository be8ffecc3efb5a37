/* The Content-Disposition header of downloads (RFC 6266, RFC 8187). */
#ifndef PARLEY_OBJECTS_DISPOSITION_H
#define PARLEY_OBJECTS_DISPOSITION_H

#include "parley/core/buf.h"
#include "parley/core/str.h"

/*
 * Appends `kind; filename="…"`, and `; filename*=UTF-8''…` where the name is not plain ASCII. Whatever could end the quoted
 * name or the header stands as '_' in the plain form and percent-encoded in the other.
 *   kind      "inline" or "attachment"
 *   filename  UTF-8; absent or empty: the kind alone
 */
void disposition_add(struct buf *out, const char *kind, struct str filename);

#endif
