/* error.c: the sticky first error of a tape, its source line, and names of things in messages. */
#include "autograd/tape.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *wg_status_name(wg_status status) {
    static const char *const names[] = {"ok",    "shape",  "dtype", "range", "value",
                                        "stale", "tape",   "state", "syntax", "name",
                                        "check", "file",   "format", "memory", "unsupported"};
    size_t i = (size_t)status;
    return i < sizeof names / sizeof *names ? names[i] : "unknown";
}

/* Keeps the first error and tells the hook of every one. */
static wg_status set_error(wg_tape *t, wg_status status, const char *text) {
    if (t->error.status == WG_OK) {
        t->error.status = status;
        snprintf(t->error.text, sizeof t->error.text, "%s", text);
        t->error_site = NULL;
        t->error_fresh = 1;
    } else if (status != WG_ERR_MEMORY) { /* which one call may report twice */
        t->error_fresh = 0;               /* the line to come is not that of the first error */
    }
    if (t->hook) t->hook(t, status, text, t->hook_user);
    return status;
}

wg_status wgi_error(wg_tape *t, wg_status status, const char *format, ...) {
    char text[sizeof t->error.text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return set_error(t, status, text);
}

wg_status wgi_error_to(wg_error *e, wg_status status, const char *format, ...) {
    if (!e || e->status != WG_OK) return status;
    e->status = status;
    va_list args;
    va_start(args, format);
    vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
    return status;
}

wg_status wg_fail(const wg_call *call, wg_status status, const char *format, ...) {
    wg_error *e = call->error;
    if (!e || e->status != WG_OK) return status;
    e->status = status;
    int used = snprintf(e->text, sizeof e->text, "%s: ", call->gate->name);
    if (used < 0 || (size_t)used >= sizeof e->text) return status;
    va_list args;
    va_start(args, format);
    vsnprintf(e->text + used, sizeof e->text - (size_t)used, format, args);
    va_end(args);
    return status;
}

wg_var wg_poison(wg_tape *tape, wg_status status, const char *gate, const char *text) {
    if (!tape) return WG_NONE;
    wgi_error(tape, status, "%s: %s", gate, text);
    return wgi_poison(tape);
}

void wg_site_error(wg_var v, const char *here) {
    wg_tape *t = v.tape;
    if (!t || !t->error_fresh) return;
    t->error_site = here;
    t->error_fresh = 0;
}

wg_status wg_tape_status(const wg_tape *tape) { return tape ? tape->error.status : WG_ERR_TAPE; }

const char *wg_tape_message(const wg_tape *tape) {
    if (!tape) return "no tape";
    if (!tape->error_site) return tape->error.text;
    char *message = ((wg_tape *)(uintptr_t)tape)->message; /* a cache: logically const */
    snprintf(message, sizeof tape->message, "%s: %s", tape->error_site, tape->error.text);
    return message;
}

void wg_tape_on_error(wg_tape *tape, wg_error_hook *hook, void *user) {
    if (!tape) return;
    tape->hook = hook;
    tape->hook_user = user;
}

char *wgi_shape_text(char *text, size_t bytes, int rank, const int64_t *dim) {
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < rank && used < bytes; ++i) {
        int n = snprintf(text + used, bytes - used, "%s%lld", i ? ", " : "(", (long long)dim[i]);
        used += n > 0 ? (size_t)n : 0;
    }
    if (used < bytes) snprintf(text + used, bytes - used, rank > 0 ? ")" : "()");
    return text;
}

const char *wgi_call_it(const wg_tape *t, uint32_t index, char *text, size_t bytes) {
    const char *name = wg_name_of(wgi_var((wg_tape *)(uintptr_t)t, index));
    if (name) return name;
    snprintf(text, bytes, "value %u", (unsigned)index);
    return text;
}
