/* registry.c: gates by name: the library's, and those that a tape was given. */
#include "ops/registry.h"

#include "autograd/tape.h"

#include <stddef.h>
#include <string.h>

const wg_gate *wgi_gate_find(const char *name, size_t n) {
    for (size_t i = 0; wgi_gates[i]; ++i)
        if (strlen(wgi_gates[i]->name) == n && memcmp(wgi_gates[i]->name, name, n) == 0)
            return wgi_gates[i];
    return NULL;
}

const wg_gate *wgi_gate_known(const wg_tape *t, const char *name, size_t n) {
    const wg_gate *gate = wgi_gate_find(name, n);
    return gate ? gate : wgi_find_own_gate(t, name, n);
}

wg_status wg_tape_add_gate(wg_tape *t, const wg_gate *gate) {
    if (!t) return WG_ERR_TAPE;
    if (!gate) return wgi_error(t, WG_ERR_VALUE, "add_gate: the descriptor is NULL");
    if (gate->size >= offsetof(wg_gate, formula) && gate->name &&
        wgi_gate_find(gate->name, strlen(gate->name)))
        return wgi_error(t, WG_ERR_NAME, "gate %s: the library has a gate of that name",
                         gate->name);
    return wgi_add_own_gate(t, gate);
}
