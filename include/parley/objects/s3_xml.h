/*
 * The few XML replies of S3 that we read, by a small strict reader: elements, attributes (skipped), text, the five named
 * entities and character references, comments and one declaration. Refused: document types, processing instructions,
 * CDATA, other entities, more than S3_XML_DEPTH_MAX levels, broken UTF-8, anything not closed. Namespaces' prefixes are cut
 * off. Everything comes back in the arena. Errors: ERR_INVALID, ERR_NO_MEMORY. Any thread.
 */
#ifndef PARLEY_OBJECTS_S3_XML_H
#define PARLEY_OBJECTS_S3_XML_H

#include "parley/core/arena.h"
#include "parley/core/err.h"
#include "parley/core/str.h"

enum { S3_XML_DEPTH_MAX = 8, S3_XML_PATH_MAX_BYTES = 256 };

/*
 * Walks a document and calls fn at the end of each element: path as in "ListPartsResult/Part/Size", and its own text,
 * decoded, without what stands inside its children. fn's error ends the walk and is returned.
 */
typedef enum err (*s3_xml_fn)(void *arg, struct str path, struct str text);
enum err s3_xml_walk(struct arena *a, struct str document, s3_xml_fn fn, void *arg) MUST_CHECK;

#endif
