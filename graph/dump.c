/* dump.c: a computation written to a file. */
#include "graph/dump.h"

#include <errno.h>
#include <string.h>

/* ---- the call ------------------------------------------------------------------------------- */

static wg_status check_root(wg_var root, wg_error *e) {
    if (!root.tape) return wgi_error_to(e, WG_ERR_TAPE, "dump: the root is absent (WG_NONE)");
    if (root.index == 0)
        return wgi_error_to(e, WG_ERR_STATE, "dump: the root is poison: %.180s",
                            wg_tape_message(root.tape));
    if (!wgi_live(root.tape, root))
        return wgi_error_to(e, WG_ERR_STALE, "dump: value %u was rewound or released",
                            (unsigned)root.index);
    return WG_OK;
}

static wg_status check_options(wg_dump_options *o, const wg_dump_options *given, wg_error *e) {
    memset(o, 0, sizeof *o);
    if (given) {
        size_t size = given->size ? given->size : sizeof *o;
        memcpy(o, given, size < sizeof *o ? size : sizeof *o);
    }
    if (o->format != WG_DUMP_DOT && o->format != WG_DUMP_JSON)
        return wgi_error_to(e, WG_ERR_RANGE, "dump: there is no format %d", (int)o->format);
    if (o->elements < -1)
        return wgi_error_to(e, WG_ERR_RANGE, "dump: %lld elements; -1 means all",
                            (long long)o->elements);
    if (o->elements == 0) o->elements = 8;
    if (o->elements < 0) o->elements = INT64_MAX;
    return WG_OK;
}

wg_status wg_dump(wg_var root, const wg_dump_options *options, FILE *file, wg_error *error) {
    wgi_dump d = {.file = file, .tape = root.tape, .root = root.index};
    wg_status s = check_root(root, error);
    if (s == WG_OK) s = check_options(&d.options, options, error);
    if (s == WG_OK && !file) s = wgi_error_to(error, WG_ERR_FILE, "dump: the file is NULL");
    if (s != WG_OK) return s;
    wg_tape *t = root.tape;
    wgi_arena_mark mark = wgi_arena_position(&t->scratch);
    d.below = wgi_ancestors(t, root.index);
    d.backward = root.index < t->swept && wgi_node_at(t, root.index)->flags & WGI_REACHED;
    errno = 0;
    if (!d.below) s = wgi_error_to(error, WG_ERR_MEMORY, "dump: no memory");
    else if (d.options.format == WG_DUMP_JSON) wgi_dump_json(&d);
    else wgi_dump_dot(&d);
    wgi_arena_release(&t->scratch, mark);
    if (s == WG_OK && (fflush(file) != 0 || ferror(file)))
        s = wgi_error_to(error, WG_ERR_FILE, "dump: %s",
                         errno ? strerror(errno) : "the file cannot be written");
    return s;
}
