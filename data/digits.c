/* digits.c: the embedded data set: rows of 64 pixels 0 .. 16 and a label, parted by commas.
 *
 * The text is compiled in from data/digits.csv; it is checked like any other input, since a
 * program may be built with a text of its own. */
#include "data/digits_text.h"
#include "data/internal.h"

enum { SIDE = 8, PIXELS = SIDE * SIDE, TOP = 16, CLASSES = 10 };

/* A number 0 .. 99 at *p, which moves behind it; -1 where there is none. */
static int number(const char **p, const char *end) {
    int value = -1;
    for (int digits = 0; *p < end && **p >= '0' && **p <= '9' && digits < 2; ++digits, ++*p)
        value = (value < 0 ? 0 : value * 10) + (**p - '0');
    return value;
}

/* One row: pixels gets 64 numbers.  0 when something else stands there. */
static int row(const char **p, const char *end, uint8_t *pixels, int64_t *label) {
    for (int i = 0; i < PIXELS; ++i) {
        int value = number(p, end);
        if (value < 0 || value > TOP || *p == end || *(*p)++ != ',') return 0;
        pixels[i] = (uint8_t)value;
    }
    int value = number(p, end);
    if (value < 0 || value >= CLASSES) return 0;
    *label = value;
    return *p == end || *(*p)++ == '\n';
}

static int64_t count_rows(const char *text, size_t n) {
    int64_t rows = n > 0 && text[n - 1] != '\n';
    for (size_t i = 0; i < n; ++i) rows += text[i] == '\n';
    return rows;
}

wg_dataset *wgi_digits_parse(const char *text, size_t n, wg_error *error) {
    wg_dataset *d = wg_dataset_new(count_rows(text, n), SIDE, SIDE, 1, 0, CLASSES, error);
    const char *p = text, *end = text + n;
    for (int64_t i = 0; d && i < d->n; ++i) {
        if (row(&p, end, d->pixels + i * PIXELS, &d->labels[i])) continue;
        wgi_data_fail(error, WG_ERR_FORMAT,
                      "digits: row %lld, byte %lld: expected 64 numbers 0 to 16 and a label 0 to "
                      "9, parted by commas",
                      (long long)i + 1, (long long)(p - text));
        wg_dataset_free(d);
        d = NULL;
    }
    if (d) d->top = TOP;
    return d;
}

wg_dataset *wgi_read_digits(const char *arg, const wg_dataset_options *options, wg_error *error) {
    (void)arg, (void)options;
    return wgi_digits_parse(wgi_digits_text, wgi_digits_text_size, error);
}
