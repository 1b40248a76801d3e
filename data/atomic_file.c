/* atomic_file.c: write beside, flush to the disk, rename over.
 *
 * rename(2) within a folder is atomic: whoever opens the path finds the old file or the new one.
 * The data must be on the disk before the new name is, hence the fsync in front of the rename; the
 * name itself is on the disk after the fsync of the folder. */
#define _XOPEN_SOURCE 700
#include "data/atomic_file.h"

#include "data/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static wg_status failed(const wgi_atomic_file *a, const char *what, wg_error *error) {
    return wgi_data_fail_at(error, WG_ERR_FILE, a->path, "%s: %s", what, strerror(errno));
}

/* Bytes of the folder's part of a path, its '/' included. */
static size_t folder_length(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash - path) + 1 : 0;
}

/* Settles where the file goes: through a symbolic link, and never over a device or a folder. */
static wg_status settle(wgi_atomic_file *a, const char *path, mode_t *mode, wg_error *error) {
    struct stat about;
    char target[PATH_MAX];
    size_t n = strlen(path);
    if (n >= sizeof a->path)
        return wgi_data_fail_at(error, WG_ERR_FILE, path, "the path is too long");
    memcpy(a->path, path, n + 1);
    *mode = 0;
    if (n == 0) return wgi_data_fail(error, WG_ERR_FILE, "an empty path");
    if (lstat(path, &about) != 0) return WG_OK; /* new; a missing folder shows at fopen */
    if (S_ISLNK(about.st_mode)) {
        if (!realpath(path, target) || stat(target, &about) != 0)
            return failed(a, "a symbolic link to nothing", error);
        if (strlen(target) >= sizeof a->path)
            return wgi_data_fail_at(error, WG_ERR_FILE, path, "the path is too long");
        strcpy(a->path, target);
    }
    *mode = about.st_mode & 07777;
    if (S_ISREG(about.st_mode)) return WG_OK;
    return wgi_data_fail_at(error, WG_ERR_FILE, a->path, "is %s, not a file",
                            S_ISDIR(about.st_mode) ? "a folder" : "a device or a pipe");
}

/* A name that nobody has in the folder; "x" makes the opening fail where it exists. */
static wg_status open_temporary(wgi_atomic_file *a, wg_error *error) {
    int length = (int)folder_length(a->path);
    for (int attempt = 0; attempt < 1000; ++attempt) {
        int used = snprintf(a->temporary, sizeof a->temporary, "%.*s.wg-%ld-%d.tmp", length,
                            a->path, (long)getpid(), attempt);
        if (used < 0 || (size_t)used >= sizeof a->temporary) errno = ENAMETOOLONG;
        else a->file = fopen(a->temporary, "wbx");
        if (a->file) return WG_OK;
        if (errno != EEXIST) break;
    }
    return failed(a, "cannot be written", error);
}

wg_status wgi_atomic_open(wgi_atomic_file *a, const char *path, wg_error *error) {
    mode_t mode;
    a->file = NULL;
    wg_status status = settle(a, path, &mode, error);
    if (status == WG_OK) status = open_temporary(a, error);
    if (status == WG_OK && mode && fchmod(fileno(a->file), mode) != 0) {
        status = failed(a, "cannot be given the old file's mode", error);
        wgi_atomic_abandon(a);
    }
    return status;
}

wg_status wgi_atomic_write(wgi_atomic_file *a, const void *bytes, size_t n, wg_error *error) {
    if (n == 0 || fwrite(bytes, 1, n, a->file) == n) return WG_OK;
    return failed(a, "cannot be written", error);
}

/* Some file systems cannot flush a folder and say EINVAL: there is nothing more to be done. */
static wg_status flush_folder(const wgi_atomic_file *a, wg_error *error) {
    char folder[WGI_PATH_BYTES];
    size_t n = folder_length(a->path);
    memcpy(folder, n ? a->path : "./", n ? n : 2);
    folder[n ? n : 2] = '\0';
    int fd = open(folder, O_RDONLY);
    if (fd < 0) return WG_OK; /* a folder that may be written and not read */
    int bad = fsync(fd) != 0 && errno != EINVAL && errno != EROFS;
    wg_status status = bad ? failed(a, "written, but its folder not flushed", error) : WG_OK;
    close(fd);
    return status;
}

wg_status wgi_atomic_commit(wgi_atomic_file *a, wg_error *error) {
    wg_status status = WG_OK;
    if (ferror(a->file) || fflush(a->file) != 0 || fsync(fileno(a->file)) != 0)
        status = failed(a, "cannot be written", error);
    if (fclose(a->file) != 0 && status == WG_OK) status = failed(a, "cannot be written", error);
    a->file = NULL;
    if (status == WG_OK && rename(a->temporary, a->path) != 0)
        status = failed(a, "cannot be replaced", error);
    if (status == WG_OK) return flush_folder(a, error);
    remove(a->temporary);
    return status;
}

void wgi_atomic_abandon(wgi_atomic_file *a) {
    if (!a->file) return;
    fclose(a->file);
    a->file = NULL;
    remove(a->temporary);
}
