/* registry.c: gates by name. */
#include "ops/registry.h"

#include <string.h>

const wg_gate *wgi_gate_find(const char *name, size_t n) {
    for (size_t i = 0; wgi_gates[i]; ++i)
        if (strlen(wgi_gates[i]->name) == n && memcmp(wgi_gates[i]->name, name, n) == 0)
            return wgi_gates[i];
    return NULL;
}
