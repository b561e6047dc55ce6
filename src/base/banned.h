/* base/banned.h - calls that must not compile. Included before every file by the build.
 *
 * Unbounded copies, text to number without errors or locale, shared static buffers. Use
 * str.h, buf.h, number.h and time_text.h instead. */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat strncpy strncat stpcpy sprintf vsprintf gets strtok atoi atol atof gmtime localtime
#pragma GCC poison asctime ctime

#endif
