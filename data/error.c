/* error.c: texts of errors, and sizes that cannot overflow. */
#include "data/internal.h"

#include <stdarg.h>
#include <string.h>

/* ---- texts ---------------------------------------------------------------------------------- */

static int continues(char c) { return ((unsigned char)c & 0xC0) == 0x80; } /* inside UTF-8 */

/* Takes a last character away of which only the first bytes fitted. */
static void trim_utf8(char *text) {
    size_t n = strlen(text), k = n;
    while (k > 0 && n - k < 3 && continues(text[k - 1])) --k;
    if (k == 0) return;
    unsigned char lead = (unsigned char)text[k - 1];
    size_t need = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
    if (n - k < need) text[k - 1] = '\0';
}

static void write_text(wg_error *error, size_t from, const char *format, va_list arguments) {
    vsnprintf(error->text + from, sizeof error->text - from, format, arguments);
    if (strlen(error->text) + 1 == sizeof error->text) trim_utf8(error->text);
}

wg_status wgi_data_fail(wg_error *error, wg_status status, const char *format, ...) {
    if (!error) return status;
    error->status = status;
    va_list arguments;
    va_start(arguments, format);
    write_text(error, 0, format, arguments);
    va_end(arguments);
    return status;
}

wg_status wgi_data_fail_at(wg_error *error, wg_status status, const char *path, const char *format,
                           ...) {
    if (!error) return status;
    error->status = status;
    int used = snprintf(error->text, sizeof error->text, "%s: ", wgi_show_path(path).text);
    va_list arguments;
    va_start(arguments, format);
    write_text(error, (size_t)used, format, arguments);
    va_end(arguments);
    return status;
}

wg_status wgi_data_no_memory(wg_error *error, const char *what, uint64_t bytes) {
    return wgi_data_fail(error, WG_ERR_MEMORY, "no memory for %s (%llu bytes)", what,
                         (unsigned long long)bytes);
}

wgi_shown wgi_show_path(const char *path) {
    wgi_shown shown;
    size_t n = strlen(path), room = sizeof shown.text - 1;
    if (n <= room) {
        memcpy(shown.text, path, n + 1);
        return shown;
    }
    const char *tail = path + n - (room - 3);
    while (continues(*tail)) ++tail;
    snprintf(shown.text, sizeof shown.text, "...%s", tail);
    return shown;
}

/* ---- sizes ---------------------------------------------------------------------------------- */

int wgi_multiply(int64_t a, int64_t b, int64_t *product) {
    if (a < 0 || b < 0 || (b > 0 && a > INT64_MAX / b)) return 0;
    *product = a * b;
    return 1;
}

size_t wgi_dtype_bytes(wg_dtype dtype) {
    switch (dtype) {
    case WG_F32: return 4;
    case WG_BOOL: return 1;
    case WG_F64:
    case WG_I64: break;
    }
    return 8;
}

int wgi_array_size(wg_dtype dtype, const wg_shape *shape, int64_t *count, size_t *bytes) {
    int64_t n = 1, total;
    if (shape->rank < 0 || shape->rank > WG_MAX_RANK) return 0;
    for (int i = 0; i < shape->rank; ++i)
        if (!wgi_multiply(n, shape->dim[i], &n)) return 0;
    if (!wgi_multiply(n, (int64_t)wgi_dtype_bytes(dtype), &total)) return 0;
    if ((uint64_t)total > SIZE_MAX / 2) return 0;
    *count = n;
    *bytes = (size_t)total;
    return 1;
}
