/* oom.h: runs a scenario with its allocation 0, 1, 2, ... failing, until it gets through. */
#ifndef TESTS_OOM_H
#define TESTS_OOM_H

#include "wengert.h"

/* The scenario frees whatever it made and returns the status of what failed, WG_OK when nothing
 * did.  Each failure must be WG_ERR_MEMORY, and no block may be left.  Returns the number of
 * allocations of the run that succeeded. */
long run_out_of_memory(const char *name, wg_status (*scenario)(void));

/* Counts calls of the library's allocator from now on. */
void count_allocations(void);
long allocations_counted(void);

#endif
