/* files.h: what the tests of data/ share: a scratch folder, files, allocations that fail. */
#ifndef TESTS_DATA_FILES_H
#define TESTS_DATA_FILES_H

#include "data/data.h"
#include "tests/suites.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A folder of its own for the running test, made at the first call; in_scratch("a/b.png") is a path
 * in it (folders on the way are made), valid until 16 more calls. */
const char *scratch(void);
const char *in_scratch(const char *name);
/* Removes the folder with all that is in it: the teardown of every case that uses it. */
void scratch_clear(void);

/* Writes a file below the scratch folder (plain, or gzip) and gives its path. */
const char *put_file(const char *name, const void *bytes, size_t n);
const char *put_gzip(const char *name, const void *bytes, size_t n);
/* All bytes of a file, freed with free; fails the test when it cannot be read. */
unsigned char *get_file(const char *path, size_t *n);
int is_file(const char *path);
/* Entries of a folder, hidden ones too. */
int count_entries(const char *path);

/* The development data: WG_TEST_DATA, else ../shared/data; path in it, NULL (and a line that says
 * so) where that file is not there. */
const char *test_data(const char *name);

/* The embedded digits; the caller frees them. */
wg_dataset *digits(void);

/* From here on `allowed` allocations succeed and the next ones fail; allocations_end goes back to
 * the standard allocator and gives the number of blocks that were not given back. */
void allocations_begin(long allowed);
long allocations_end(void);
/* Those made since the begin. */
long allocations_made(void);

/* A small generator for mutations: the same sequence on every machine. */
uint64_t next_random(uint64_t *state);

#define check_error(e, expected, part)                                                             \
    do {                                                                                           \
        ck_assert_msg((e).status == (expected), "status %d, expected %d: %s", (int)(e).status,     \
                      (int)(expected), (e).text);                                                  \
        ck_assert_msg(strstr((e).text, (part)) != NULL, "\"%s\" lacks \"%s\"", (e).text, (part));  \
    } while (0)

/* Runs `call` (an expression that is true on success) with 0, 1, 2, ... allocations until it
 * succeeds; every failure must be a MEMORY error in `e` and leave nothing behind.  `undo` frees
 * what a success gave. */
#define check_allocations(call, undo, e)                                                           \
    do {                                                                                           \
        int done_ = 0;                                                                             \
        for (long allowed_ = 0; !done_; ++allowed_) {                                              \
            ck_assert_int_lt(allowed_, 10000);                                                     \
            (e).status = WG_OK;                                                                    \
            allocations_begin(allowed_);                                                           \
            done_ = (call);                                                                        \
            if (done_) {                                                                           \
                undo;                                                                              \
                ck_assert_int_gt(allowed_, 0);                                                     \
            }                                                                                      \
            long left_ = allocations_end();                                                        \
            ck_assert_msg(done_ || (e).status == WG_ERR_MEMORY, "after %ld: %s", allowed_,         \
                          (e).text);                                                               \
            ck_assert_msg(left_ == 0, "%ld blocks left after %ld", left_, allowed_);               \
        }                                                                                          \
    } while (0)

#endif
