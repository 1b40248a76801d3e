/* files.c: see files.h */
#define _XOPEN_SOURCE 700
#include "tests/data/files.h"

#include "backend/backend.h"

#include <dirent.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* ---- folders and files ---------------------------------------------------------------------- */

static char folder[256];

const char *scratch(void) {
    if (folder[0]) return folder;
    const char *tmp = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/wengert-XXXXXX", tmp && *tmp ? tmp : P_tmpdir);
    ck_assert_msg(mkdtemp(folder) != NULL, "%s", folder);
    return folder;
}

const char *in_scratch(const char *name) {
    static char ring[16][512];
    static unsigned turn;
    char *path = ring[turn++ % 16];
    size_t start = strlen(scratch());
    snprintf(path, sizeof ring[0], "%s/%s", folder, name);
    for (char *p = path + start + 1; *p; ++p) {
        if (*p != '/') continue;
        *p = '\0';
        mkdir(path, 0777);
        *p = '/';
    }
    return path;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *at) {
    (void)about, (void)kind, (void)at;
    return remove(path);
}

void scratch_clear(void) {
    if (folder[0]) nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    folder[0] = '\0';
}

const char *put_file(const char *name, const void *bytes, size_t n) {
    const char *path = in_scratch(name);
    FILE *file = fopen(path, "wb");
    ck_assert_msg(file != NULL, "%s", path);
    if (n > 0) ck_assert_uint_eq(fwrite(bytes, 1, n, file), n);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

const char *put_gzip(const char *name, const void *bytes, size_t n) {
    const char *path = in_scratch(name);
    gzFile file = gzopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    if (n > 0) ck_assert_int_eq(gzwrite(file, bytes, (unsigned)n), (int)n);
    ck_assert_int_eq(gzclose(file), Z_OK);
    return path;
}

unsigned char *get_file(const char *path, size_t *n) {
    struct stat about;
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL && fstat(fileno(file), &about) == 0, "%s", path);
    *n = (size_t)about.st_size;
    unsigned char *bytes = malloc(*n + 1);
    ck_assert_ptr_nonnull(bytes);
    ck_assert_uint_eq(fread(bytes, 1, *n, file), *n);
    fclose(file);
    return bytes;
}

int is_file(const char *path) {
    struct stat about;
    return stat(path, &about) == 0;
}

int count_entries(const char *path) {
    int n = 0;
    DIR *dir = opendir(path);
    ck_assert_msg(dir != NULL, "%s", path);
    for (struct dirent *e; (e = readdir(dir));)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(dir);
    return n;
}

const char *test_data(const char *name) {
    static char path[512];
    const char *root = getenv("WG_TEST_DATA");
    snprintf(path, sizeof path, "%s/%s", root && *root ? root : "../shared/data", name);
    if (is_file(path)) return path;
    fprintf(stderr, "skipped: %s is not there (WG_TEST_DATA names its folder)\n", path);
    return NULL;
}

wg_dataset *digits(void) {
    wg_error e = {0};
    wg_dataset *d = wg_dataset_open("digits", &e);
    ck_assert_msg(d != NULL, "%s", e.text);
    return d;
}

/* ---- allocations ---------------------------------------------------------------------------- */

static struct {
    long left, live, made;
} count;

static void *counting_alloc(size_t bytes, size_t align, void *user) {
    (void)user;
    if (count.left-- <= 0) return NULL;
    void *p = aligned_alloc(align, bytes);
    if (p) ++count.live, ++count.made;
    return p;
}
static void counting_release(void *block, void *user) {
    (void)user;
    --count.live;
    free(block);
}

void allocations_begin(long allowed) {
    static const wg_allocator counting = {counting_alloc, counting_release, NULL};
    count.left = allowed;
    count.live = count.made = 0;
    wg_set_allocator(&counting);
}

long allocations_end(void) {
    wg_set_allocator(NULL);
    return count.live;
}

long allocations_made(void) { return count.made; }

uint64_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}
