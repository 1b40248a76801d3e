/* atomic_file.h: a file that appears whole or not at all. */
#ifndef WGI_DATA_ATOMIC_FILE_H
#define WGI_DATA_ATOMIC_FILE_H

#include "data/data.h"

#include <stdio.h>

enum { WGI_PATH_BYTES = 4096 };

/* Open until commit or abandon.  A crash in between leaves the old file as it was and beside it a
 * hidden temporary one, ".wg-PID-N.tmp". */
typedef struct wgi_atomic_file {
    FILE *file;                     /* to be written by wgi_atomic_write or by stdio */
    char path[WGI_PATH_BYTES];      /* what it will be; a symbolic link's target */
    char temporary[WGI_PATH_BYTES]; /* what it is now, in the same folder */
} wgi_atomic_file;

/* Starts a file that is to stand at path.  FILE when something other than a file stands there, when
 * the folder cannot be written, ... */
wg_status wgi_atomic_open(wgi_atomic_file *a, const char *path, wg_error *error);
wg_status wgi_atomic_write(wgi_atomic_file *a, const void *bytes, size_t n, wg_error *error);
/* Flushes it to the disk and puts it in place of the old one.  After a failure (a full disk, often
 * seen only here) the temporary file is gone and the old file is as it was. */
wg_status wgi_atomic_commit(wgi_atomic_file *a, wg_error *error);
/* Gives up: removes the temporary file. */
void wgi_atomic_abandon(wgi_atomic_file *a);

#endif
