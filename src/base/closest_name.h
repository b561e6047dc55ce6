/* base/closest_name.h - what somebody may have meant: the known name with the fewest edits. */
#ifndef BASE_CLOSEST_NAME_H
#define BASE_CLOSEST_NAME_H

#include "base/str.h"

/* The one within a third of the name's length in edits (insert, delete, replace, swap neighbours), or the
 * empty str. O(count * size^2) for names up to 64 bytes; longer ones are not compared. */
str closest_name(str name, const str *known, size_t count);

#endif
